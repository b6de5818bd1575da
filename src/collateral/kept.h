/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents that are kept: of each name the newest version, verified.  What
 * platforms share (CRLs, QE identities) is there once.
 */
#ifndef COLLATERAL_KEPT_H
#define COLLATERAL_KEPT_H

#include "collateral/document.h"
#include "collateral/merge.h"
#include "collateral/store.h"

/* TCB info of each platform and kind, QE identities, PCK CRLs, root CRL. */
#define KEPT_MAX (2 * STORE_PLATFORMS + 2 * 2 + 2 + 1)

struct kept {
	struct dci_anchor anchor;
	size_t n;
	struct {
		struct document *document;
		/* Its signer was revoked after it was taken: anything genuine
		 * replaces it. */
		bool revoked;
	} item[KEPT_MAX];
};

void kept_free(struct kept *); /* leaves it empty */

/*
 * Offers a document, which is verified with the root CA's list that is there,
 * and taken as merge.h has it.  MERGE_REFUSE with *why.  Where it is a list of
 * the root CA that is taken, the signers of all others are looked at again.
 */
enum merge kept_offer(struct kept *, const struct fetch_name *,
    struct bytes text, struct bytes chain, int64_t now,
    struct dci_failure *why);

/* NULL: there is none. */
struct document *kept_find(const struct kept *, const struct fetch_name *);
/* Whether its signer was revoked since. */
bool kept_revoked(const struct kept *, const struct fetch_name *);
void kept_forget(struct kept *, const struct fetch_name *);

/* The documents of a platform, by item; all NULL: none. */
struct set {
	struct document *item[FETCH_ITEMS];
};

/* The newest documents of a platform, borrowed.  False: one is missing. */
bool kept_set(const struct kept *, const struct dci_platform_id *,
    enum source_update, struct set *);

/* Sets that hold their documents. */
void set_replace(struct set *, size_t i, struct document *); /* or NULL */
void set_copy(struct set *to, const struct set *from);
void set_clear(struct set *);
bool set_is_empty(const struct set *);
/* Whether they are the same objects. */
bool set_same(const struct set *, const struct set *);
/* A complete one as dci_snapshot_new() takes it; valid while it stays. */
struct dci_collateral set_view(const struct set *);

bool platform_same(
    const struct dci_platform_id *, const struct dci_platform_id *);

#endif
