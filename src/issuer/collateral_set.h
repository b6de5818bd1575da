/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All collateral that the issuer has, as appraisers use it: whoever uses a set
 * verifies it, on loading.  What was verified once is shared with the next
 * collection, by its digest.
 */
#ifndef ISSUER_COLLATERAL_SET_H
#define ISSUER_COLLATERAL_SET_H

#include "base/bytes.h"
#include "dci/appraisal.h"
#include "issuer/collateral_text.h"

struct collateral_set;

/* A file as the parent gives it, which is copied.  NULL if it is malformed;
 * fatal without memory. */
struct collateral_set *collateral_set_open(struct bytes file);
void collateral_set_free(struct collateral_set *); /* NULL is fine */
size_t collateral_set_size(const struct collateral_set *);

/* Verifies one more of the sets against the anchor, or finds it in the old
 * collection (or NULL) with that anchor.  False if all were already. */
bool collateral_set_verify_next(struct collateral_set *,
    const struct dci_anchor *, const struct collateral_set *old);
/* Whether set i was not found there. */
bool collateral_set_is_fresh(const struct collateral_set *, size_t i);
/* Whether what is missing may still be fetched. */
bool collateral_set_more(const struct collateral_set *);

/* The verified snapshot of set i. */
const struct dci_snapshot *collateral_set_snapshot(
    const struct collateral_set *, size_t i);

/*
 * A dci_choose: arg is the collection.  By the TEE, FMSPC and CA that the quote
 * claims; of several sets for one platform, one that has nothing wrong with it,
 * and of these the newest: by tcbEvaluationDataNumber and issueDate of the TCB
 * info, then the dates of QE identity and PCK CRL; else the first.
 */
const struct dci_snapshot *collateral_set_choose(
    void *arg, const struct dci_quote *, struct dci_failure *f);

#endif
