/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the keeper share. */
#ifndef COLLATERAL_KEEPER_IMPL_H
#define COLLATERAL_KEEPER_IMPL_H

#include "collateral/keeper.h"
#include "collateral/kept.h"
#include "collateral/schedule.h"

/* Platforms that could not be had, at most. */
#define KEEPER_MISSES 128

/* A document that is asked for again and again. */
struct task {
	struct fetch_name name;
	struct schedule schedule;
	bool asked;     /* in flight */
	bool again;     /* to be asked for anew when that has come */
	bool wanted;    /* somebody waits for it */
	int64_t warned; /* when its end was last warned of */
	bool ended;     /* its end was reported */
	bool failed;    /* in an outage, since it last succeeded */
};

/* Documents that could not be had for one reason, which lies in the source. */
struct outage {
	struct fetch_name first;
	struct dci_failure why; /* of the first */
	int64_t documents;
	int64_t since;
	int64_t in_use_until; /* the earliest; 0: nothing is in use */
};
#define KEEPER_OUTAGES 4 /* reasons at once */

#define UPDATES 2 /* kinds: enum source_update */

struct platform {
	struct dci_platform_id id;
	int64_t since;  /* when it was first wanted */
	int64_t wanted; /* when it was last wanted */
	bool waiting;   /* somebody waits for it */
	bool proven;    /* a genuine quote, or the operator, named it */
	struct set used[UPDATES], stored[UPDATES];
	uint32_t early_tcb,
	    early_qe; /* evaluation numbers that were compared */
};

/* A platform that could not be had. */
struct miss {
	struct dci_platform_id id;
	int64_t until; /* not asked for again before */
	bool tell;     /* the reason is still to be told */
	struct dci_failure why;
};

struct keeper {
	struct keeper_config config; /* its source is not used */
	struct keeper_events events;
	void *arg;
	enum source_update update; /* of what is in use */
	char from[256];            /* the source, for the log */
	struct fetcher *fetcher;   /* NULL: the network is not asked */
	struct event *timer;
	struct event *settle;
	struct kept kept;
	size_t tasks, platforms, misses;
	struct task task[KEPT_MAX];
	/* In the order of the store's names. */
	struct platform platform[STORE_PLATFORMS];
	struct miss miss[KEEPER_MISSES];
	size_t in_flight;
	size_t settled; /* platforms, in the round that is going on */
	bool again;     /* one more round after it */
	bool unsettled; /* something was taken since the last one */
	struct pace pace;
	bool changed;         /* and not yet told */
	int64_t expired_told; /* when that was said last */
	size_t outages;
	struct outage outage[KEEPER_OUTAGES];
};

/* --- keeper.c ----------------------------------------------------------- */

int64_t keeper_now(const struct keeper *);
uint32_t keeper_random(void);
/* Puts a new platform into its place; NULL if there is no room. */
struct platform *keeper_add(struct keeper *, const struct dci_platform_id *);
/* Forgets a platform and what only it needs.  Later ones move up. */
void keeper_drop(struct keeper *, size_t i);
/* Forgets platforms of which no genuine quote came in time. */
void keeper_forget_unproven(struct keeper *, int64_t now);

/* --- keeper_read.c: what the folder has --------------------------------- */

/* Offers everything in it; event: what to log for each document that is taken,
 * or NULL. */
int keeper_read(
    struct keeper *, const char *event, struct dci_failure *f) MUST_CHECK;

/* The same for one platform that is there. */
void keeper_read_one(
    struct keeper *, const struct platform *, enum source_update);

/* --- keeper_ask.c: asking, and what comes of it ------------------------- */

/* Makes tasks for what a platform needs; wanted: those documents that are not
 * there are asked for now, since somebody waits.  False if there is no room. */
bool keeper_need(
    struct keeper *, const struct dci_platform_id *, bool wanted) MUST_CHECK;
/* Forgets tasks and documents that no platform needs. */
void keeper_prune(struct keeper *);
/* Whether it is only for forecasts, and nobody minds that it cannot be had. */
bool keeper_is_extra(const struct keeper *, const struct fetch_name *);

/* --- keeper_outage.c: what fails together ------------------------------- */

/* Whether a failure is the source's and would be that of other documents. */
bool keeper_is_outage(enum dci_code);
/* Counts a failed request, to be told with others. */
void keeper_add_outage(
    struct keeper *, struct task *, const struct dci_failure *why);
/* Tells, one line for each reason; what has failed is tried again together. */
void keeper_tell_outages(struct keeper *);
/* Tells if others did not end in time. */
void keeper_watch_outages(struct keeper *, int64_t now);

/* --- keeper_settle.c: taking into use, storing, telling ----------------- */

/* Soon, from the event loop. */
void keeper_settle_soon(struct keeper *);
void keeper_settle(evutil_socket_t, short what, void *arg);
/* Remembers that a platform cannot be had, to be told soon. */
void keeper_missed(struct keeper *, const struct dci_platform_id *,
    int64_t until, const struct dci_failure *why);
/* Takes into use what was read, without a word. */
void keeper_use_all(struct keeper *);

/* --- keeper_log.c: one event a line ------------------------------------- */

void keeper_log_taken(
    const char *event, const char *from, const struct document *);
/* Where a request failed, or its answer was refused; next: when to try again,
 * 0 if not. */
void keeper_log_failed(const struct keeper *, const char *event,
    const struct fetch_name *, const struct dci_failure *why, int64_t next);
void keeper_log_outage(const struct outage *, int64_t next);
void keeper_log_revoked(const struct keeper *);
void keeper_log_platform(const char *event, const struct dci_platform_id *,
    const struct dci_failure *why);
void keeper_log_removed(const struct dci_platform_id *, const char *why);
/* Looks whether documents end soon, or have ended: the latter is said once of
 * each, and then of all together every hour, with how many they are and which
 * ended first. */
void keeper_watch(struct keeper *, int64_t now);
/* Looks whether the early documents of a platform say something else. */
void keeper_compare_early(struct keeper *, struct platform *);

#endif
