/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All collateral that the issuer has: one set per platform and TEE.  The
 * parent loads the files and passes them on as one sealed memfd; whoever uses
 * a set verifies it, on loading.
 */
#ifndef ISSUER_COLLATERAL_SET_H
#define ISSUER_COLLATERAL_SET_H

#include "base/bytes.h"
#include "dci/appraisal.h"

#define COLLATERAL_SETS 64

/* The parent's side: loads each path (folder or bundle) and appends it to w.
 * Returns 0, or -1 with *f. */
int collateral_set_load(struct writer *w, size_t paths,
    const char *const *path, struct dci_failure *f) MUST_CHECK;

struct collateral_set;

/* The users' side; text must be what collateral_set_load() wrote (an internal
 * framing error is fatal) and is copied. */
struct collateral_set *collateral_set_open(struct bytes);
void collateral_set_free(struct collateral_set *); /* NULL is fine */
size_t collateral_set_size(const struct collateral_set *);
struct dci_collateral collateral_set_documents(const struct collateral_set *,
    size_t i);

/* Verifies every set against the anchor, so that it can be chosen from. */
void collateral_set_verify(struct collateral_set *, const struct dci_anchor *);
/* The verified snapshot of set i. */
const struct dci_snapshot *collateral_set_snapshot(
    const struct collateral_set *, size_t i);
/* A dci_choose: arg is the set.  By the TEE and FMSPC that the quote claims;
 * the first that has nothing wrong with it wins, else the first. */
const struct dci_snapshot *collateral_set_choose(void *arg,
    const struct dci_quote *, struct dci_failure *f);

#endif
