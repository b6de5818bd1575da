/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <jansson.h>

#include "base/blame.h"
#include "base/json_read.h"
#include "base/limits.h"
#include "base/text.h"
#include "collateral/bundle.h"

CLEANUP_TYPE(cleanup_json, json_t, json_decref)

/* In the order of sgx_ql_qve_collateral_t. */
static const struct field {
	enum dci_document document;
	const char *name;
	const char *signature; /* member of the split form, or NULL */
	const char *inner;     /* what the signed object is called then */
	bool crl;
} fields[DCI_DOCUMENTS] = {
    {DCI_DOC_PCK_CRL_CHAIN, "pck_crl_issuer_chain", NULL, NULL, false},
    {DCI_DOC_ROOT_CA_CRL, "root_ca_crl", NULL, NULL, true},
    {DCI_DOC_PCK_CRL, "pck_crl", NULL, NULL, true},
    {DCI_DOC_TCB_INFO_CHAIN, "tcb_info_issuer_chain", NULL, NULL, false},
    {DCI_DOC_TCB_INFO, "tcb_info", "tcb_info_signature", "tcbInfo", false},
    {DCI_DOC_QE_IDENTITY_CHAIN, "qe_identity_issuer_chain", NULL, NULL, false},
    {DCI_DOC_QE_IDENTITY, "qe_identity", "qe_identity_signature",
	"enclaveIdentity", false},
};

/* The string member with that name; *out NULL if it is absent or null. */
static int
member(const json_t **out, const json_t *bundle, const char *bundle_name,
    const char *key, struct dci_failure *f)
{
	const json_t *value = json_object_get(bundle, key);

	*out = NULL;
	if (value == NULL || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return dci_fail(f, DCI_COLLATERAL_MALFORMED,
		    "%s: the member %s is not a string.", bundle_name, key);
	*out = value;
	return 0;
}

static bool
all_hex(const char *s, size_t n)
{
	return strspn(s, "0123456789abcdefABCDEF") == n;
}

/* The document that is signed, put together again from its two halves. */
static int
compose(struct writer *w, const struct field *field, const json_t *inner,
    const json_t *signature, const char *bundle_name, struct dci_failure *f)
{
	const char *hex = json_string_value(signature);

	if (!all_hex(hex, json_string_length(signature)))
		return dci_fail(f, DCI_COLLATERAL_MALFORMED,
		    "%s: the member %s is not hex.", bundle_name,
		    field->signature);
	writer_printf(w, "{\"%s\":", field->inner);
	writer_put(w, json_string_value(inner), json_string_length(inner));
	writer_printf(w, ",\"signature\":\"%s\"}", hex);
	return 0;
}

static int
read_field(struct collateral_files *out, const struct field *field,
    const json_t *bundle, const char *bundle_name, struct dci_failure *f)
{
	const json_t *value, *signature = NULL;
	/* Hex doubles a CRL's size; crl_to_der() applies its own limit. */
	size_t max =
	    field->crl ? (size_t)2 * LIMIT_COLLATERAL + 2 : LIMIT_COLLATERAL;
	struct writer w CLEANUP(writer_free) = writer_new(max + 1);

	memory_watch();
	if (member(&value, bundle, bundle_name, field->name, f) != 0 ||
	    (field->signature != NULL && member(&signature, bundle, bundle_name,
					     field->signature, f) != 0))
		return -1;
	if (value == NULL)
		return 0;
	if (signature == NULL)
		writer_put(
		    &w, json_string_value(value), json_string_length(value));
	else if (compose(&w, field, value, signature, bundle_name, f) != 0)
		return -1;
	size_t size = w.n;
	writer_u8(&w, 0);
	if (w.failed && memory_short())
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "%s: no memory for the member %s.", bundle_name,
		    field->name);
	if (w.failed)
		return dci_fail(f, DCI_FILE_TOO_LARGE,
		    "%s: the member %s is larger than %u bytes.", bundle_name,
		    field->name, LIMIT_COLLATERAL);
	out->doc[field->document].data = TAKE(w.data);
	w.cap = 0;
	out->doc[field->document].n = size;
	return 0;
}

int
bundle_read(struct collateral_files *out, const char *name, const char *text,
    size_t n, struct dci_failure *f)
{
	struct collateral_files c CLEANUP(collateral_free) = {0};
	json_error_t error;
	/* Duplicate members, bad UTF-8, NULs and anything after the end are
	 * errors; jansson bounds the depth. */
	json_t *bundle CLEANUP(cleanup_json) =
	    json_read((struct bytes){(const uint8_t *)text, n},
		JSON_REJECT_DUPLICATES, &error);

	if (bundle == NULL)
		return dci_fail(f, blame_code(DCI_COLLATERAL_MALFORMED),
		    "%s is no collateral bundle, line %d: %s.", name,
		    error.line, error.text);
	if (!json_is_object(bundle))
		return dci_fail(f, DCI_COLLATERAL_MALFORMED,
		    "%s is no collateral bundle: not a JSON object.", name);
	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		if (read_field(&c, &fields[i], bundle, name, f) != 0)
			return -1;
	}
	*out = c;
	c = (struct collateral_files){0};
	return 0;
}

/* Without the NUL that chains from C programs may end in: JSON has none. */
static json_t *
text_value(const uint8_t *data, size_t n)
{
	if (n > 0 && data[n - 1] == '\0')
		n--;
	if (memchr(data, '\0', n) != NULL)
		return NULL;
	return json_stringn((const char *)data, n);
}

static json_t *
crl_hex(const uint8_t *der, size_t n)
{
	if (n == 0 || der[0] != 0x30)
		return NULL;
	char *hex CLEANUP(cleanup_free) = malloc(2 * n + 1);
	if (hex == NULL)
		return NULL;
	hex_encode(hex, der, n);
	return json_string(hex);
}

static int
does_not_fit(const struct field *field, struct dci_failure *f)
{
	if (memory_short())
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for %s in a bundle.", field->name);
	return dci_fail(f, DCI_COLLATERAL_MALFORMED,
	    "%s does not fit into a bundle: it is not %s.", field->name,
	    field->crl ? "DER" : "UTF-8 text");
}

int
collateral_write_bundle(const struct dci_collateral *c, char **text, size_t *n,
    struct dci_failure *f)
{
	json_t *bundle CLEANUP(cleanup_json) = json_object();

	if (bundle == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a collateral bundle.");
	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		const uint8_t *data = c->doc[fields[i].document].data;
		size_t size = c->doc[fields[i].document].n;

		if (data == NULL)
			continue;
		memory_watch();
		json_t *value = fields[i].crl ? crl_hex(data, size)
					      : text_value(data, size);
		if (json_object_set_new(bundle, fields[i].name, value) != 0)
			return does_not_fit(&fields[i], f);
	}
	*text = json_text_of(bundle, JSON_INDENT(2));
	if (*text == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a collateral bundle.");
	*n = strlen(*text);
	return 0;
}
