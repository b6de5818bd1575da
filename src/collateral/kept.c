/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "collateral/kept.h"

CLEANUP_TYPE(cleanup_document, struct document, document_drop)

void
kept_free(struct kept *k)
{
	for (size_t i = 0; i < k->n; i++)
		document_drop(k->item[i].document);
	k->n = 0;
}

/* Where it is; k->n: nowhere. */
static size_t
place(const struct kept *k, const struct fetch_name *name)
{
	size_t i = 0;

	while (i < k->n &&
	       memcmp(&k->item[i].document->name, name, sizeof(*name)) != 0)
		i++;
	return i;
}

struct document *
kept_find(const struct kept *k, const struct fetch_name *name)
{
	size_t i = place(k, name);

	return i < k->n ? k->item[i].document : NULL;
}

bool
kept_revoked(const struct kept *k, const struct fetch_name *name)
{
	size_t i = place(k, name);

	return i < k->n && k->item[i].revoked;
}

void
kept_forget(struct kept *k, const struct fetch_name *name)
{
	size_t i = place(k, name);

	if (i == k->n)
		return;
	document_drop(k->item[i].document);
	k->item[i] = k->item[--k->n];
}

static const struct document *
root_crl(const struct kept *k)
{
	const struct fetch_name name = fetch_name_of(
	    FETCH_ROOT_CRL, &(struct dci_platform_id){0}, UPDATE_STANDARD);

	return kept_find(k, &name);
}

/* With a new list of the root CA. */
static void
check_all(struct kept *k)
{
	const struct document *list = root_crl(k);
	struct dci_failure why;

	for (size_t i = 0; i < k->n; i++)
		k->item[i].revoked = document_check(k->item[i].document, list,
					 &k->anchor, &why) != 0;
}

static int
take(struct kept *k, struct document *d, struct dci_failure *why)
{
	size_t i = place(k, &d->name);

	if (i == KEPT_MAX)
		return dci_fail(why, DCI_TOO_MANY_PLATFORMS,
		    "There are %u documents already.", KEPT_MAX);
	if (i == k->n)
		k->n++;
	else
		document_drop(k->item[i].document);
	k->item[i].document = d;
	k->item[i].revoked = false;
	return 0;
}

enum merge
kept_offer(struct kept *k, const struct fetch_name *name, struct bytes text,
    struct bytes chain, int64_t now, struct dci_failure *why)
{
	const struct document *old = kept_find(k, name);

	if (old != NULL && document_is(old, text, chain) &&
	    !kept_revoked(k, name))
		return MERGE_SAME;
	struct document *d CLEANUP(cleanup_document) =
	    document_new(name, text, chain, root_crl(k), &k->anchor, why);
	if (d == NULL)
		return MERGE_REFUSE;
	enum merge decision = merge_decide(name->item,
	    old == NULL || kept_revoked(k, name) ? NULL : &old->is, &d->is, now,
	    why);
	if (decision != MERGE_TAKE)
		return decision;
	if (take(k, d, why) != 0)
		return MERGE_REFUSE;
	(void)TAKE(d);
	if (name->item == FETCH_ROOT_CRL)
		check_all(k);
	return MERGE_TAKE;
}

bool
kept_set(const struct kept *k, const struct dci_platform_id *platform,
    enum source_update update, struct set *set)
{
	bool complete = true;

	for (enum fetch_item i = 0; i < FETCH_ITEMS; i++) {
		struct fetch_name name = fetch_name_of(i, platform, update);

		set->item[i] = kept_find(k, &name);
		complete = complete && set->item[i] != NULL;
	}
	return complete;
}

/* --- sets --------------------------------------------------------------- */

void
set_replace(struct set *set, size_t i, struct document *d)
{
	if (d != NULL)
		document_hold(d);
	document_drop(set->item[i]);
	set->item[i] = d;
}

void
set_copy(struct set *to, const struct set *from)
{
	for (size_t i = 0; i < FETCH_ITEMS; i++)
		set_replace(to, i, from->item[i]);
}

void
set_clear(struct set *set)
{
	for (size_t i = 0; i < FETCH_ITEMS; i++)
		set_replace(set, i, NULL);
}

bool
set_is_empty(const struct set *set)
{
	for (size_t i = 0; i < FETCH_ITEMS; i++) {
		if (set->item[i] != NULL)
			return false;
	}
	return true;
}

bool
set_same(const struct set *a, const struct set *b)
{
	return memcmp(a->item, b->item, sizeof(a->item)) == 0;
}

struct dci_collateral
set_view(const struct set *set)
{
	struct dci_collateral view = {0};

	for (size_t i = 0; i < FETCH_ITEMS; i++)
		document_put(&view, set->item[i]);
	return view;
}

bool
platform_same(const struct dci_platform_id *a, const struct dci_platform_id *b)
{
	return a->tee == b->tee && a->platform_ca == b->platform_ca &&
	       memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0;
}
