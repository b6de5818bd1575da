/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps collateral fresh: platforms that are wanted, their documents fetched,
 * verified, merged, stored, and fetched again ahead of their end.  The issuer's
 * collector process and the Proxy Verifier have one each, on their event
 * loops; nothing here blocks but the store's fsync.
 *
 * Rules.  A document is taken only if, within the set of its platform, it
 * verifies up to the anchor and is for that platform.  It never replaces a
 * newer one (issueDate, tcbEvaluationDataNumber, CRL number).  The old one
 * stays in use while a new one cannot be had, until it expires.  One fetch is
 * in flight for each document, whoever waits for it.
 */
#ifndef COLLATERAL_KEEPER_H
#define COLLATERAL_KEEPER_H

#include <event2/event.h>

#include "collateral/source.h"
#include "dci/verify.h"

struct keeper;

struct keeper_config {
	/* Kind SOURCE_NONE: only what the folder has.  Copied. */
	const struct collateral_source *source;
	struct dci_anchor anchor;
	int folder; /* a descriptor of the store; -1: in memory only */
	/* Fetched again that many seconds after it came, or when half of what
	 * was left of its validity has passed, whatever is first, with jitter;
	 * after a failure with growing pauses. */
	int64_t refresh;
	/* Also keeps the documents of the next TCB recovery (update=early) of
	 * each platform, for forecasts.  Their absence is no failure. */
	bool early;
	/* A document that ends within so many seconds is warned of. */
	int64_t warn;
	size_t platforms_max; /* so many at once, STORE_PLATFORMS at most */
	unsigned platforms_per_minute; /* so many new ones */
};

struct keeper_events {
	/* Some platform's collateral is new or was replaced; called from the
	 * event loop, once for what changed together. */
	void (*changed)(void *arg);
	/* A platform that keeper_want() named cannot be had now. */
	void (*missing)(void *arg, const struct dci_platform_id *,
	    const struct dci_failure *);
};

/* Reads the folder; what is in it is there at once (without a call of
 * changed), and refreshed as soon as the loop runs.  NULL with *f. */
struct keeper *keeper_new(struct event_base *, const struct keeper_config *,
    const struct keeper_events *, void *arg, struct dci_failure *f) MUST_CHECK;
void keeper_free(struct keeper *); /* NULL is fine */

/*
 * A quote of that platform was seen, its PCK chain genuine, and there is no
 * collateral for it.  The answer is changed or missing, later, never from
 * within.  Who asks again while a fetch is in flight shares it; a platform that
 * could not be had is not asked for again for a while, and missing tells the
 * reason again.
 */
void keeper_want(struct keeper *, const struct dci_platform_id *);

/* Fetches everything again now (SIGUSR1). */
void keeper_refresh(struct keeper *);

/* Reads the folder again (SIGHUP): what was imported is taken in. */
void keeper_reread(struct keeper *);

/* What is in use, in the order of the store's names: i below keeper_count().
 * Valid until the loop runs again. */
size_t keeper_count(const struct keeper *);
struct dci_collateral keeper_get(
    const struct keeper *, size_t i, struct dci_platform_id *);

#endif
