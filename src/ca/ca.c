/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "ca/private.h"
#include "ca/public.h"

CLEANUP_TYPE(cleanup_store, X509_STORE, X509_STORE_free)
CLEANUP_TYPE(cleanup_store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)
CLEANUP_TYPE(cleanup_ca, struct ca, ca_close)

const char *
ca_assurance_name(enum ca_assurance assurance)
{
	static const char *const names[CA_ASSURANCES] = {
	    [CA_HARDWARE] = "hardware",
	    [CA_INSECURE] = "insecure",
	    [CA_SIMULATED] = "simulated",
	};

	return (unsigned)assurance < CA_ASSURANCES ? names[assurance]
						   : "unknown";
}

const char *
ca_binding_name(enum ca_binding binding)
{
	return binding == CA_CHANNEL    ? "channel"
	       : binding == CA_EVIDENCE ? "evidence"
					: "unknown";
}

/* Without this, OpenSSL would ask on the terminal for an encrypted key. */
static int
no_passphrase(char *out, int size, int writing, void *arg)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static BIO *
pem_open(struct bytes pem)
{
	if (pem.n > LIMIT_PEM)
		return NULL;
	return BIO_new_mem_buf(
	    pem.n == 0 ? (const void *)"" : pem.p, (int)pem.n);
}

X509 *
ca_certificate_decode(struct bytes pem, const char *what, struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = pem_open(pem);
	X509 *x CLEANUP(cleanup_x509) =
	    bio == NULL ? NULL
			: PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);

	if (x == NULL) {
		dci_fail(f, DCI_CA_MALFORMED,
		    "%s does not hold a certificate in PEM.", what);
		return NULL;
	}
	X509 *second CLEANUP(cleanup_x509) =
	    PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
	if (second != NULL) {
		dci_fail(f, DCI_CA_MALFORMED,
		    "%s holds more than one certificate.", what);
		return NULL;
	}
	return TAKE(x);
}

static bool
der_of(X509 *x, uint8_t **der, size_t *n)
{
	int size = i2d_X509(x, der);

	*n = size > 0 ? (size_t)size : 0;
	return size > 0 && size <= CA_CERTIFICATE_MAX;
}

static int
load(struct ca *ca, struct bytes issuing, struct bytes root,
    struct dci_failure *f)
{
	if ((ca->root = ca_certificate_decode(root, "root.crt", f)) == NULL ||
	    (ca->issuing = ca_certificate_decode(issuing, "issuing.crt", f)) ==
		NULL)
		return -1;
	if (!der_of(ca->root, &ca->root_der, &ca->root_size) ||
	    !der_of(ca->issuing, &ca->issuing_der, &ca->issuing_size))
		return dci_fail(f, DCI_CA_MALFORMED,
		    "root.crt or issuing.crt is larger than %d bytes in DER.",
		    CA_CERTIFICATE_MAX);
	return 0;
}

static EVP_PKEY *
key_decode(struct bytes pem, struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = pem_open(pem);
	EVP_PKEY *key = bio == NULL ? NULL
				    : PEM_read_bio_PrivateKey(
					  bio, NULL, no_passphrase, NULL);

	if (key == NULL)
		dci_fail(f, DCI_CA_MALFORMED,
		    "issuing.key does not hold a private key in PEM without "
		    "passphrase.");
	return key;
}

/* The key is P-256, whole in itself, and that of the certificate. */
static int
check_key(const struct ca *ca, struct dci_failure *f)
{
	struct ec_point point;
	EVP_PKEY_CTX *ctx CLEANUP(cleanup_pkey_ctx) =
	    EVP_PKEY_CTX_new_from_pkey(NULL, ca->key, NULL);

	if (!ec_export(&point, ca->key) || point.curve != CURVE_P256)
		return dci_fail(
		    f, DCI_CA_MALFORMED, "issuing.key is not a P-256 key.");
	/* A file can state a public key that is not the private one's. */
	if (ctx == NULL || EVP_PKEY_pairwise_check(ctx) != 1)
		return dci_fail(f, DCI_CA_KEY_MISMATCH,
		    "issuing.key holds a public key that does not belong to "
		    "its private key.");
	if (EVP_PKEY_eq(X509_get0_pubkey(ca->issuing), ca->key) != 1)
		return dci_fail(f, DCI_CA_KEY_MISMATCH,
		    "issuing.crt is not the certificate of issuing.key.");
	return 0;
}

static bool
may_issue(X509 *x, long path_length)
{
	long has = X509_get_pathlen(x); /* -1: no such bound */

	return (X509_get_extension_flags(x) & EXFLAG_CA) != 0 &&
	       (X509_get_extension_flags(x) & EXFLAG_INVALID) == 0 &&
	       (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) != 0 &&
	       (has < 0 || has >= path_length);
}

/* Signature, names, key identifiers and the form of both certificates, by
 * OpenSSL; the time is checked apart, for a code of its own. */
