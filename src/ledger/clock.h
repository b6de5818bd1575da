/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way out for a clock that was once ahead.  Rows that were written then have
 * times that are still to come, and nothing is issued until they have come.  A
 * correction is the operator's word that the clock is right now: it stands in
 * the chain of hashes after the last row, and from then on the times of the rows
 * before it no longer count.  The issue dates of their collateral, which are
 * not the issuer's word, go on to count.  PROTOCOL.md, "Corrections".
 */
#ifndef LEDGER_CLOCK_H
#define LEDGER_CLOCK_H

#include "ledger/ledger.h"

struct ledger_correction {
	int64_t id;     /* 1, 2, ... */
	int64_t after;  /* the row that it follows */
	int64_t time;   /* that is right now, seconds */
	int64_t newest; /* which is set aside: the newest of any row */
	int64_t issued; /* the newest issue date up to there */
	uint8_t previous[32], hash[32];
};

/*
 * Adds one to a ledger that is open for writing, and commits it.  now: the
 * clock's time, which is right.  Fails with clock-not-behind where nothing
 * blocks issuing, and with clock-behind where an issue date does: then the clock
 * is wrong.
 */
int ledger_correct(struct ledger *, int64_t now, struct ledger_correction *,
    struct dci_failure *f) MUST_CHECK;

/* The first one with an id above that; 1: none. */
int ledger_correction_after(struct ledger *, int64_t id,
    struct ledger_correction *, struct dci_failure *f) MUST_CHECK;
/* The last one; 1: none. */
int ledger_correction_last(struct ledger *, struct ledger_correction *,
    struct dci_failure *f) MUST_CHECK;

/* If that row is followed by one, the end of the chain is in *head then. */
int ledger_correction_head(struct ledger *, int64_t row,
    uint8_t head[static 32], struct dci_failure *f) MUST_CHECK;

/* What its columns and ->previous hash to. */
void ledger_correction_hash(uint8_t out[static 32], struct ledger *,
    const struct ledger_correction *);

#endif
