/* SPDX-License-Identifier: BSD-3-Clause */
/* The forecast of every live delegation in a ledger. */
#ifndef FORECAST_DELEGATIONS_H
#define FORECAST_DELEGATIONS_H

#include "collateral/store.h"
#include "forecast/forecast.h"
#include "ledger/ledger.h"

/* Collateral to forecast by: for each platform one set of each kind. */
struct forecast_book;

/* NULL when memory is short. */
struct forecast_book *forecast_book_new(const struct dci_anchor *) MUST_CHECK;
void forecast_book_free(struct forecast_book *); /* NULL is fine */
/* Takes a set in, verified; one that has something wrong with it is left out,
 * and why is in *f (-1).  Where there are two for a platform, the last one
 * counts. */
int forecast_book_add(struct forecast_book *, enum source_update,
    const struct dci_collateral *, struct dci_failure *f) MUST_CHECK;
/* Takes in what a store has of both kinds (store.h); what is wrong with a set
 * is logged. */
int forecast_book_read(
    struct forecast_book *, int folder, struct dci_failure *f) MUST_CHECK;
/* How many platforms there are early documents of. */
size_t forecast_book_early(const struct forecast_book *);

/* Return other than 0 to stop. */
typedef int (*forecast_visit)(
    const struct ledger_entry *, const struct forecast *, void *arg);

/*
 * Appraises the evidence of each certificate that is valid at that time or
 * later, those that end first first, by the policy that its row names.  Where
 * the book has no collateral for a platform, that of the row serves.  Returns
 * 0, what visit returned, or -1 with *f.
 */
int forecast_each(struct forecast_book *, struct ledger *, int64_t now,
    forecast_visit, void *arg, struct dci_failure *f) MUST_CHECK;

#endif