int
ca_chain_check(X509 *root, X509 *issuing, struct dci_failure *f)
{
	X509_STORE *store CLEANUP(cleanup_store) = X509_STORE_new();
	X509_STORE_CTX *ctx CLEANUP(cleanup_store_ctx) = X509_STORE_CTX_new();

	if (store == NULL || ctx == NULL || !X509_STORE_add_cert(store, root) ||
	    !X509_STORE_CTX_init(ctx, store, issuing, NULL))
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for checking the CA's certificates.");
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
					  X509_V_FLAG_CHECK_SS_SIGNATURE |
					  X509_V_FLAG_NO_CHECK_TIME);
	if (X509_verify_cert(ctx) != 1)
		return dci_fail(f, DCI_CA_CHAIN_BROKEN,
		    "issuing.crt does not verify with root.crt: %s.",
		    X509_verify_cert_error_string(
			X509_STORE_CTX_get_error(ctx)));
	if (X509_cmp(root, issuing) == 0)
		return dci_fail(f, DCI_CA_CHAIN_BROKEN,
		    "issuing.crt and root.crt are the same certificate.");
	if (!may_issue(root, 1) || !may_issue(issuing, 0))
		return dci_fail(f, DCI_CA_CHAIN_BROKEN,
		    "root.crt or issuing.crt lacks what a CA certificate needs "
		    "(basicConstraints, path length, keyCertSign).");
	if (X509_get0_subject_key_id(issuing) == NULL)
		return dci_fail(f, DCI_CA_MALFORMED,
		    "issuing.crt has no subjectKeyIdentifier.");
	return 0;
}

static int
check_time(struct ca *ca, int64_t now, struct dci_failure *f)
{
	X509 *both[] = {ca->root, ca->issuing};
	char when[RFC3339_SIZE];

	ca->not_before = INT64_MIN;
	ca->not_after = INT64_MAX;
	for (size_t i = 0; i < 2; i++) {
		const char *file = i == 0 ? "root.crt" : "issuing.crt";
		int64_t from, to;

		if (!ca_time(&from, X509_get0_notBefore(both[i])) ||
		    !ca_time(&to, X509_get0_notAfter(both[i])))
			return dci_fail(f, DCI_CA_MALFORMED,
			    "%s has a validity that cannot be read.", file);
		if (now < from) {
			rfc3339_encode(when, from);
			return dci_fail(f, DCI_CA_NOT_YET_VALID,
			    "%s is not valid before %s.", file, when);
		}
		if (now > to) {
			rfc3339_encode(when, to);
			return dci_fail(f, DCI_CA_EXPIRED,
			    "%s has expired at %s.", file, when);
		}
		if (from > ca->not_before)
			ca->not_before = from;
		if (to < ca->not_after)
			ca->not_after = to;
	}
	return 0;
}

/* Done once, for speed: 2 of the 18 microseconds that a signature takes go
 * into finding the algorithms. */
static int
prepare_signing(struct ca *ca, struct dci_failure *f)
{
	ca->sign = EVP_MD_CTX_new();
	if (ca->sign == NULL || EVP_DigestSignInit(ca->sign, NULL,
				    digest_sha256(), NULL, ca->key) <= 0)
		return dci_fail(
		    f, DCI_INTERNAL, "OpenSSL cannot sign with issuing.key.");
	return 0;
}

static int
make_extensions(struct ca *ca, struct dci_failure *f)
{
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(ca->issuing);
	bool ok = true;

	ca->usage = extension_key_usage(KU_DIGITAL_SIGNATURE);
	ca->purpose = extension_purpose(oid_object(OID_EKU_RESULTS));
	ca->authority = extension_authority_key((struct bytes){
	    ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)});
	for (int i = 0; i < CA_ASSURANCES; i++) {
		ca->policy[i] = extension_policy(
		    oid_object((enum oid)(OID_POLICY_HARDWARE + i)));
		ok = ok && ca->policy[i] != NULL;
	}
	if (!ok || ca->usage == NULL || ca->purpose == NULL ||
	    ca->authority == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for the CA's extensions.");
	return 0;
}

struct ca *
ca_assemble(EVP_PKEY *key, struct bytes issuing_crt, struct bytes root_crt,
    int64_t now, struct dci_failure *f)
{
	struct ca *ca CLEANUP(cleanup_ca) = calloc(1, sizeof(*ca));

	if (ca == NULL) {
		EVP_PKEY_free(key);
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the CA.");
		return NULL;
	}
	ca->key = key;
	if (load(ca, issuing_crt, root_crt, f) != 0 || check_key(ca, f) != 0 ||
	    ca_chain_check(ca->root, ca->issuing, f) != 0 ||
	    check_time(ca, now, f) != 0 || prepare_signing(ca, f) != 0 ||
	    make_extensions(ca, f) != 0)
		return NULL;
	return TAKE(ca);
}

struct ca *
ca_open(struct bytes issuing_key, struct bytes issuing_crt,
    struct bytes root_crt, int64_t now, struct dci_failure *f)
{
	ERR_set_mark();
	EVP_PKEY *key = key_decode(issuing_key, f);
	struct ca *ca = key == NULL
			    ? NULL
			    : ca_assemble(key, issuing_crt, root_crt, now, f);
	ERR_pop_to_mark();
	return ca;
}

void
ca_close(struct ca *ca)
{
	if (ca == NULL)
		return;
	EVP_MD_CTX_free(ca->sign);
	EVP_PKEY_free(ca->key); /* clears the private number */
	X509_free(ca->issuing);
	X509_free(ca->root);
	OPENSSL_free(ca->issuing_der);
	OPENSSL_free(ca->root_der);
	X509_EXTENSION_free(ca->usage);
	X509_EXTENSION_free(ca->purpose);
	X509_EXTENSION_free(ca->authority);
	for (int i = 0; i < CA_ASSURANCES; i++)
		X509_EXTENSION_free(ca->policy[i]);
	wipe(ca, sizeof(*ca));
	free(ca);
}

struct bytes
ca_issuing_der(const struct ca *ca)
{
	return (struct bytes){ca->issuing_der, ca->issuing_size};
}

struct bytes
ca_root_der(const struct ca *ca)
{
	return (struct bytes){ca->root_der, ca->root_size};
}
