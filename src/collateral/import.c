/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "collateral/import.h"

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)
CLEANUP_TYPE(cleanup_import, struct import, import_free)

struct import {
	int folder;
	enum source_update kind;
	int64_t now;
	struct kept kept;
	size_t n;
	struct {
		struct dci_platform_id id;
		struct set stored; /* what the file has */
		bool seen;         /* in the folder */
	} platform[STORE_PLATFORMS];
};

/* The root CA's list first: others are verified with it. */
static const enum fetch_item order[FETCH_ITEMS] = {
    FETCH_ROOT_CRL, FETCH_PCK_CRL, FETCH_TCB_INFO, FETCH_QE_IDENTITY};

static const enum dci_document document_of[FETCH_ITEMS] = {
    [FETCH_TCB_INFO] = DCI_DOC_TCB_INFO,
    [FETCH_QE_IDENTITY] = DCI_DOC_QE_IDENTITY,
    [FETCH_PCK_CRL] = DCI_DOC_PCK_CRL,
    [FETCH_ROOT_CRL] = DCI_DOC_ROOT_CA_CRL,
};

/* Where a platform is; STORE_PLATFORMS: there is no room for it. */
static size_t
place(struct import *im, const struct dci_platform_id *id)
{
	size_t i = 0;

	while (i < im->n && !platform_same(&im->platform[i].id, id))
		i++;
	if (i == im->n && i < STORE_PLATFORMS)
		im->platform[im->n++].id = *id;
	return i;
}

static void
found(
    void *arg, const struct dci_platform_id *id, struct collateral_files *files)
{
	struct import *im = arg;
	struct dci_collateral c = collateral_view(files);
	size_t at = place(im, id);

	if (at == STORE_PLATFORMS)
		return;
	im->platform[at].seen = true;
	for (size_t i = 0; i < FETCH_ITEMS; i++) {
		struct fetch_name name = fetch_name_of(order[i], id, im->kind);
		struct bytes text, chain;
		struct dci_failure ignored;

		document_get(&c, order[i], &text, &chain);
		/* What is wrong with it is replaced, or shown by others. */
		(void)kept_offer(
		    &im->kept, &name, text, chain, im->now, &ignored);
		struct document *d = kept_find(&im->kept, &name);
		if (d != NULL && document_is(d, text, chain))
			set_replace(&im->platform[at].stored, order[i], d);
	}
}

struct import *
import_open(int folder, enum source_update kind,
    const struct dci_anchor *anchor, int64_t now, struct dci_failure *f)
{
	struct import *im CLEANUP(cleanup_import) = calloc(1, sizeof(*im));

	if (im == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for an import.");
		return NULL;
	}
	im->folder = folder;
	im->kind = kind;
	im->now = now;
	im->kept.anchor = *anchor;
	if (store_read(folder, kind, found, im, f) != 0)
		return NULL;
	return TAKE(im);
}

void
import_free(struct import *im)
{
	if (im == NULL)
		return;
	for (size_t i = 0; i < im->n; i++)
		set_clear(&im->platform[i].stored);
	kept_free(&im->kept);
	free(im);
}

/* What the documents say that they are for. */
static void
claim(struct dci_platform_id *id, enum fetch_item item,
    const struct dci_described *d)
{
	if (item == FETCH_TCB_INFO)
		memcpy(id->fmspc, d->fmspc, sizeof(id->fmspc));
	if (item == FETCH_TCB_INFO || item == FETCH_QE_IDENTITY)
		id->tee = d->tee;
	if (item == FETCH_PCK_CRL)
		id->platform_ca = d->platform_ca;
}

/* A set that is offered. */
struct offer {
	struct import *im;
	const struct dci_collateral *c;
	const struct import_events *events;
	void *arg;
	size_t n; /* good documents */
	struct fetch_name name[FETCH_ITEMS];
	struct dci_platform_id id; /* what TCB info and PCK CRL are for */
	bool has_tcb_info, has_pck_crl;
};

