/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests that wait for the collateral of their platform, which is being
 * fetched: WAITING_MAX in all, WAITING_ADDRESS_MAX of one address (IPv6: /64),
 * each for WAITING_SECONDS at most.
 */
#ifndef VERIFIER_WAITING_H
#define VERIFIER_WAITING_H

#include "dci/verify.h"
#include "base/limits.h"
#include "verifier/handle.h"
#include "verifier/request.h"

#define WAITING_MAX         LIMIT_WAITING
#define WAITING_ADDRESS_MAX (LIMIT_WAITING / LIMIT_WAITING_SHARE)
#define WAITING_SECONDS     LIMIT_WAIT_SECONDS

struct waiting;

/* Goes on with a request, and answers it.  why NULL: there is collateral now;
 * else why there is none. */
typedef void (*waiting_go_on)(
    struct exchange *, struct request *, const struct dci_failure *why);

struct waiting *waiting_new(waiting_go_on) MUST_CHECK; /* NULL: no memory */
/* Those who wait get no answer. */
void waiting_free(struct waiting *); /* NULL is fine */

/* Takes over the content of *r; now in milliseconds of a clock that only goes
 * forward.  Returns 0, or -1 with *f: collateral-pending at a bound,
 * out-of-memory.  A client that hangs up is forgotten. */
int waiting_add(struct waiting *, const struct exchange *, struct request *r,
    const struct dci_platform_id *, int64_t now,
    struct dci_failure *f) MUST_CHECK;

size_t waiting_count(const struct waiting *);

/* Goes on with those who wait for that platform; NULL: with all. */
void waiting_end(struct waiting *, const struct dci_platform_id *,
    const struct dci_failure *why);
/* Goes on with those who have waited for too long, and forgets those who have
 * hung up. */
void waiting_sweep(struct waiting *, int64_t now);

#endif
