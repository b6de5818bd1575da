/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <string.h>
#include <jansson.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/json_read.h"
#include "base/limits.h"
#include "base/text.h"
#include "inspect/recognise.h"

CLEANUP_TYPE(cleanup_json, json_t, json_decref)
CLEANUP_TYPE(cleanup_x509_crl, X509_CRL, X509_CRL_free)

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Intel's vendor id where quotes have it, or the first fields as all known
 * versions have them: a quote may be cut short, or of tomorrow. */
static bool
is_quote(struct bytes b)
{
	static const uint8_t vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
	    0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	struct reader r = reader_of(b.p, b.n);
	uint16_t version, key_type;
	uint32_t tee;

	if (b.n >= 28 && memcmp(b.p + 12, vendor, sizeof(vendor)) == 0)
		return true;
	return reader_u16le(&r, &version) && reader_u16le(&r, &key_type) &&
	       reader_u32le(&r, &tee) && version >= 3 && version <= 5 &&
	       (key_type == 2 || key_type == 3) && (tee == 0 || tee == 0x81);
}

static enum thing
thing_of_der(struct bytes b)
{
	const uint8_t *p = b.p;
	long n = b.n > LONG_MAX ? 0 : (long)b.n;

	if (b.n == 0 || b.p[0] != 0x30)
		return THING_UNKNOWN;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, n);
	if (x != NULL)
		return THING_CERTIFICATE;
	p = b.p;
	X509_CRL *crl CLEANUP(cleanup_x509_crl) = d2i_X509_CRL(NULL, &p, n);
	if (crl != NULL)
		return THING_CRL;
	p = b.p;
	X509_REQ *req CLEANUP(cleanup_x509_req) = d2i_X509_REQ(NULL, &p, n);
	return req != NULL ? THING_REQUEST : THING_UNKNOWN;
}

static enum thing
thing_of_json(struct bytes b)
{
	static const struct {
		const char *member;
		enum thing thing;
	} marks[] = {
	    {"tcbInfo", THING_TCB_INFO},
	    {"enclaveIdentity", THING_QE_IDENTITY},
	    {"tcb_info", THING_BUNDLE},
	    {"qe_identity", THING_BUNDLE},
	    {"pck_crl", THING_BUNDLE},
	    {"root_ca_crl", THING_BUNDLE},
	    {"tcb_info_issuer_chain", THING_BUNDLE},
	    {"qe_identity_issuer_chain", THING_BUNDLE},
	    {"pck_crl_issuer_chain", THING_BUNDLE},
	    /* Inner objects alone. */
	    {"fmspc", THING_TCB_INFO},
	    {"isvprodid", THING_QE_IDENTITY},
	};
	json_error_t e;
	json_t *root CLEANUP(cleanup_json) = json_read(b, 0, &e);

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (json_object_get(root, marks[i].member) != NULL)
			return marks[i].thing;
	}
	return THING_UNKNOWN;
}

#define BLOCKS_MAX 64

/* Blocks of a PEM text, and what is in the first one. */
struct pem {
	size_t blocks, certificates, secrets;
	uint8_t *first; /* owned */
	size_t first_size;
};

static void
pem_free(struct pem *pem)
{
	free(pem->first);
}

static void
pem_count(struct pem *pem, const char *name, const uint8_t *der, size_t n)
{
	if (strstr(name, "PRIVATE") != NULL)
		pem->secrets++;
	if (strcmp(name, PEM_STRING_X509) == 0)
		pem->certificates++;
	if (pem->blocks++ > 0 || pem->secrets > 0 || n == 0)
		return;
	pem->first = malloc(n);
	if (pem->first != NULL) {
		memcpy(pem->first, der, n);
		pem->first_size = n;
	}
}

