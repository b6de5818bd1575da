/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>

#include "ca/certificate.h"
#include "ca/profile.h"

#define MRSIGNER_VENDOR "MRSIGNER"

ASN1_SEQUENCE(DELEGATION_SCOPE) =
    {
	ASN1_SIMPLE(DELEGATION_SCOPE, version, ASN1_INTEGER),
	ASN1_SIMPLE(DELEGATION_SCOPE, binding, ASN1_ENUMERATED),
	ASN1_SIMPLE(DELEGATION_SCOPE, assurance, ASN1_ENUMERATED),
	ASN1_SEQUENCE_OF(DELEGATION_SCOPE, tee_types, ASN1_INTEGER),
	ASN1_SIMPLE(DELEGATION_SCOPE, evidence_digest, ASN1_OCTET_STRING),
	ASN1_SIMPLE(DELEGATION_SCOPE, policy_digest, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(DELEGATION_SCOPE) IMPLEMENT_ASN1_FUNCTIONS(DELEGATION_SCOPE)

	ASN1_SEQUENCE(DICE_FWID) =
	    {
		ASN1_SIMPLE(DICE_FWID, algorithm, ASN1_OBJECT),
		ASN1_SIMPLE(DICE_FWID, digest, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(DICE_FWID) IMPLEMENT_ASN1_FUNCTIONS(DICE_FWID)

		ASN1_SEQUENCE(DICE_TCB_INFO) =
		    {
			ASN1_IMP_OPT(DICE_TCB_INFO, vendor, ASN1_UTF8STRING, 0),
			ASN1_IMP_OPT(DICE_TCB_INFO, model, ASN1_UTF8STRING, 1),
			ASN1_IMP_OPT(
			    DICE_TCB_INFO, version, ASN1_UTF8STRING, 2),
			ASN1_IMP_OPT(DICE_TCB_INFO, svn, ASN1_INTEGER, 3),
			ASN1_IMP_OPT(DICE_TCB_INFO, layer, ASN1_INTEGER, 4),
			ASN1_IMP_OPT(DICE_TCB_INFO, index, ASN1_INTEGER, 5),
			ASN1_IMP_SEQUENCE_OF_OPT(
			    DICE_TCB_INFO, fwids, DICE_FWID, 6),
			ASN1_IMP_OPT(DICE_TCB_INFO, flags, ASN1_BIT_STRING, 7),
			ASN1_IMP_OPT(
			    DICE_TCB_INFO, vendor_info, ASN1_OCTET_STRING, 8),
			ASN1_IMP_OPT(DICE_TCB_INFO, type, ASN1_OCTET_STRING, 9),
} ASN1_SEQUENCE_END(DICE_TCB_INFO) IMPLEMENT_ASN1_FUNCTIONS(DICE_TCB_INFO)

			ASN1_ITEM_TEMPLATE(DICE_MULTI_TCB_INFO) =
			    ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0,
				DICE_MULTI_TCB_INFO, DICE_TCB_INFO)
				ASN1_ITEM_TEMPLATE_END(DICE_MULTI_TCB_INFO)
				    IMPLEMENT_ASN1_FUNCTIONS(
					DICE_MULTI_TCB_INFO)

					CLEANUP_TYPE(cleanup_scope,
					    DELEGATION_SCOPE,
					    DELEGATION_SCOPE_free)
					    CLEANUP_TYPE(cleanup_tcb,
						DICE_TCB_INFO,
						DICE_TCB_INFO_free)
						CLEANUP_TYPE(cleanup_tcbs,
						    DICE_MULTI_TCB_INFO,
						    DICE_MULTI_TCB_INFO_free)
						    CLEANUP_TYPE(cleanup_fwid,
							DICE_FWID,
							DICE_FWID_free)
							CLEANUP_TYPE(
							    cleanup_integer,
							    ASN1_INTEGER,
							    ASN1_INTEGER_free)

			    /* --- writing --- */

			    X509_EXTENSION
			    *
			    profile_scope_extension(const struct ca_leaf *leaf)
{
	DELEGATION_SCOPE *s CLEANUP(cleanup_scope) = DELEGATION_SCOPE_new();
	ASN1_INTEGER *tee CLEANUP(cleanup_integer) = ASN1_INTEGER_new();

	if (s == NULL || tee == NULL || !ASN1_INTEGER_set(s->version, 0) ||
	    !ASN1_ENUMERATED_set(s->binding, (long)leaf->binding) ||
	    !ASN1_ENUMERATED_set(s->assurance, (long)leaf->assurance) ||
	    !ASN1_INTEGER_set(tee, leaf->tee) ||
	    sk_ASN1_INTEGER_push(s->tee_types, tee) <= 0)
		return NULL;
	tee = NULL;
	if (!ASN1_OCTET_STRING_set(s->evidence_digest, leaf->evidence_digest,
		sizeof(leaf->evidence_digest)) ||
	    !ASN1_OCTET_STRING_set(s->policy_digest, leaf->policy_digest,
		sizeof(leaf->policy_digest)))
		return NULL;
	return extension_of_item(
	    OID_SCOPE, s, ASN1_ITEM_rptr(DELEGATION_SCOPE));
}

/* SHA-256 FWID; svn negative and vendor NULL: left out. */
static DICE_TCB_INFO *
tcb_new(const char *vendor, long svn, const uint8_t digest[static 32])
{
	DICE_TCB_INFO *tcb CLEANUP(cleanup_tcb) = DICE_TCB_INFO_new();
	DICE_FWID *fwid CLEANUP(cleanup_fwid) = DICE_FWID_new();

	if (tcb == NULL || fwid == NULL)
		return NULL;
	if (vendor != NULL && ((tcb->vendor = ASN1_UTF8STRING_new()) == NULL ||
				  !ASN1_STRING_set(tcb->vendor, vendor, -1)))
		return NULL;
	if (svn >= 0 && ((tcb->svn = ASN1_INTEGER_new()) == NULL ||
			    !ASN1_INTEGER_set(tcb->svn, svn)))
		return NULL;
	fwid->algorithm = OBJ_nid2obj(NID_sha256);
	if (!ASN1_OCTET_STRING_set(fwid->digest, digest, 32) ||
	    (tcb->fwids = sk_DICE_FWID_new_null()) == NULL ||
	    sk_DICE_FWID_push(tcb->fwids, fwid) <= 0)
		return NULL;
	fwid = NULL;
	return TAKE(tcb);
}

static bool
tcbs_push(DICE_MULTI_TCB_INFO *tcbs, DICE_TCB_INFO *new)
{
	DICE_TCB_INFO *tcb CLEANUP(cleanup_tcb) = new;

	if (tcb == NULL || sk_DICE_TCB_INFO_push(tcbs, tcb) <= 0)
		return false;
	tcb = NULL;
	return true;
}

X509_EXTENSION *
profile_tcb_extension(const struct ca_leaf *leaf)
{
	DICE_MULTI_TCB_INFO *tcbs CLEANUP(cleanup_tcbs) =
	    DICE_MULTI_TCB_INFO_new();

	if (tcbs == NULL ||
	    !tcbs_push(tcbs, tcb_new(NULL, leaf->isv_svn, leaf->mrenclave)) ||
	    !tcbs_push(tcbs, tcb_new(MRSIGNER_VENDOR, -1, leaf->mrsigner)))
		return NULL;
	return extension_of_item(
	    OID_MULTI_TCB_INFO, tcbs, ASN1_ITEM_rptr(DICE_MULTI_TCB_INFO));
}

/* --- reading --- */

static bool
small_integer(const ASN1_INTEGER *a, uint64_t most, uint64_t *out)
{
	return ASN1_INTEGER_get_uint64(out, a) && *out <= most;
}

static bool
small_enumerated(const ASN1_ENUMERATED *a, int64_t most, int64_t *out)
{
	return ASN1_ENUMERATED_get_int64(out, a) && *out >= 0 && *out <= most;
}

static bool
digest_of(uint8_t out[static 32], const ASN1_OCTET_STRING *s)
{
	if (ASN1_STRING_length(s) != 32)
		return false;
	memcpy(out, ASN1_STRING_get0_data(s), 32);
	return true;
}

static bool
tees_of(struct profile_scope *out, const STACK_OF(ASN1_INTEGER) * tees)
{
	int n = sk_ASN1_INTEGER_num(tees);

	if (n < 1 || n > PROFILE_TEES_MAX)
		return false;
	for (int i = 0; i < n; i++) {
		uint64_t tee;

		if (!small_integer(
			sk_ASN1_INTEGER_value(tees, i), UINT8_MAX, &tee) ||
		    memchr(out->tee, (int)tee, out->tees) != NULL)
			return false;
		out->tee[out->tees++] = (uint8_t)tee;
	}
	return true;
}

static bool
scope_decode(struct profile_scope *out, struct bytes der)
{
	const uint8_t *p = der.p;
	uint64_t version;
	int64_t binding, assurance;
	struct profile_scope scope = {.tees = 0};

	if (der.n > CA_CERTIFICATE_MAX)
		return false;
	DELEGATION_SCOPE *s CLEANUP(cleanup_scope) =
	    d2i_DELEGATION_SCOPE(NULL, &p, (long)der.n);
	if (s == NULL ||
	    !encodes_to(s, ASN1_ITEM_rptr(DELEGATION_SCOPE), der) ||
	    !small_integer(s->version, 0, &version) ||
	    !small_enumerated(s->binding, CA_EVIDENCE, &binding) ||
	    !small_enumerated(s->assurance, CA_SIMULATED, &assurance) ||
	    !tees_of(&scope, s->tee_types) ||
	    !digest_of(scope.evidence_digest, s->evidence_digest) ||
	    !digest_of(scope.policy_digest, s->policy_digest))
		return false;
	scope.binding = (enum ca_binding)binding;
	scope.assurance = (enum ca_assurance)assurance;
	*out = scope;
	return true;
}

/* One TcbInfo of ours: exactly one FWID, nothing beyond vendor and svn. */
static bool
tcb_digest(uint8_t out[static 32], const DICE_TCB_INFO *t)
{
	if (t->model != NULL || t->version != NULL || t->layer != NULL ||
	    t->index != NULL || t->flags != NULL || t->vendor_info != NULL ||
	    t->type != NULL || sk_DICE_FWID_num(t->fwids) != 1)
		return false;
	const DICE_FWID *fwid = sk_DICE_FWID_value(t->fwids, 0);
	return OBJ_obj2nid(fwid->algorithm) == NID_sha256 &&
	       digest_of(out, fwid->digest);
}

static bool
is_text(const ASN1_STRING *s, const char *text)
{
	return bytes_equal((struct bytes){ASN1_STRING_get0_data(s),
			       (size_t)ASN1_STRING_length(s)},
	    (struct bytes){(const uint8_t *)text, strlen(text)});
}

static bool
tcb_decode(struct profile_tcb *out, struct bytes der)
{
	const uint8_t *p = der.p;
	struct profile_tcb tcb;
	uint64_t svn;

	if (der.n > CA_CERTIFICATE_MAX)
		return false;
	DICE_MULTI_TCB_INFO *tcbs CLEANUP(cleanup_tcbs) =
	    d2i_DICE_MULTI_TCB_INFO(NULL, &p, (long)der.n);
	if (tcbs == NULL || sk_DICE_TCB_INFO_num(tcbs) != 2 ||
	    !encodes_to(tcbs, ASN1_ITEM_rptr(DICE_MULTI_TCB_INFO), der))
		return false;
	const DICE_TCB_INFO *enclave = sk_DICE_TCB_INFO_value(tcbs, 0);
	const DICE_TCB_INFO *signer = sk_DICE_TCB_INFO_value(tcbs, 1);
	if (enclave->vendor != NULL || enclave->svn == NULL ||
	    !small_integer(enclave->svn, UINT16_MAX, &svn) ||
	    !tcb_digest(tcb.mrenclave, enclave) || signer->svn != NULL ||
	    signer->vendor == NULL ||
	    !is_text(signer->vendor, MRSIGNER_VENDOR) ||
	    !tcb_digest(tcb.mrsigner, signer))
		return false;
	tcb.isv_svn = (uint16_t)svn;
	*out = tcb;
	return true;
}

bool
profile_scope_decode(struct profile_scope *out, struct bytes der)
{
	ERR_set_mark();
	bool ok = scope_decode(out, der);
	ERR_pop_to_mark();
	return ok;
}

bool
profile_tcb_decode(struct profile_tcb *out, struct bytes der)
{
	ERR_set_mark();
	bool ok = tcb_decode(out, der);
	ERR_pop_to_mark();
	return ok;
}

/* The value of the one extension with that OID; false where there is none or
 * more than one, or where it is critical. */
static bool
extension_value(const X509 *x, enum oid oid, struct bytes *out)
{
	const ASN1_OBJECT *object = oid_object(oid);
	int at = object == NULL ? -1 : X509_get_ext_by_OBJ(x, object, -1);

	if (at < 0 || X509_get_ext_by_OBJ(x, object, at) >= 0)
		return false;
	X509_EXTENSION *e = X509_get_ext(x, at);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(e);
	*out = (struct bytes){
	    ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
	return X509_EXTENSION_get_critical(e) == 0;
}

/* X509_get_ext_d2i() yields nothing for an extension that is there twice. */
static bool
has_purpose(const X509 *x)
{
	EXTENDED_KEY_USAGE *list CLEANUP(cleanup_purposes) =
	    X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);

	return list != NULL && sk_ASN1_OBJECT_num(list) == 1 &&
	       oid_object(OID_EKU_RESULTS) != NULL &&
	       OBJ_cmp(sk_ASN1_OBJECT_value(list, 0),
		   oid_object(OID_EKU_RESULTS)) == 0;
}

static bool
policy_assurance(const X509 *x, enum ca_assurance *out)
{
	CERTIFICATEPOLICIES *list CLEANUP(cleanup_policies) =
	    X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);

	if (list == NULL || sk_POLICYINFO_num(list) != 1)
		return false;
	const ASN1_OBJECT *policy = sk_POLICYINFO_value(list, 0)->policyid;
	for (int i = CA_HARDWARE; i <= CA_SIMULATED; i++) {
		const ASN1_OBJECT *ours =
		    oid_object((enum oid)(OID_POLICY_HARDWARE + i));

		if (ours != NULL && OBJ_cmp(policy, ours) == 0) {
			*out = (enum ca_assurance)i;
			return true;
		}
	}
	return false;
}

static int
read_purpose(X509 *x, struct dci_failure *f)
{
	uint32_t flags = X509_get_extension_flags(x);

	if ((flags & EXFLAG_INVALID) != 0 ||
	    X509_get_version(x) != X509_VERSION_3)
		return dci_fail(f, DCI_DELEGATION_MALFORMED,
		    "The certificate is not of version 3, or one of its "
		    "extensions cannot be read or is there twice.");
	if ((flags & (EXFLAG_BCONS | EXFLAG_CA)) != 0)
		return dci_fail(f, DCI_DELEGATION_PURPOSE,
		    "The certificate has basicConstraints, as a CA's has; a "
		    "delegation certificate has none.");
	if ((flags & EXFLAG_KUSAGE) == 0 ||
	    X509_get_key_usage(x) != KU_DIGITAL_SIGNATURE)
		return dci_fail(f, DCI_DELEGATION_PURPOSE,
		    "The certificate's key usage is not digitalSignature "
		    "alone.");
	if (!has_purpose(x))
		return dci_fail(f, DCI_DELEGATION_PURPOSE,
		    "The certificate's extended key usage is "
		    "not " OID_TEXT_EKU_RESULTS
		    " (sign attestation results) alone.");
	return 0;
}

static int
read_claims(const X509 *x, struct profile_leaf *out, struct dci_failure *f)
{
	struct bytes scope, tcb;

	if (!extension_value(x, OID_SCOPE, &scope) ||
	    !scope_decode(&out->scope, scope))
		return dci_fail(f, DCI_DELEGATION_MALFORMED,
		    "The certificate has no DelegationScope of version 0 "
		    "(" OID_TEXT_SCOPE "), once, readable and not critical.");
	if (!extension_value(x, OID_MULTI_TCB_INFO, &tcb) ||
	    !tcb_decode(&out->tcb, tcb))
		return dci_fail(f, DCI_DELEGATION_MALFORMED,
		    "The certificate has no MultiTcbInfo "
		    "(" OID_TEXT_MULTI_TCB_INFO ") with MRENCLAVE, ISVSVN and "
		    "MRSIGNER, once, readable and not critical.");
	return 0;
}

static int
read_leaf(X509 *x, struct profile_leaf *out, struct dci_failure *f)
{
	struct profile_leaf leaf;
	enum ca_assurance assurance;

	if (read_purpose(x, f) != 0 || read_claims(x, &leaf, f) != 0)
		return -1;
	if (!policy_assurance(x, &assurance))
		return dci_fail(f, DCI_DELEGATION_MALFORMED,
		    "The certificate's policies are not exactly one of the "
		    "three that state an assurance.");
	if (assurance != leaf.scope.assurance)
		return dci_fail(f, DCI_DELEGATION_ASSURANCE,
		    "The certificate's policy states the assurance %s, its "
		    "scope %s.",
		    ca_assurance_name(assurance),
		    ca_assurance_name(leaf.scope.assurance));
	*out = leaf;
	return 0;
}

int
profile_read(X509 *x, struct profile_leaf *out, struct dci_failure *f)
{
	ERR_set_mark();
	int result = read_leaf(x, out, f);
	ERR_pop_to_mark();
	return result;
}
