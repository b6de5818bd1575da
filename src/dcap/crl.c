/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/blame.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "dci/verify.h"
#include "dcap/crl.h"
#include "dcap/pem.h"

static int
serial_compare(const void *va, const void *vb)
{
	const struct bytes *a = va, *b = vb;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return memcmp(a->p, b->p, a->n);
}

/* RFC 5280 5.3: an entry may say why and since when.  certificateIssuer
 * would make the list an indirect one. */
static bool
entry_extensions(struct reader *r)
{
	const struct bytes known[] = {oid_crl_reason, oid_invalidity_date};
	const struct bytes issuer = {(const uint8_t[]){0x55, 0x1d, 29}, 3};
	struct extensions list;

	return extensions_parse(&list, r) &&
	       extensions_find(&list, issuer) == NULL &&
	       extensions_unknown(&list, known, 2) == NULL;
}

static bool
entry_parse(struct reader *entries, struct bytes *serial)
{
	struct reader r;
	int64_t date;

	return der_enter(entries, DER_SEQUENCE, &r) &&
	       der_integer(&r, serial) && der_time(&r, &date) &&
	       (reader_done(&r) || entry_extensions(&r)) && reader_done(&r);
}

static const char *
entries_parse(struct reader *r, struct crl *crl)
{
	struct reader in, count;
	struct bytes one;
	size_t n = 0;

	if (!der_next_is(r, DER_SEQUENCE))
		return NULL;
	if (!der_enter(r, DER_SEQUENCE, &in))
		return "its entries are malformed";
	for (count = in; !reader_done(&count); n++) {
		if (!entry_parse(&count, &one))
			return "an entry is malformed";
	}
	if (n == 0)
		return NULL;
	crl->serial = calloc(n, sizeof(*crl->serial));
	if (crl->serial == NULL)
		return "there is no memory for its entries";
	while (crl->n < n && entry_parse(&in, &crl->serial[crl->n]))
		crl->n++;
	qsort(crl->serial, crl->n, sizeof(*crl->serial), serial_compare);
	return crl->n == n ? NULL : "an entry is malformed";
}

/* RFC 5280 5.2.3: not negative, at most 20 octets. */
static bool
number_parse(struct bytes *number, struct bytes value)
{
	struct reader r = reader_of(value.p, value.n);

	if (!der_integer(&r, number) || !reader_done(&r) ||
	    (number->p[0] & 0x80) != 0)
		return false;
	if (number->p[0] == 0) {
		number->p++;
		number->n--;
	}
	return number->n <= DCI_CRL_NUMBER_MAX;
}

static const char *
crl_extensions(struct reader *r, struct crl *crl)
{
	const struct bytes known[] = {oid_crl_number, oid_authority_key_id};
	struct extensions list;
	struct reader in;

	if (!der_enter(r, DER_CONTEXT(0), &in) ||
	    !extensions_parse(&list, &in) || !reader_done(&in))
		return "its extensions are missing, malformed or not unique";
	if (extensions_find(&list, oid_delta_crl) != NULL ||
	    extensions_find(&list, oid_issuing_distribution_point) != NULL)
		return "it is a delta, an indirect or a partial list";
	for (size_t i = 0; i < 2; i++) {
		if (extensions_find(&list, known[i]) == NULL)
			return "crlNumber or authorityKeyIdentifier is missing";
	}
	if (extensions_unknown(&list, known, 2) != NULL)
		return "it has a critical extension that is unknown here";
	return number_parse(
		   &crl->number, extensions_find(&list, oid_crl_number)->value)
		   ? NULL
		   : "its crlNumber is malformed";
}

