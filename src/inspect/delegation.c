/* SPDX-License-Identifier: BSD-3-Clause */
/* What a delegation certificate delegates, to whom and on what evidence. */
#include <string.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/profile.h"
#include "inspect/show.h"

CLEANUP_TYPE(cleanup_policies, CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)

static bool
extension_value(X509 *x, enum oid oid, struct bytes *out)
{
	const ASN1_OBJECT *object = oid_object(oid);
	int at = object == NULL ? -1 : X509_get_ext_by_OBJ(x, object, -1);

	if (at < 0)
		return false;
	const ASN1_OCTET_STRING *value =
	    X509_EXTENSION_get_data(X509_get_ext(x, at));
	*out = (struct bytes){
	    ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
	return true;
}

static void
tees_show(struct view *v, const struct profile_scope *scope)
{
	const char *names[PROFILE_TEES_MAX];

	for (size_t i = 0; i < scope->tees; i++)
		names[i] = scope->tee[i] == 0      ? "SGX"
			   : scope->tee[i] == 0x81 ? "TDX"
						   : "unknown";
	view_words(v, "tee_types", names, scope->tees);
}

static void
tcb_show(struct view *v, X509 *x)
{
	struct profile_tcb tcb;
	struct bytes der;

	view_object(v, "enclave");
	if (extension_value(x, OID_MULTI_TCB_INFO, &der) &&
	    profile_tcb_decode(&tcb, der)) {
		view_hex(v, "mrenclave", tcb.mrenclave, sizeof(tcb.mrenclave));
		view_hex(v, "mrsigner", tcb.mrsigner, sizeof(tcb.mrsigner));
		view_number(v, "isv_svn", tcb.isv_svn);
	} else {
		view_text(v, "malformed", "no MultiTcbInfo of ours");
	}
	view_object_end(v);
}

/* The assurance that the certificate's policy states; NULL: none. */
static const char *
policy_assurance(X509 *x)
{
	CERTIFICATEPOLICIES *list CLEANUP(cleanup_policies) =
	    X509_get_ext_d2i(x, NID_certificate_policies, NULL, NULL);

	ERR_clear_error();
	if (list == NULL || sk_POLICYINFO_num(list) != 1)
		return NULL;
	const ASN1_OBJECT *policy = sk_POLICYINFO_value(list, 0)->policyid;
	for (int i = CA_HARDWARE; i <= CA_SIMULATED; i++) {
		const ASN1_OBJECT *ours =
		    oid_object((enum oid)(OID_POLICY_HARDWARE + i));

		if (ours != NULL && OBJ_cmp(policy, ours) == 0)
			return ca_assurance_name((enum ca_assurance)i);
	}
	return NULL;
}

static void
scope_show(struct view *v, X509 *x)
{
	const char *policy = policy_assurance(x);
	struct profile_scope scope;
	struct bytes der;

	view_text(v, "policy_assurance", policy != NULL ? policy : "none");
	if (!extension_value(x, OID_SCOPE, &der) ||
	    !profile_scope_decode(&scope, der)) {
		view_text(v, "malformed", "no DelegationScope of version 0");
		return;
	}
	const char *stated = ca_assurance_name(scope.assurance);
	view_text(v, "assurance", stated);
	view_bool(v, "policy_and_assurance_agree",
	    policy != NULL && strcmp(policy, stated) == 0);
	view_text(v, "binding", ca_binding_name(scope.binding));
	tees_show(v, &scope);
	view_hex(v, "evidence_digest", scope.evidence_digest,
	    sizeof(scope.evidence_digest));
	view_hex(v, "policy_digest", scope.policy_digest,
	    sizeof(scope.policy_digest));
}

void
delegation_show(struct view *v, X509 *x)
{
	struct profile_leaf leaf;
	struct dci_failure f;

	view_object(v, "delegation");
	if (profile_read(x, &leaf, &f) != 0)
		view_failure(v, "refused", &f);
	else
		view_text(v, "delegates",
		    "signing results of attestation, to this enclave's key");
	tcb_show(v, x);
	scope_show(v, x);
	view_object_end(v);
}
