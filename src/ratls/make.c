/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/x509v3.h>

#include "base/blame.h"
#include "base/digest.h"
#include "base/ecdsa.h"
#include "base/limits.h"
#include "ratls/certificate.h"
#include "ratls/claims.h"
#include "ratls/dice.h"
#include "ratls/make.h"

CLEANUP_TYPE(cleanup_extension, X509_EXTENSION, X509_EXTENSION_free)
CLEANUP_TYPE(cleanup_object, ASN1_OBJECT, ASN1_OBJECT_free)
CLEANUP_TYPE(cleanup_octets, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)

#define NOT_BEFORE   "20010101000000Z"
#define NOT_AFTER    "20301231235959Z"
#define ORGANIZATION "Delegation Cert Issuer"

/* OpenSSL makes objects of any OID from its DER, also of Gramine's. */
static ASN1_OBJECT *
object_of(struct bytes oid)
{
	uint8_t der[2 + 127] = {0x06, (uint8_t)oid.n};
	const uint8_t *p = der;

	if (oid.n > 127)
		return NULL;
	memcpy(der + 2, oid.p, oid.n);
	return d2i_ASN1_OBJECT(NULL, &p, (long)(2 + oid.n));
}

static bool
extension_add(X509 *x, const struct ratls_extension *e)
{
	ASN1_OBJECT *object CLEANUP(cleanup_object) = object_of(e->oid);
	ASN1_OCTET_STRING *value CLEANUP(cleanup_octets) =
	    ASN1_OCTET_STRING_new();

	if (object == NULL || value == NULL || e->value.n > LIMIT_CERTIFICATE ||
	    ASN1_OCTET_STRING_set(value, e->value.p, (int)e->value.n) <= 0)
		return false;
	X509_EXTENSION *ext CLEANUP(cleanup_extension) =
	    X509_EXTENSION_create_by_OBJ(NULL, object, e->critical, value);
	return ext != NULL && X509_add_ext(x, ext, -1) > 0;
}

/* basicConstraints (not a CA) and both key identifiers (RFC 5280 4.2.1.1,
 * 4.2.1.2, method 1), as Gramine orders them. */
static bool
extensions_usual(X509 *x)
{
	static const uint8_t bc_oid[] = {0x55, 0x1d, 0x13};
	static const uint8_t ski_oid[] = {0x55, 0x1d, 0x0e};
	static const uint8_t aki_oid[] = {0x55, 0x1d, 0x23};
	static const uint8_t bc[] = {0x30, 0x00};
	uint8_t ski[2 + 20] = {0x04, 20}, aki[4 + 20] = {0x30, 22, 0x80, 20};
	unsigned n = 20;

	if (X509_pubkey_digest(x, digest_sha1(), ski + 2, &n) <= 0 || n != 20)
		return false;
	memcpy(aki + 4, ski + 2, 20);
	const struct ratls_extension usual[] = {
	    {{bc_oid, sizeof(bc_oid)}, false, {bc, sizeof(bc)}},
	    {{ski_oid, sizeof(ski_oid)}, false, {ski, sizeof(ski)}},
	    {{aki_oid, sizeof(aki_oid)}, false, {aki, sizeof(aki)}},
	};
	return extension_add(x, &usual[0]) && extension_add(x, &usual[1]) &&
	       extension_add(x, &usual[2]);
}

static bool
name_set(X509 *x)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING,
		   (const uint8_t *)"RATLS", -1, -1, 0) > 0 &&
	       X509_NAME_add_entry_by_txt(name, "O", V_ASN1_UTF8STRING,
		   (const uint8_t *)ORGANIZATION, -1, -1, 0) > 0 &&
	       X509_set_issuer_name(x, name) > 0;
}

/* X509_set_pubkey() encodes the key and decodes that, with thousands of
 * allocations, where the point is all that is needed. */
static bool
key_set(X509 *x, EVP_PKEY *key, const struct ec_point *point)
{
	if (point == NULL)
		return X509_set_pubkey(x, key) > 0;
	int curve =
	    point->curve == CURVE_P384 ? NID_secp384r1 : NID_X9_62_prime256v1;
	uint8_t *data = OPENSSL_memdup(point->data, point->n);
	if (data != NULL &&
	    X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x),
		OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
		OBJ_nid2obj(curve), data, (int)point->n) > 0)
		return true;
	OPENSSL_free(data);
	return false;
}