/* One document, by what it says that it is. */
static void
offer(struct offer *o, enum fetch_item item, const struct dci_described *d)
{
	struct dci_platform_id id = {0};
	struct bytes text, chain;
	struct dci_failure why;

	document_get(o->c, item, &text, &chain);
	if (text.p == NULL)
		return;
	if (d->failure.code != DCI_OK) {
		o->events->broken(o->arg, item, &d->failure);
		return;
	}
	claim(&id, item, d);
	if (item != FETCH_QE_IDENTITY)
		claim(&o->id, item, d);
	o->has_tcb_info = o->has_tcb_info || item == FETCH_TCB_INFO;
	o->has_pck_crl = o->has_pck_crl || item == FETCH_PCK_CRL;
	struct fetch_name *name = &o->name[o->n++];
	*name = fetch_name_of(item, &id, o->im->kind);
	enum merge merge =
	    kept_offer(&o->im->kept, name, text, chain, o->im->now, &why);
	o->events->told(
	    o->arg, name, merge, kept_find(&o->im->kept, name), &why);
}

/* Whether a platform that is complete has it. */
static bool
is_used(const struct import *im, const struct fetch_name *name)
{
	for (size_t i = 0; i < im->n; i++) {
		const struct document *d = kept_find(&im->kept, name);
		struct set set;

		if (d != NULL &&
		    kept_set(&im->kept, &im->platform[i].id, im->kind, &set) &&
		    set.item[name->item] == d)
			return true;
	}
	return false;
}

int
import_offer(struct import *im, const struct dci_collateral *c,
    const struct import_events *events, void *arg, bool *used,
    struct dci_failure *f)
{
	struct offer o = {.im = im, .c = c, .events = events, .arg = arg};
	struct dci_snapshot *s CLEANUP(cleanup_snapshot) =
	    dci_snapshot_new(c, &im->kept.anchor);

	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for an import.");
	for (size_t i = 0; i < FETCH_ITEMS; i++) {
		struct dci_described d;

		dci_snapshot_describe(&d, s, document_of[order[i]]);
		offer(&o, order[i], &d);
	}
	if (o.has_tcb_info && o.has_pck_crl &&
	    place(im, &o.id) == STORE_PLATFORMS)
		return dci_fail(f, DCI_TOO_MANY_PLATFORMS,
		    "There is collateral of %u platforms already.",
		    STORE_PLATFORMS);
	*used = o.n > 0;
	for (size_t i = 0; i < o.n; i++)
		*used = *used && is_used(im, &o.name[i]);
	return 0;
}

static bool
is_new(const struct import *im, size_t i, struct set *newest)
{
	return kept_set(&im->kept, &im->platform[i].id, im->kind, newest) &&
	       !set_same(newest, &im->platform[i].stored);
}

/* Whoever shares the folder may have changed it since.  What was removed stays
 * away. */
static int
read_again(struct import *im, struct dci_failure *f)
{
	bool was[STORE_PLATFORMS];

	for (size_t i = 0; i < im->n; i++) {
		was[i] = im->platform[i].seen;
		im->platform[i].seen = false;
		set_clear(&im->platform[i].stored);
	}
	size_t before = im->n;
	if (store_read(im->folder, im->kind, found, im, f) != 0)
		return -1;
	for (size_t i = before; i-- > 0;) {
		if (was[i] && !im->platform[i].seen)
			im->platform[i] = im->platform[--im->n];
	}
	return 0;
}

int
import_write(struct import *im, int64_t now, size_t *n, struct dci_failure *f)
{
	struct set newest;
	size_t i = 0;

	im->now = now;
	*n = 0;
	while (i < im->n && !is_new(im, i, &newest))
		i++;
	if (i == im->n)
		return 0;
	int lock CLEANUP(cleanup_fd) =
	    store_lock(im->folder, im->kind, true, f);
	if (lock < 0 || read_again(im, f) != 0)
		return -1;
	for (i = 0; i < im->n; i++) {
		if (!is_new(im, i, &newest))
			continue;
		struct dci_collateral view = set_view(&newest);
		if (store_put(im->folder, im->kind, &im->platform[i].id, &view,
			f) != 0)
			return -1;
		set_copy(&im->platform[i].stored, &newest);
		++*n;
	}
	return 0;
}
