/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral that was carried here: merged into the folder (store.h) by the
 * rules of the keeper (merge.h).  The folder's owner may be running.
 */
#ifndef COLLATERAL_IMPORT_H
#define COLLATERAL_IMPORT_H

#include "collateral/kept.h"

/* What became of a document that was offered.  d is what is kept of that name
 * now, NULL if there is none; why: of MERGE_REFUSE. */
typedef void (*import_told)(void *arg, const struct fetch_name *, enum merge,
    const struct document *d, const struct dci_failure *why);
/* A document that is so broken that it does not even say what it is. */
typedef void (*import_broken)(
    void *arg, enum fetch_item, const struct dci_failure *why);

struct import_events {
	import_told told;
	import_broken broken;
};

struct import;

/* Reads the folder of that kind; what is wrong in it is logged.  NULL with
 * *f. */
struct import *import_open(int folder, enum source_update,
    const struct dci_anchor *, int64_t now, struct dci_failure *f) MUST_CHECK;
void import_free(struct import *); /* NULL is fine */

/*
 * Offers each document of a set that is there.  *used: all that are good belong
 * to platforms that are complete now; what does not is kept nowhere.  Fails
 * with too-many-platforms.
 */
int import_offer(struct import *, const struct dci_collateral *,
    const struct import_events *, void *arg, bool *used,
    struct dci_failure *f) MUST_CHECK;

/* Writes every platform whose documents changed; *n is how many.  now is that
 * of the moment: what others have written since import_open() counts as well.
 * Waits a while for others who write just then.  Fails as store_put() does. */
int import_write(
    struct import *, int64_t now, size_t *n, struct dci_failure *f) MUST_CHECK;

#endif
