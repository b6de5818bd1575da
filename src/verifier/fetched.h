/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral that is fetched: what the keeper has, as snapshots.  Each is
 * verified when it is new, one in a turn of the event loop, so that requests
 * go on in between.
 */
#ifndef VERIFIER_FETCHED_H
#define VERIFIER_FETCHED_H

#include <event2/event.h>

#include "dci/verify.h"
#include "verifier/config.h"

struct fetched;

struct fetched_events {
	/* There is a new snapshot of that platform. */
	void (*ready)(void *arg, const struct dci_platform_id *);
	/* The platform that was wanted cannot be had now. */
	void (*missing)(void *arg, const struct dci_platform_id *,
	    const struct dci_failure *);
};

/* The configured source has to be one.  What the folder has is verified at
 * once.  Before the process locks itself in.  NULL with *f. */
struct fetched *fetched_new(struct event_base *, const struct verifier_config *,
    const struct dci_anchor *, const struct fetched_events *, void *arg,
    struct dci_failure *f) MUST_CHECK;
void fetched_free(struct fetched *); /* NULL is fine */

/* The snapshot of that platform, or NULL; *good tells whether nothing is
 * wrong with it.  Valid until the loop runs again. */
const struct dci_snapshot *fetched_find(
    struct fetched *, const struct dci_platform_id *, bool *good);
/* A quote of that platform was verified as genuine. */
void fetched_used(
    struct fetched *, const struct dci_platform_id *, int64_t now);

/* Asks for a platform, whose quote's PCK chain is genuine; the answer is ready
 * or missing, later. */
void fetched_want(struct fetched *, const struct dci_platform_id *);

/* Fetches everything again; reads the folder again. */
void fetched_refresh(struct fetched *);
void fetched_reread(struct fetched *);

/* How many platforms there are, and how many of them without anything
 * wrong. */
size_t fetched_count(const struct fetched *, size_t *good);

#endif
