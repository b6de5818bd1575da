/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral as the issuer's processes hand it to each other: any number of
 * sets, one for each platform and TEE, one after the other.  Each set is seven
 * times a u32 little-endian length (0xffffffff: missing) and the document.
 * Two such texts put together are one again.
 */
#ifndef ISSUER_COLLATERAL_TEXT_H
#define ISSUER_COLLATERAL_TEXT_H

#include "base/bytes.h"
#include "base/limits.h"
#include "collateral/store.h"
#include "issuer/config.h"

/* Of the configuration, and of the collector. */
#define COLLATERAL_SETS     (ISSUER_PATHS + STORE_PLATFORMS)
#define COLLATERAL_TEXT_MAX (ISSUER_PATHS * LIMIT_BUNDLE + LIMIT_PUBLISHED)

/* What children are given begins with a byte: 1 if what is missing may still be
 * fetched, else 0. */
void collateral_file_begin(struct writer *, bool more);
/* Cuts that off.  False if it is not there. */
bool collateral_file_open(
    struct bytes file, bool *more, struct bytes *text) MUST_CHECK;

/* Appends a set. */
void collateral_text_add(struct writer *, const struct dci_collateral *);

/* Loads each path (folder or bundle) and appends it.  Returns 0, or -1 with
 * *f. */
int collateral_text_load(struct writer *, size_t paths, const char *const *path,
    struct dci_failure *f) MUST_CHECK;

/* Reads the next set, which points into the text.  False if there is none: at
 * the end of the text, or where it is malformed. */
bool collateral_text_next(struct reader *, struct dci_collateral *) MUST_CHECK;

/* Whether it is well-formed and has at most max sets; how many. */
bool collateral_text_count(
    struct bytes text, size_t max, size_t *sets) MUST_CHECK;

/* The name of a set, as dci_snapshot_digest() defines it. */
void collateral_digest(uint8_t out[static 32], const struct dci_collateral *);

#endif