static void
pem_scan(struct pem *pem, struct bytes b)
{
	BIO *bio CLEANUP(cleanup_bio) =
	    b.n > INT_MAX ? NULL : BIO_new_mem_buf(b.p, (int)b.n);
	char *name = NULL, *header = NULL;
	uint8_t *der = NULL;
	long n = 0;

	while (bio != NULL && pem->blocks < BLOCKS_MAX &&
	       PEM_read_bio(bio, &name, &header, &der, &n)) {
		pem_count(pem, name, der, (size_t)n);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)n);
	}
}

/* One block counts as what is in it. */
static enum thing
thing_of_pem(struct found *found, struct bytes b)
{
	struct pem pem CLEANUP(pem_free) = {.blocks = 0};

	pem_scan(&pem, b);
	found->data = b;
	if (pem.blocks == 0)
		return THING_UNKNOWN;
	struct bytes der = {pem.first, pem.first_size};
	enum thing thing = pem.blocks == 1 ? thing_of_der(der) : THING_UNKNOWN;
	if (thing != THING_UNKNOWN) {
		found->data = der;
		found->owned[1] = TAKE(pem.first);
		return thing;
	}
	return pem.certificates == pem.blocks ? THING_CHAIN : THING_PEM;
}

static struct bytes
without_blanks(struct bytes b)
{
	while (b.n > 0 && (is_blank(b.p[b.n - 1]) || b.p[b.n - 1] == '\0'))
		b.n--;
	while (b.n > 0 && is_blank(b.p[0])) {
		b.p++;
		b.n--;
	}
	return b;
}

/* Everything but hex and base64. */
static bool
recognise_plain(struct found *found, struct bytes b)
{
	struct bytes text = without_blanks(b);

	found->data = b;
	found->form = "raw";
	found->thing = is_quote(b) ? THING_QUOTE : THING_UNKNOWN;
	if (found->thing == THING_UNKNOWN) {
		found->form = "DER";
		found->thing = thing_of_der(b);
	}
	if (found->thing == THING_UNKNOWN && text.n > 0 && text.p[0] == '{') {
		found->form = "JSON";
		found->thing = thing_of_json(text);
	}
	if (found->thing == THING_UNKNOWN &&
	    memmem(b.p, b.n, "-----BEGIN ", 11) != NULL) {
		found->form = "PEM";
		found->thing = thing_of_pem(found, b);
	}
	ERR_clear_error();
	return found->thing != THING_UNKNOWN;
}

/* The characters of a text without what is blank; NULL: not ASCII. */
static char *
gather(struct bytes b, size_t *n)
{
	char *out = malloc(b.n + 1);

	*n = 0;
	for (size_t i = 0; out != NULL && i < b.n; i++) {
		if (!is_blank(b.p[i]))
			out[(*n)++] = (char)b.p[i];
	}
	return out;
}

static bool
unwrap_hex(struct found *found, const char *text, size_t n, size_t *size)
{
	uint8_t *data = n < 2 || n % 2 != 0 ? NULL : malloc(n / 2);

	if (data == NULL || !hex_decode(data, n / 2, text, n)) {
		free(data);
		return false;
	}
	found->wrapping = "hex";
	found->owned[0] = data;
	*size = n / 2;
	return true;
}

static bool
unwrap(struct found *found, struct bytes b, size_t *size)
{
	size_t n;
	char *text CLEANUP(cleanup_free) = gather(without_blanks(b), &n);

	if (text == NULL || n < 8)
		return false;
	if (unwrap_hex(found, text, n, size))
		return true;
	if (!base64_decode(&found->owned[0], size, text, n))
		return false;
	found->wrapping = "base64";
	return true;
}

void
recognise(struct found *found, struct bytes b)
{
	size_t n;

	*found = (struct found){.form = "raw"};
	if (b.n > LIMIT_BUNDLE || recognise_plain(found, b))
		return;
	if (unwrap(found, b, &n) &&
	    recognise_plain(found, (struct bytes){found->owned[0], n}))
		return;
	found->thing = THING_UNKNOWN;
}

void
found_free(struct found *found)
{
	free(found->owned[0]);
	free(found->owned[1]);
	*found = (struct found){.form = "raw"};
}
