/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a document is asked for again, and how often new platforms may come.
 * Pure: the times and the random numbers are the caller's.
 */
#ifndef COLLATERAL_SCHEDULE_H
#define COLLATERAL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* Seconds between two requests for a document that went well, at least. */
#define SCHEDULE_PAUSE_MIN 60
/* Seconds before the first request after one that failed, and at most. */
#define SCHEDULE_RETRY_MIN 60
#define SCHEDULE_RETRY_MAX 3600
/* What a source asks for is granted up to here: seconds. */
#define SCHEDULE_RETRY_AFTER_MAX (6 * 3600)

struct schedule {
	int64_t due;       /* when to ask next */
	int64_t last;      /* when the last request ended, or it was begun */
	unsigned failures; /* since the last success */
};

/* Due at once. */
void schedule_start(struct schedule *, int64_t now);

/* The document is there: due refresh seconds from now, or when half of what is
 * left until valid_until has passed, whatever is first, up to a tenth of that
 * time earlier. */
void schedule_succeeded(struct schedule *, int64_t now, int64_t refresh,
    int64_t valid_until, uint32_t random);

/* Due after a minute, then two, four, ... up to an hour, a quarter more or
 * less; not before retry_after seconds (0: nothing was asked for). */
void schedule_failed(
    struct schedule *, int64_t now, int64_t retry_after, uint32_t random);

/* A clock that was set back makes it due as well. */
bool schedule_is_due(const struct schedule *, int64_t now);

/* So many in a minute. */
struct pace {
	int64_t begin; /* of the minute that is counted */
	unsigned n;
};

/* Counts one more, if there is room for it. */
bool pace_allows(struct pace *, int64_t now, unsigned per_minute);

#endif
