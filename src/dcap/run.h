/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One verification on its way.  The steps below return 0 to go on or -1 to
 * stop, having reported the reason to run_refuse().
 */
#ifndef DCAP_RUN_H
#define DCAP_RUN_H

#include "dcap/cache.h"

struct run {
	struct dci_verification *out;
	const struct dci_snapshot *snapshot;
	int64_t now;
	struct dci_tolerance tolerance;
	struct dci_cache *cache; /* or NULL */
	/* The PCK chain: the known platform's, or our own; where its checks
	 * begin in the record; and its name. */
	const struct pck_chain *pck;
	struct platform *known;
	struct pck_chain own;
	size_t pck_checks;
	uint8_t text[SHA256_SIZE];
	/* For the quote's signature: the known platform's, or our own. */
	EVP_PKEY_CTX *attester, *own_attester;
	bool expired; /* beyond the tolerance; out->failure says what */
	/* Of the newest failure, before it is decided what it means. */
	struct dci_failure f;
};

/*
 * Settles what r->f means: a revocation outranks an expiry that was found
 * before it, and so does memory that was too short to look for one; other
 * failures leave the expiry as the reason.  Returns -1.
 */
int run_refuse(struct run *r);
/* Notes r->f as an expiry; verification goes on.  Returns 0. */
int run_expired(struct run *r);

/* Which dates are compared with the clock, and under which names. */
struct validity {
	enum dci_check_id check;
	enum dci_code expired, not_yet_valid;
};

/* The certificates of a chain, the root first. */
int run_chain_dates(struct run *r, const struct validity *,
    const struct chain *, const enum role *roles) MUST_CHECK;
/* A document or a list. */
int run_document_dates(struct run *r, const struct validity *, const char *what,
    struct dci_dates) MUST_CHECK;

/* Once everything has passed: what is new about the platform is kept. */
void run_keep(struct run *r);

/* Step D: the quote itself, with the PCK chain and the collateral verified. */
int run_quote(struct run *r) MUST_CHECK;

#endif
