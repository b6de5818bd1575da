/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients of an appraiser whose collateral is not there yet.  The collector is
 * asked for it, once for all that wait for the same; the others go on.
 */
#ifndef ISSUER_WAITING_H
#define ISSUER_WAITING_H

#include "issuer/appraiser.h"

struct waiting;

struct waiting *waiting_new(struct appraiser *); /* fatal without memory */

/*
 * The client's appraisal found no collateral.  If there may be some, and the
 * PCK chain of its quote is genuine, it waits from now on: client_appraise()
 * is called again when new collateral is in use.  Otherwise false, with the
 * appraisal's failure saying why.
 */
bool waiting_enter(struct waiting *, struct client *) MUST_CHECK;

/* It does not wait any more; outcome is for the log.  Does nothing for one
 * that did not wait. */
void waiting_leave(struct waiting *, struct client *, const char *outcome);

/* New collateral is in use. */
void waiting_loaded(struct waiting *);

/* There is a new collector, which is asked for everything that is waited
 * for; a->collector is its channel. */
void waiting_connect(struct waiting *);

/* The collector cannot have that platform's.  False if that answers no
 * question. */
bool waiting_missing(struct waiting *, const struct m_missing *) MUST_CHECK;

#endif
