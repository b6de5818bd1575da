/* SPDX-License-Identifier: BSD-3-Clause */
/* The collateral that quotes are verified against: one verified snapshot for
 * each platform and TEE. */
#ifndef VERIFIER_COLLATERAL_H
#define VERIFIER_COLLATERAL_H

#include "dci/appraisal.h"
#include "verifier/config.h"
#include "verifier/fetched.h"

struct collateral;

/* Loads and verifies every path of the configuration; what is wrong with one
 * is logged, and reported by each verification that needs it.  NULL with *f if
 * a path cannot be read. */
struct collateral *collateral_open(const struct verifier_config *,
    const struct dci_anchor *, struct dci_failure *f) MUST_CHECK;
void collateral_close(struct collateral *); /* NULL is fine */

/* How many sets there are, and how many have nothing wrong with them. */
size_t collateral_count(const struct collateral *, size_t *good);

/* What was verified of platforms against this collateral. */
struct dci_cache *collateral_cache(const struct collateral *);

/* The snapshot for a quote's platform: of the configured paths or fetched (may
 * be NULL), whichever has nothing wrong with it, the paths first.  NULL with *f
 * (collateral-unavailable: there is none). */
const struct dci_snapshot *collateral_choose(const struct collateral *,
    struct fetched *, const struct dci_quote *,
    struct dci_failure *f) MUST_CHECK;

#endif
