/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many transfers run at once: FETCH_AT_ONCE.  libcurl resolves names in
 * threads, one for each transfer that has to, and getaddrinfo() cannot be
 * ended: of a transfer that is given up meanwhile the thread goes on, and with
 * it the place is taken for another PLACES_LEFT_SECONDS.  That is longer than
 * the resolver tries by default (two times 5 s for each of three servers), so
 * there are no more threads than places; with a resolv.conf that makes it try
 * for longer, as many again for each such time.
 */
#ifndef COLLATERAL_PLACES_H
#define COLLATERAL_PLACES_H

#include <stdbool.h>
#include <event2/event.h>

#include "base/memory.h"

#define PLACES_LEFT_SECONDS 60

struct places;

/* room is called from the event loop when there may be a place again that was
 * not given back just then.  NULL: no memory. */
struct places *places_new(
    struct event_base *, void (*room)(void *arg), void *arg) MUST_CHECK;
void places_free(struct places *); /* NULL is fine */

bool places_take(struct places *) MUST_CHECK; /* false: there is none */
/* resolving: a thread was left behind. */
void places_give(struct places *, bool resolving);

#endif
