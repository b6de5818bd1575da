/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A chain of certificates up to the anchor (spec: sections 3.4 and 14).  The
 * steps are separate because each has its own code: parse, check (order and
 * roles), root, signatures.
 */
#ifndef DCAP_CHAIN_H
#define DCAP_CHAIN_H

#include "dci/verify.h"
#include "dcap/profile.h"

#define CHAIN_MAX 3

/* After chain_check(): the end of the chain first, the root last.  Release
 * with chain_free(). */
struct chain {
	size_t n;
	struct cert cert[CHAIN_MAX];
	uint8_t *der[CHAIN_MAX]; /* owned, in the order of the text */
};

/* Certificates whose signatures have been verified up to the anchor. */
struct trusted {
	struct bytes der;
	EVP_PKEY *key;
};

#define TRUSTED_MAX 8

/* The anchor and what is known to lead to it.  Borrows everything. */
struct trust {
	const struct dci_anchor *anchor;
	EVP_PKEY *anchor_key;
	size_t n;
	struct trusted item[TRUSTED_MAX];
};

/* Splits PEM text into exactly n certificates (at most CHAIN_MAX).
 * Returns 0, or -1 with *f (certificate-malformed, out-of-memory); free the
 * chain in both cases.  The text need not stay. */
int chain_parse(struct chain *, struct bytes pem, size_t n,
    struct dci_failure *f) MUST_CHECK;
void chain_free(struct chain *);

/* Puts the certificates into order, by issuer and subject as DER, and checks
 * each in its role.  roles: n of them, the end of the chain first.
 * Returns 0, or -1 with *f (certificate-malformed). */
int chain_check(
    struct chain *, const enum role *roles, struct dci_failure *f) MUST_CHECK;

/* Whether the root carries the anchor's key. */
bool chain_anchored(const struct chain *, const struct trust *) MUST_CHECK;

/* Verifies every signature, the root's own included, except those of
 * certificates that are trusted already, byte for byte.  On success *key is
 * the key of the end of the chain; free it with EVP_PKEY_free().
 * Returns 0, or -1 with *f (certificate-malformed, out-of-memory). */
int chain_verify(const struct chain *, const struct trust *, EVP_PKEY **key,
    struct dci_failure *f) MUST_CHECK;

/* The P-256 key of a certificate; NULL if it is not one.  Watches memory
 * (base/memory.h). */
EVP_PKEY *cert_key(const struct cert *) MUST_CHECK;

#endif
