/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <openssl/err.h>

#include "base/text.h"
#include "base/utf8.h"
#include "ca/profile.h"
#include "dcap/pem.h"
#include "result/credential.h"

CLEANUP_TYPE(cleanup_store, X509_STORE, X509_STORE_free)
CLEANUP_TYPE(cleanup_store_ctx, X509_STORE_CTX, X509_STORE_CTX_free)
CLEANUP_TYPE(cleanup_stack, STACK_OF(X509), sk_X509_free)
CLEANUP_TYPE(cleanup_objects, STACK_OF(ASN1_OBJECT), sk_ASN1_OBJECT_free)
CLEANUP_TYPE(cleanup_bn, BIGNUM, BN_free)

/* OpenSSL's level of 128 bits: P-256 and SHA-256 or better. */
#define AUTH_LEVEL 3
/* Delegation certificate and root, with one CA between them or none. */
#define LEAST 2
#define MOST  3

_Static_assert((int)DCI_ASSURANCE_HARDWARE == CA_HARDWARE &&
		   (int)DCI_ASSURANCE_INSECURE == CA_INSECURE &&
		   (int)DCI_ASSURANCE_SIMULATED == CA_SIMULATED &&
		   DCI_DELEGATION_TEES >= PROFILE_TEES_MAX,
    "the public header has the values of the profile");

void
credential_free(struct credential *c)
{
	X509_free(c->root);
	for (size_t i = 0; i < c->n; i++)
		X509_free(c->given[i]);
	*c = (struct credential){.n = 0};
}

/* One certificate that ends where its bytes end. */
static X509 *
decode(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)der.n);

	if (x == NULL || p != der.p + der.n)
		return NULL;
	return TAKE(x);
}

bool
credential_set_root(struct credential *c, struct bytes pem)
{
	struct reader r = reader_of(pem.p, pem.n);
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (!pem_block(&r, "CERTIFICATE", &der, &n) || !pem_done(&r))
		return false;
	X509 *x CLEANUP(cleanup_x509) = decode((struct bytes){der, n});
	if (x == NULL || X509_self_signed(x, 1) != 1)
		return false;
	c->root = TAKE(x);
	return true;
}

bool
credential_add_der(struct credential *c, struct bytes der)
{
	X509 *x = c->n < CREDENTIAL_MAX ? decode(der) : NULL;

	if (x == NULL)
		return false;
	c->given[c->n++] = x;
	return true;
}

bool
credential_add_pem(struct credential *c, struct bytes pem)
{
	struct reader r = reader_of(pem.p, pem.n);

	do {
		uint8_t *der CLEANUP(cleanup_free) = NULL;
		size_t n;

		if (!pem_block(&r, "CERTIFICATE", &der, &n) ||
		    !credential_add_der(c, (struct bytes){der, n}))
			return false;
	} while (!pem_done(&r));
	return true;
}

static enum dci_code
code_of(int error, int depth, size_t given)
{
	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return depth == 0 ? DCI_RESULT_DELEGATION_EXPIRED
				  : DCI_RESULT_CA_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return DCI_RESULT_DELEGATION_NOT_YET_VALID;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return given == 1 ? DCI_RESULT_CHAIN_MISSING
				  : DCI_RESULT_CHAIN_UNTRUSTED;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return DCI_RESULT_CHAIN_UNTRUSTED;
	default:
		return DCI_RESULT_CHAIN_INVALID;
	}
}

static void
subject_text(char *out, size_t size, X509 *x)
{
	char *text = x == NULL
			 ? NULL
			 : X509_NAME_oneline(X509_get_subject_name(x), NULL, 0);

	text_printable(out, size, text == NULL ? "?" : text,
	    text == NULL ? 1 : strlen(text));
	OPENSSL_free(text);
}

static int
fail(const struct credential *c, X509_STORE_CTX *ctx, struct dci_checks *checks,
    struct dci_failure *f)
{
	char name[120];
	int error = X509_STORE_CTX_get_error(ctx);

