/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps collateral fresh: platforms that are wanted, their documents fetched,
 * verified, merged, stored, and fetched again ahead of their end.  The issuer's
 * collector process and the Proxy Verifier have one each, on their event
 * loops; nothing here blocks but the store's fsync.
 *
 * Rules.  A document is taken only if it verifies up to the anchor and is the
 * one that was asked for.  It never replaces a newer one (merge.h).  The old
 * one stays in use while a new one cannot be had, until it expires; after that
 * it is still handed out, for the verification to say so.  One fetch is in
 * flight for each document, whoever waits for it.  A new document is stored
 * before it is used, if its platform has proven itself and there is a source
 * (else the files are all there is, and stay as they are); if that fails, this
 * is logged, tried again with the next change, and it is used all the same: a
 * full disk must not make collateral expire.
 *
 * Documents that cannot be had because of the source are one line in the log
 * for each reason, and are tried again together.
 *
 * Events in the log: collateral-fetched, -imported, -refused, -rollback,
 * -fetch-failed, -expires, -expired, -revoked, -early-differs, -not-stored,
 * -platform-removed.
 */
#ifndef COLLATERAL_KEEPER_H
#define COLLATERAL_KEEPER_H

#include <event2/event.h>

#include "collateral/source.h"
#include "dci/verify.h"

struct keeper;
struct fetcher;

struct keeper_config {
	/* Kind SOURCE_NONE: only what the folder has.  Copied. */
	const struct collateral_source *source;
	/* Of that source, made before the process locked itself in, and taken
	 * over; NULL: made here. */
	struct fetcher *fetcher;
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
	/* Seconds since the epoch; gets the arg of keeper_new().  NULL: the
	 * system's clock. */
	int64_t (*clock)(void *arg);
};

/* Seconds that a fetch may take if somebody waits for it, or if not. */
#define KEEPER_WANTED_SECONDS  15
#define KEEPER_REFRESH_SECONDS 60
/* Requests in flight that nobody waits for: fewer than FETCH_AT_ONCE, so that a
 * source that does not answer these leaves room for what somebody waits for. */
#define KEEPER_REQUESTS 4
/* Seconds in which a platform that could not be had is not asked for again:
 * because the source does not know it, or for another reason. */
#define KEEPER_UNKNOWN_SECONDS 600
#define KEEPER_PAUSE_SECONDS   30
/* Where there is no room for a new platform, the one that nobody has wanted
 * for the longest time makes room, if that is at least so many seconds. */
#define KEEPER_IDLE_SECONDS (7 * 86400)
/* A platform is asked for because of a PCK chain, which is public.  Until a
 * genuine quote of it was seen (keeper_used()) it is not stored; it makes room
 * after so many seconds, since whoever waited for it was judged long before. */
#define KEEPER_UNPROVEN_SECONDS 60
/* It is forgotten after so many. */
#define KEEPER_FORGET_SECONDS 3600

struct keeper_events {
	/* Some platform's collateral, or its early documents, is new or was
	 * replaced; called from the event loop, once for what changed
	 * together. */
	void (*changed)(void *arg);
	/* A platform that keeper_want() named cannot be had now: too-many-
	 * platforms, too-many-new-platforms, collateral-unavailable (the
	 * network is not asked), or what went wrong with one of its
	 * documents. */
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

/* A quote of a platform that is there was verified as genuine: it has proven
 * itself, and counts as wanted now.  Once a day for each is enough, and once
 * for each that keeper_want() brought.  What the folder has counts as
 * proven. */
void keeper_used(struct keeper *, const struct dci_platform_id *);

/* Fetches everything again now (SIGUSR1), whatever failed before. */
void keeper_refresh(struct keeper *);

/* Reads the folder again (SIGHUP): what was imported is taken in, and a
 * platform whose file was removed is forgotten. */
void keeper_reread(struct keeper *);

/* Looks at the clock and begins what is due.  The keeper does that by itself,
 * at least once a minute; for clocks that jump. */
void keeper_run(struct keeper *);

/* What is in use, in the order of the store's names: i below keeper_count().
 * Valid until the loop runs again. */
size_t keeper_count(const struct keeper *);
struct dci_collateral keeper_get(
    const struct keeper *, size_t i, struct dci_platform_id *);
/* What comes with the next TCB recovery for the same platform; false if that is
 * not known. */
bool keeper_get_early(
    const struct keeper *, size_t i, struct dci_collateral *) MUST_CHECK;

#endif
