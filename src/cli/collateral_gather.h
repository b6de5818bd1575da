/* SPDX-License-Identifier: BSD-3-Clause */
/* All documents of some platforms: fetched, verified, and what goes on said on
 * standard error. */
#ifndef CLI_COLLATERAL_GATHER_H
#define CLI_COLLATERAL_GATHER_H

#include "collateral/document.h"
#include "collateral/store.h"

/* The root CA's list, and of each platform three; none is there twice. */
#define GATHER_MAX (1 + 3 * STORE_PLATFORMS)

struct gather {
	size_t n;
	struct gathered {
		struct fetch_name name;
		struct writer text, chain;  /* as they came */
		struct dci_failure failure; /* DCI_OK: it came */
		struct document *document;  /* NULL: not verified yet */
	} item[GATHER_MAX];
	size_t missing; /* are still on their way */
	struct event_base *base;
};

void gather_free(struct gather *);

/* Nothing but the root CA's list. */
void gather_init(struct gather *);
/* And what a platform needs; at most STORE_PLATFORMS of them. */
void gather_add(
    struct gather *, const struct dci_platform_id *, enum source_update);

/*
 * Fetches everything.  Returns 0, or -1 with *f: the first that could not be
 * had, or what fetcher_new() fails with.
 */
int gather_fetch(struct gather *, const struct collateral_source *,
    struct dci_failure *f) MUST_CHECK;

/* Verifies everything that came up to the anchor, and warns of dates.
 * Returns 0, or -1 with *f. */
int gather_verify(struct gather *, const struct dci_anchor *, int64_t now,
    struct dci_failure *f) MUST_CHECK;

/* The set of a platform, and when the first of it ends; valid while the owner
 * stays. */
struct dci_collateral gather_view(const struct gather *,
    const struct dci_platform_id *, enum source_update, int64_t *end);

#endif