/* TBSCertList, RFC 5280 5.1.2. */
static const char *
tbs_parse(struct crl *crl)
{
	struct reader whole = reader_of(crl->tbs.p, crl->tbs.n), r;
	struct bytes inner;
	uint32_t version;
	const char *wrong;

	if (!der_enter(&whole, DER_SEQUENCE, &r) ||
	    !der_unsigned(&r, DER_INTEGER, 1, &version) || version != 1)
		return "it is not of version 2";
	if (!der_whole(&r, DER_SEQUENCE, &inner) ||
	    !bytes_equal(inner, crl->algorithm))
		return "the signature algorithms inside and outside differ";
	if (!der_whole(&r, DER_SEQUENCE, &crl->issuer) ||
	    !der_time(&r, &crl->this_update) ||
	    !der_time(&r, &crl->next_update))
		return "its issuer or dates are malformed";
	if ((wrong = entries_parse(&r, crl)) != NULL ||
	    (wrong = crl_extensions(&r, crl)) != NULL)
		return wrong;
	return reader_done(&r) ? NULL : "something follows its extensions";
}

static const char *
der_parse(struct crl *crl, size_t n)
{
	struct reader whole = reader_of(crl->der, n), r;

	if (!der_enter(&whole, DER_SEQUENCE, &r) ||
	    !der_whole(&r, DER_SEQUENCE, &crl->tbs) ||
	    !der_whole(&r, DER_SEQUENCE, &crl->algorithm) ||
	    !der_octet_bits(&r, &crl->signature) || !reader_done(&r))
		return "it is not a revocation list in DER";
	if (!reader_done(&whole))
		return "bytes follow its end";
	if (!bytes_equal(crl->algorithm, cert_ecdsa_sha256))
		return "it is not signed with ecdsa-with-SHA256";
	return tbs_parse(crl);
}

/* Hex digits, then at most white space and one NUL. */
static bool
hex_digits(struct bytes data, size_t *digits)
{
	static const char alphabet[] = "0123456789abcdefABCDEF";
	struct reader rest;

	for (*digits = 0; *digits < data.n; ++*digits) {
		if (memchr(alphabet, data.p[*digits], 22) == NULL)
			break;
	}
	rest = reader_of(data.p + *digits, data.n - *digits);
	return *digits > 0 && pem_done(&rest);
}

/* The DER of the list, allocated. */
static bool
decode(struct bytes data, uint8_t **der, size_t *n)
{
	static const char begin[] = "-----BEGIN";
	struct reader r = reader_of(data.p, data.n);
	size_t digits;

	if (data.n >= strlen(begin) &&
	    memcmp(data.p, begin, strlen(begin)) == 0)
		return pem_block(&r, "X509 CRL", der, n) && pem_done(&r);
	if (hex_digits(data, &digits)) {
		*n = digits / 2;
		*der = malloc(*n + 1);
		return *der != NULL &&
		       hex_decode(*der, *n, (const char *)data.p, digits);
	}
	*n = data.n;
	*der = malloc(*n + 1);
	if (*der != NULL && *n > 0)
		memcpy(*der, data.p, *n);
	return *der != NULL;
}

int
crl_parse(struct crl *crl, struct bytes data, struct dci_failure *f)
{
	const char *wrong;
	size_t n;

	*crl = (struct crl){0};
	memory_watch();
	if (data.n > LIMIT_COLLATERAL)
		wrong = "it is too large";
	else if (!decode(data, &crl->der, &n))
		wrong = memory_short()
			    ? "there is no memory for it"
			    : "it is neither DER nor one PEM block nor hex";
	else
		wrong = der_parse(crl, n);
	if (wrong == NULL)
		return 0;
	return dci_fail(f, blame_code(DCI_CRL_MALFORMED),
	    "a revocation list of %zu bytes that is no good: %s", data.n,
	    wrong);
}

void
crl_free(struct crl *crl)
{
	free(crl->der);
	free(crl->serial);
	*crl = (struct crl){0};
}

bool
crl_signed_by(const struct crl *crl, EVP_PKEY *key)
{
	return ecdsa_verify_der(key, digest_sha256(), crl->tbs, crl->signature);
}

bool
crl_revokes(const struct crl *crl, const struct cert *c)
{
	return crl->n > 0 && bsearch(&c->serial, crl->serial, crl->n,
				 sizeof(*crl->serial), serial_compare) != NULL;
}
