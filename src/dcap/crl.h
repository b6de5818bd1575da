/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A certificate revocation list (RFC 5280, section 5) of the only kind that
 * Intel issues: version 2, complete, direct, with crlNumber and
 * authorityKeyIdentifier.
 */
#ifndef DCAP_CRL_H
#define DCAP_CRL_H

#include "dcap/cert.h"

/* Release with crl_free(). */
struct crl {
	uint8_t *der; /* owned; the rest points into it */
	struct bytes tbs, issuer, algorithm, signature;
	int64_t this_update, next_update;
	struct bytes number; /* crlNumber, without leading zeros */
	size_t n;
	struct bytes *serial; /* owned; n of them, sorted */
};

/*
 * Parses a list in DER, in PEM or in hex digits, which is found out by looking
 * at it (PCCS servers send all three).  Refuses deltas, indirect and
 * partitioned lists, and critical extensions that are unknown here.
 * Returns 0, or -1 with *f (crl-malformed, out-of-memory); free the list in
 * both cases.  The data need not stay.
 */
int crl_parse(
    struct crl *, struct bytes data, struct dci_failure *f) MUST_CHECK;
void crl_free(struct crl *);

/* Whether the list was signed by that P-256 key, with SHA-256.  Watches memory
 * (base/memory.h). */
bool crl_signed_by(const struct crl *, EVP_PKEY *) MUST_CHECK;

/* Whether the list names the certificate.  Only meaningful if the list's
 * issuer is the certificate's. */
bool crl_revokes(const struct crl *, const struct cert *) MUST_CHECK;

#endif
