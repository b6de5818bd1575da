/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state folder: STATEDIR/ca (root and issuing CA), STATEDIR/ledger,
 * STATEDIR/collateral (what was fetched), a lock against a second instance, and
 * the stamp that ties all of it to one root of attestation trust.
 */
#ifndef ISSUER_STATE_H
#define ISSUER_STATE_H

#include "dci/verify.h"
#include "issuer/config.h"

struct state {
	int lock;     /* held as long as it is open */
	bool created; /* the CA was made just now */
	uint8_t root_fingerprint[32];
	struct dci_anchor anchor;
	bool simulated;
};

/*
 * Prepares everything that a start needs and checks what it will read: folder,
 * lock, stamp, CA (made at the first start, in a process of its own, so that
 * the keys never were in this one), TLS identity, wrap_key.
 * Returns 0, or -1 with *f.
 */
int state_prepare(struct state *, const struct issuer_config *,
    struct dci_failure *f) MUST_CHECK;

/* Reads the root of attestation trust: a simulator's, or Intel's. */
int state_anchor(struct dci_anchor *, const struct issuer_config *,
    struct dci_failure *f) MUST_CHECK;

/* Whether the TLS certificate and its key are there and belong together.
 * Returns 0, or -1 with *f (tls-identity). */
int state_check_tls(
    const struct issuer_config *, struct dci_failure *f) MUST_CHECK;

/* Whether that open file (-1: errno says why not) may be the wrap_key: its
 * kind, owner, mode and size.  The path is for the sentence.  Returns 0 or -1.
 */
int state_check_wrap_key(
    int fd, const char *path, struct dci_failure *f) MUST_CHECK;

/* STATEDIR/name, in a static buffer; aborts if it is too long. */
const char *state_path(const struct issuer_config *, const char *name);

#endif
