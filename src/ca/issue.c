/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/err.h>

#include "base/text.h"
#include "ca/private.h"
#include "ca/profile.h"

#define TEE_SGX  0
#define TEE_TDX  129
#define LATEST   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define URN_SIZE (12 + 64 + 1)

/* What comes from the caller and could not be encoded as it should be. */
static int
check_leaf(const struct ca_leaf *leaf, int64_t now, struct dci_failure *f)
{
	const char *bad = NULL;
	size_t name = strnlen(leaf->name, CA_NAME_SIZE);

	if (name == 0 || name == CA_NAME_SIZE)
		bad = "name";
	for (size_t i = 0; i < name && bad == NULL; i++) {
		if ((unsigned char)leaf->name[i] < 0x20 ||
		    leaf->name[i] == 0x7f)
			bad = "name";
	}
	if (leaf->tee != TEE_SGX && leaf->tee != TEE_TDX)
		bad = "TEE type";
	if ((unsigned)leaf->binding > CA_EVIDENCE)
		bad = "binding";
	if ((unsigned)leaf->assurance > CA_SIMULATED)
		bad = "assurance";
	if ((leaf->key.curve != CURVE_P256 && leaf->key.curve != CURVE_P384) ||
	    leaf->key.n != curve_point_size(leaf->key.curve))
		bad = "curve";
	if (now < 0 || now > LATEST)
		bad = "time";
	if (bad != NULL)
		return dci_fail(f, DCI_LEAF_IMPOSSIBLE,
		    "A certificate cannot be issued with this %s.", bad);
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(leaf->key.curve, leaf->key.data, leaf->key.n);
	if (key == NULL)
		return dci_fail(f, DCI_CSR_KEY_INVALID,
		    "The key to be certified is not a point on %s.",
		    curve_name(leaf->key.curve));
	return 0;
}

/* notAfter is the least of three; the refusal names the one it was. */
static int
choose_validity(const struct ca *ca, const struct ca_leaf *leaf, int64_t now,
    struct ca_certificate *out, struct dci_failure *f)
{
	const char *bound = "the policy entry's ttl";
	int64_t last;
	char from[RFC3339_SIZE], to[RFC3339_SIZE];

	if (now < ca->not_before) {
		rfc3339_encode(from, ca->not_before);
		return dci_fail(f, DCI_CA_NOT_YET_VALID,
		    "The CA's certificates are not valid before %s.", from);
	}
	if (__builtin_add_overflow(now, leaf->ttl, &last))
		last = leaf->ttl < 0 ? INT64_MIN : INT64_MAX;
	if (leaf->not_after < last) {
		last = leaf->not_after;
		bound = "the collateral that the evidence was appraised with";
	}
	if (ca->not_after < last) {
		last = ca->not_after;
		bound = "the CA's certificates";
	}
	if (last < now + CA_LEAST_SECONDS) {
		rfc3339_encode(from, now);
		rfc3339_encode(to, last < 0 ? 0 : last);
		return dci_fail(f, DCI_VALIDITY_TOO_SHORT,
		    "It is %s and a certificate could be valid until %s, by "
		    "%s; "
		    "at least %d seconds must be left.",
		    from, to, bound, CA_LEAST_SECONDS);
	}
	out->not_after = last;
	out->not_before = now - CA_BACKDATE_SECONDS;
	if (out->not_before < ca->not_before)
		out->not_before = ca->not_before;
	return 0;
}

static X509_EXTENSION *
subject_key(const struct ca_leaf *leaf)
{
	uint8_t id[KEY_ID_SIZE];

	key_identifier(id, &leaf->key);
	return extension_subject_key(id);
}

static X509_EXTENSION *
measurement_uri(const struct ca_leaf *leaf)
{
	char uri[URN_SIZE] = "urn:dci:sgx:";

	if (leaf->tee == TEE_TDX)
		memcpy(uri, "urn:dci:tdx:", 12);
	hex_encode(uri + 12, leaf->mrenclave, sizeof(leaf->mrenclave));
	return extension_uri(uri);
}

/* The profile's table of extensions, in PROTOCOL.md's order. */
static bool
add_extensions(X509 *x, const struct ca *ca, const struct ca_leaf *leaf)
{
	return certificate_add(x, ca->usage) &&
	       certificate_add(x, ca->purpose) &&
	       certificate_add_new(x, subject_key(leaf)) &&
	       certificate_add(x, ca->authority) &&
	       certificate_add_new(x, measurement_uri(leaf)) &&
	       certificate_add(x, ca->policy[leaf->assurance]) &&
	       certificate_add_new(x, profile_tcb_extension(leaf)) &&
	       certificate_add_new(x, profile_scope_extension(leaf));
}

static bool
set_subject(X509 *x, const char *name)
{
	/* MBSTRING_UTF8 refuses what is not UTF-8 or has more than 64
	 * characters (RFC 5280, ub-common-name). */
	return X509_NAME_add_entry_by_NID(X509_get_subject_name(x),
	    NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
	    0);
}

static bool
sign(const struct ca *ca, X509 *x)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();

	return ctx != NULL && EVP_MD_CTX_copy_ex(ctx, ca->sign) == 1 &&
	       X509_sign_ctx(x, ctx) > 0;
}

static int
make(const struct ca *ca, const struct ca_leaf *leaf,
    struct ca_certificate *out, struct dci_failure *f)
{
	uint8_t *p = out->der;

	if (!serial_draw(out->serial))
		return dci_fail(f, DCI_INTERNAL,
		    "OpenSSL's random number generator failed.");
	X509 *x CLEANUP(cleanup_x509) =
	    certificate_new(out->serial, out->not_before, out->not_after);
	if (x == NULL ||
	    !X509_set_issuer_name(x, X509_get_subject_name(ca->issuing)) ||
	    !certificate_set_key(x, &leaf->key) || !add_extensions(x, ca, leaf))
		return dci_fail(
		    f, DCI_INTERNAL, "OpenSSL failed to build a certificate.");
	if (!set_subject(x, leaf->name))
		return dci_fail(f, DCI_LEAF_IMPOSSIBLE,
		    "A certificate's subject must be UTF-8 of at most 64 "
		    "characters.");
	if (!sign(ca, x))
		return dci_fail(
		    f, DCI_INTERNAL, "OpenSSL failed to sign a certificate.");
	int n = i2d_X509(x, NULL);
	if (n <= 0 || n > CA_CERTIFICATE_MAX || i2d_X509(x, &p) != n)
		return dci_fail(f, DCI_INTERNAL,
		    "A certificate of %d bytes was made; at most %d are "
		    "expected.",
		    n, CA_CERTIFICATE_MAX);
	out->n = (size_t)n;
	return 0;
}

int
ca_issue(struct ca *ca, const struct ca_leaf *leaf, int64_t now,
    struct ca_certificate *out, struct dci_failure *f)
{
	int result = -1;

	out->n = 0;
	ERR_set_mark();
	if (check_leaf(leaf, now, f) == 0 &&
	    choose_validity(ca, leaf, now, out, f) == 0)
		result = make(ca, leaf, out, f);
	ERR_pop_to_mark();
	return result;
}
