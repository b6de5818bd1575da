/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two extensions of a delegation certificate that say what was attested
 * (PROTOCOL.md, "Certificates"): their ASN.1 templates, their encoding for
 * the issuer, and their reading for relying parties and for `dci inspect`.
 */
#ifndef CA_PROFILE_H
#define CA_PROFILE_H

#include <openssl/asn1.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "ca/ca.h"
#include "ca/oid.h"

/* DelegationScope as it stands in the certificate. */
typedef struct {
	ASN1_INTEGER *version;
	ASN1_ENUMERATED *binding;
	ASN1_ENUMERATED *assurance;
	STACK_OF(ASN1_INTEGER) * tee_types;
	ASN1_OCTET_STRING *evidence_digest;
	ASN1_OCTET_STRING *policy_digest;
} DELEGATION_SCOPE;
DECLARE_ASN1_FUNCTIONS(DELEGATION_SCOPE)

/* FWID and DiceTcbInfo of the TCG DICE Attestation Architecture, 6.1.1. */
typedef struct {
	ASN1_OBJECT *algorithm;
	ASN1_OCTET_STRING *digest;
} DICE_FWID;
DEFINE_STACK_OF(DICE_FWID)
DECLARE_ASN1_FUNCTIONS(DICE_FWID)

typedef struct {
	ASN1_UTF8STRING *vendor, *model, *version;
	ASN1_INTEGER *svn, *layer, *index;
	STACK_OF(DICE_FWID) * fwids;
	ASN1_BIT_STRING *flags;
	ASN1_OCTET_STRING *vendor_info, *type;
} DICE_TCB_INFO;
DEFINE_STACK_OF(DICE_TCB_INFO)
DECLARE_ASN1_FUNCTIONS(DICE_TCB_INFO)

typedef STACK_OF(DICE_TCB_INFO) DICE_MULTI_TCB_INFO;
DECLARE_ASN1_FUNCTIONS(DICE_MULTI_TCB_INFO)

/* DelegationScope, plain.  Version 0 names at least one TEE type. */
#define PROFILE_TEES_MAX 8

struct profile_scope {
	enum ca_binding binding;
	enum ca_assurance assurance;
	size_t tees;
	uint8_t tee[PROFILE_TEES_MAX]; /* 0 SGX, 129 TDX */
	uint8_t evidence_digest[32], policy_digest[32];
};

/* What MultiTcbInfo says. */
struct profile_tcb {
	uint16_t isv_svn;
	uint8_t mrenclave[32], mrsigner[32];
};

struct profile_leaf {
	struct profile_scope scope;
	struct profile_tcb tcb;
};

/* The extensions of what is to be issued; NULL when memory is short or a
 * value does not fit.  Owned by the caller. */
X509_EXTENSION *profile_scope_extension(const struct ca_leaf *) MUST_CHECK;
X509_EXTENSION *profile_tcb_extension(const struct ca_leaf *) MUST_CHECK;

/* From an extension's value.  They take the DER encodings that the profile
 * allows and no others: nothing left over, nothing unknown, no other
 * version. */
bool profile_scope_decode(struct profile_scope *, struct bytes der) MUST_CHECK;
bool profile_tcb_decode(struct profile_tcb *, struct bytes der) MUST_CHECK;

/*
 * Everything that the profile says about a certificate by itself: version 3,
 * no CA, key usage, purpose, policy, both extensions, once each; policy and
 * scope state the same assurance.  Not: signature, chain, validity.  Returns
 * 0, or -1 with delegation-malformed, delegation-purpose or
 * delegation-assurance.
 */
int profile_read(
    X509 *, struct profile_leaf *out, struct dci_failure *f) MUST_CHECK;

#endif