	subject_text(name, sizeof(name), X509_STORE_CTX_get_current_cert(ctx));
	return dci_checks_fail(checks, f, DCI_CHECK_RESULT_CHAIN,
	    code_of(error, X509_STORE_CTX_get_error_depth(ctx), c->n),
	    "a chain to the root given, valid now", "%s, at the certificate %s",
	    X509_verify_cert_error_string(error), name);
}

/* Whether each certificate below the root has policies.  Where one has none,
 * none is valid (RFC 5280, 6.1.3 e); OpenSSL 3.0 comes to the same, but loses
 * memory where there are policyConstraints. */
static bool
has_policies(const STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain) - 1; i++) {
		if (X509_get_ext_by_NID(sk_X509_value(chain, i),
			NID_certificate_policies, -1) < 0)
			return false;
	}
	return true;
}

/* RFC 5280, 6.1: the policy is what says which assurance a delegation has, so
 * there has to be one that all CAs allow, and under the name that it has for
 * us: none is mapped to another. */
static int
check_policy(struct credential *c, X509_STORE_CTX *ctx, struct dci_failure *f)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	STACK_OF(ASN1_OBJECT) * any CLEANUP(cleanup_objects) =
	    sk_ASN1_OBJECT_new_null();
	X509_POLICY_TREE *tree = NULL;
	int explicit = 0, result = X509_PCY_TREE_INTERNAL;

	if (!has_policies(chain))
		return 0;
	memory_watch();
	if (any != NULL &&
	    sk_ASN1_OBJECT_push(any, OBJ_nid2obj(NID_any_policy)) > 0)
		result = X509_policy_check(&tree, &explicit, chain, any,
		    X509_V_FLAG_EXPLICIT_POLICY | X509_V_FLAG_INHIBIT_MAP);
	bool lacking = result == X509_PCY_TREE_INTERNAL ||
		       (result != X509_PCY_TREE_VALID && memory_short());
	X509_policy_tree_free(tree);
	ERR_clear_error();
	if (lacking)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the policies of the delegation.");
	c->policy_allowed = result == X509_PCY_TREE_VALID;
	return 0;
}

static int
verify(struct credential *c, X509_STORE_CTX *ctx, int64_t now,
    struct dci_checks *checks, struct dci_failure *f)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_time(param, now);
	X509_VERIFY_PARAM_set_depth(param, CREDENTIAL_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	if (X509_verify_cert(ctx) != 1)
		return fail(c, ctx, checks, f);
	/* OpenSSL would end a chain that is too long before it sees that it
	 * ends in another root; and a root may not delegate to itself. */
	int length = sk_X509_num(X509_STORE_CTX_get0_chain(ctx));
	if (length < LEAST || length > MOST)
		return dci_checks_fail(checks, f, DCI_CHECK_RESULT_CHAIN,
		    DCI_RESULT_CHAIN_INVALID,
		    "a certificate of the root or of one CA below it",
		    "a chain of %d certificates", length);
	return check_policy(c, ctx, f);
}

int
credential_verify(struct credential *c, int64_t now, struct dci_checks *checks,
    struct dci_failure *f)
{
	X509_STORE *store CLEANUP(cleanup_store) = X509_STORE_new();
	X509_STORE_CTX *ctx CLEANUP(cleanup_store_ctx) = X509_STORE_CTX_new();
	STACK_OF(X509) * others CLEANUP(cleanup_stack) = sk_X509_new_null();
	bool ok = store != NULL && ctx != NULL && others != NULL;

	for (size_t i = 1; ok && i < c->n; i++)
		ok = sk_X509_push(others, c->given[i]) > 0;
	if (!ok || X509_STORE_add_cert(store, c->root) != 1 ||
	    X509_STORE_CTX_init(ctx, store, c->given[0], others) != 1)
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for verifying the delegation certificate.");
	if (verify(c, ctx, now, checks, f) != 0)
		return -1;
	EVP_PKEY *key = X509_get0_pubkey(c->given[0]);
	if (key == NULL || !ec_export(&c->key, key))
		return dci_checks_fail(checks, f, DCI_CHECK_RESULT_CHAIN,
		    DCI_RESULT_CHAIN_INVALID, "a key on P-256 or P-384",
		    "another key in the delegation certificate");
	dci_checks_pass(checks, DCI_CHECK_RESULT_CHAIN, NULL);
	return 0;
}