static X509 *
certificate_build(EVP_PKEY *key, const struct ec_point *point,
    const struct ratls_extension *e, size_t count)
{
	X509 *x CLEANUP(cleanup_x509) = X509_new();

	if (x == NULL || X509_set_version(x, X509_VERSION_3) <= 0 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 1) <= 0 ||
	    ASN1_TIME_set_string_X509(X509_getm_notBefore(x), NOT_BEFORE) <=
		0 ||
	    ASN1_TIME_set_string_X509(X509_getm_notAfter(x), NOT_AFTER) <= 0 ||
	    !name_set(x) || !key_set(x, key, point) || !extensions_usual(x))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!extension_add(x, &e[i]))
			return NULL;
	}
	if (X509_sign(x, key, digest_sha256()) <= 0)
		return NULL;
	return TAKE(x);
}

/* point: of the key, or NULL to take it as OpenSSL writes it. */
static int
certificate_make(uint8_t **der, size_t *n, EVP_PKEY *key,
    const struct ec_point *point, const struct ratls_extension *e, size_t count,
    struct dci_failure *f)
{
	memory_watch();
	X509 *x CLEANUP(cleanup_x509) = certificate_build(key, point, e, count);
	int size = x == NULL ? -1 : i2d_X509(x, NULL);
	enum dci_code code = blame_code(DCI_EVIDENCE_NOT_MADE);

	if (size <= 0)
		return dci_fail(f, code,
		    "OpenSSL could not make the RA-TLS certificate. %s",
		    dci_code_remedy(code));
	uint8_t *out CLEANUP(cleanup_free) = malloc((size_t)size), *p = out;
	if (out == NULL || i2d_X509(x, &p) != size)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for an RA-TLS certificate.");
	*der = TAKE(out);
	*n = (size_t)size;
	return 0;
}

int
ratls_certificate_make(uint8_t **der, size_t *n, EVP_PKEY *key,
    const struct ratls_extension *e, size_t count, struct dci_failure *f)
{
	return certificate_make(der, n, key, NULL, e, count, f);
}

/* A quote over SHA-256(what) and zeros. */
static int
quote_over(const struct quote_source *source, struct bytes what,
    uint8_t **quote, size_t *n, struct dci_failure *f)
{
	uint8_t report_data[DCI_REPORT_DATA_SIZE] = {0};

	sha256(report_data, what.p, what.n);
	return quote_source_ask(source, report_data, quote, n, f);
}

static int
legacy_value(struct writer *w, struct bytes spki,
    const struct quote_source *source, struct dci_failure *f)
{
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (quote_over(source, spki, &quote, &n, f) < 0)
		return -1;
	writer_put(w, quote, n);
	return 0;
}

static int
dice_value(struct writer *w, struct bytes spki, struct bytes csr_spki,
    const struct quote_source *source, struct dci_failure *f)
{
	struct writer claims CLEANUP(writer_free) = writer_new(CLAIMS_MAX);
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t n;

	claims_encode(&claims, spki, csr_spki);
	struct bytes buffer = {claims.data, claims.n};
	if (claims.failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the claims of an RA-TLS certificate.");
	if (quote_over(source, buffer, &quote, &n, f) < 0)
		return -1;
	dice_encode(w, (struct bytes){quote, n}, buffer);
	return 0;
}

int
ratls_make(uint8_t **der, size_t *n, EVP_PKEY *key,
    const struct ratls_options *options, const struct quote_source *source,
    struct dci_failure *f)
{
	struct writer legacy CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	struct writer dice CLEANUP(writer_free) = writer_new(LIMIT_CERTIFICATE);
	struct ratls_extension extensions[2];
	struct ec_point point;
	uint8_t buffer[SPKI_MAX];
	size_t count = 0;

	if (!ec_export(&point, key))
		return dci_fail(f, blame_code(DCI_EVIDENCE_NOT_MADE), "%s",
		    memory_short()
			? "No memory for the key of an RA-TLS certificate."
			: "An RA-TLS certificate needs an ECDSA key on P-256 "
			  "or P-384.");
	if ((!options->dice && !options->legacy) ||
	    (!options->dice && options->csr_spki.n > 0))
		return dci_fail(f, DCI_USAGE,
		    "An RA-TLS certificate needs evidence, and DICE evidence "
		    "where another key is to be bound.");
	struct bytes spki = {buffer, spki_encode(buffer, &point)};
	if (options->legacy) {
		if (legacy_value(&legacy, spki, source, f) < 0)
			return -1;
		extensions[count++] = (struct ratls_extension){
		    .oid = ratls_oid_legacy, .value = {legacy.data, legacy.n}};
	}
	if (options->dice) {
		if (dice_value(&dice, spki, options->csr_spki, source, f) < 0)
			return -1;
		extensions[count++] = (struct ratls_extension){
		    .oid = ratls_oid_dice, .value = {dice.data, dice.n}};
	}
	if (legacy.failed || dice.failed)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the evidence of an RA-TLS certificate.");
	return certificate_make(der, n, key, &point, extensions, count, f);
}
