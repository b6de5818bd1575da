/* SPDX-License-Identifier: BSD-3-Clause */
/* The certificates of a result: the delegation certificate, what came with
 * it, and the one root that is trusted. */
#ifndef RESULT_CREDENTIAL_H
#define RESULT_CREDENTIAL_H

#include <openssl/x509.h>

#include "base/ecdsa.h"
#include "dci/result.h"

/* Delegation certificate, issuing CA, root, and one to spare. */
#define CREDENTIAL_MAX 4

struct credential {
	X509 *root;
	size_t n;
	X509 *given[CREDENTIAL_MAX]; /* [0] is the delegation certificate */
	/* Once verified: */
	struct ec_point key; /* its key */
	bool policy_allowed; /* its policy is one that its CA may state */
};

void credential_free(struct credential *);

/* Sets ->root: exactly one certificate in PEM, signed with its own key. */
bool credential_set_root(struct credential *, struct bytes pem) MUST_CHECK;
/* Adds the certificate(s); false if there is none, if anything else is there,
 * or if there are too many. */
bool credential_add_der(struct credential *, struct bytes der) MUST_CHECK;
bool credential_add_pem(struct credential *, struct bytes pem) MUST_CHECK;

/*
 * RFC 5280, section 6, by OpenSSL: from given[0] to the root, which is the
 * only anchor, with at most one CA between them, at the time given.  Whatever
 * else was given is not trusted.  The leaf's key has to be P-256 or P-384.
 * Policies as with initial-explicit-policy and initial-policy-mapping-inhibit
 * (6.1.1); what comes of them is for credential_delegation() to say, since a
 * certificate of another kind may have none.
 * Returns 0 or -1 with *f, and its check.
 */
int credential_verify(struct credential *, int64_t now, struct dci_checks *,
    struct dci_failure *f) MUST_CHECK;

/* What the delegation certificate says: purpose (profile_read()), scope,
 * names, validity; and whether its CA may say so.  Only after
 * credential_verify().  Returns 0 or -1 with *f, and its check. */
int credential_delegation(const struct credential *, struct dci_delegation *,
    struct dci_checks *, struct dci_failure *f) MUST_CHECK;

#endif