static bool
time_of(int64_t *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*out = timegm(&tm);
	return true;
}

/* As in the ledger: at least 32 digits. */
static bool
serial_of(char out[static 41], const X509 *leaf)
{
	uint8_t raw[20];
	BIGNUM *n CLEANUP(cleanup_bn) =
	    ASN1_INTEGER_to_BN(X509_get0_serialNumber(leaf), NULL);
	int length = n == NULL ? -1 : BN_num_bytes(n);

	if (length < 0 || length > (int)sizeof(raw) || BN_is_negative(n))
		return false;
	length = length < CA_SERIAL_SIZE ? CA_SERIAL_SIZE : length;
	if (BN_bn2binpad(n, raw, length) != length)
		return false;
	hex_encode(out, raw, (size_t)length);
	return true;
}

static bool
name_of(char *out, size_t size, const X509 *leaf)
{
	const X509_NAME *subject = X509_get_subject_name(leaf);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	uint8_t *text = NULL;

	if (at < 0)
		return false;
	int n = ASN1_STRING_to_UTF8(
	    &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	bool ok =
	    n >= 0 && (size_t)n < size && memchr(text, 0, (size_t)n) == NULL;
	if (ok)
		snprintf(out, size, "%.*s", (int)utf8_tame(text, (size_t)n),
		    (const char *)text);
	OPENSSL_free(text);
	return ok;
}

static void
scope_copy(struct dci_delegation *out, const struct profile_leaf *leaf)
{
	const struct profile_scope *scope = &leaf->scope;

	memcpy(out->mrenclave, leaf->tcb.mrenclave, sizeof(out->mrenclave));
	memcpy(out->mrsigner, leaf->tcb.mrsigner, sizeof(out->mrsigner));
	out->isv_svn = leaf->tcb.isv_svn;
	out->assurance = (enum dci_assurance)scope->assurance;
	out->evidence_bound = scope->binding == CA_EVIDENCE;
	out->tees = scope->tees;
	memcpy(out->tee, scope->tee, scope->tees);
	memcpy(out->evidence_digest, scope->evidence_digest, 32);
	memcpy(out->policy_digest, scope->policy_digest, 32);
}

int
credential_delegation(const struct credential *c, struct dci_delegation *out,
    struct dci_checks *checks, struct dci_failure *f)
{
	static const enum dci_check_id id = DCI_CHECK_RESULT_PURPOSE;
	struct profile_leaf leaf;
	struct dci_failure why;

	if (profile_read(c->given[0], &leaf, &why) != 0) {
		struct dci_check *check =
		    dci_checks_add(checks, id, DCI_FAIL, why.code);

		snprintf(check->found, sizeof(check->found), "%.*s",
		    (int)sizeof(check->found) - 1, why.sentence);
		*f = why;
		return -1;
	}
	if (!c->policy_allowed)
		return dci_checks_fail(checks, f, id,
		    DCI_RESULT_POLICY_NOT_ALLOWED,
		    "a policy that the issuing CA's certificate allows",
		    "the policy of assurance %s, which it does not",
		    ca_assurance_name(leaf.scope.assurance));
	scope_copy(out, &leaf);
	if (!time_of(&out->not_before, X509_get0_notBefore(c->given[0])) ||
	    !time_of(&out->not_after, X509_get0_notAfter(c->given[0])) ||
	    !serial_of(out->serial, c->given[0]) ||
	    !name_of(out->name, sizeof(out->name), c->given[0]))
		return dci_checks_fail(checks, f, id, DCI_DELEGATION_MALFORMED,
		    "a common name, a serial number and dates",
		    "a certificate without");
	dci_checks_pass(checks, id, NULL);
	return 0;
}
