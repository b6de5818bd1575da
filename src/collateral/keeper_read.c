/* SPDX-License-Identifier: BSD-3-Clause */
#include "collateral/keeper_impl.h"

/* While the folder is read. */
struct reading {
	struct keeper *k;
	enum source_update kind;
	const char *event;
	int64_t now;
};

/* The root CA's list first: others are verified with it. */
static const enum fetch_item order[FETCH_ITEMS] = {
    FETCH_ROOT_CRL, FETCH_PCK_CRL, FETCH_TCB_INFO, FETCH_QE_IDENTITY};

/* An older one is nothing to speak of: platforms share documents, and the file
 * of one may have been written later than that of another. */
static void
read_document(struct reading *r, struct platform *p,
    const struct dci_collateral *c, enum fetch_item item)
{
	struct fetch_name name = fetch_name_of(item, &p->id, r->kind);
	struct bytes text, chain;
	struct dci_failure why;

	document_get(c, item, &text, &chain);
	if (text.p == NULL)
		return;
	enum merge merge =
	    kept_offer(&r->k->kept, &name, text, chain, r->now, &why);
	if (merge == MERGE_REFUSE && why.code != DCI_COLLATERAL_ROLLBACK)
		keeper_log_failed(r->k, "collateral-refused", &name, &why, 0);
	struct document *d = kept_find(&r->k->kept, &name);
	if (d != NULL && !document_is(d, text, chain))
		d = NULL;
	set_replace(&p->stored[r->kind], item, d);
	if (merge == MERGE_TAKE && r->event != NULL)
		keeper_log_taken(r->event, "the folder", d);
}

static struct platform *
platform_of(struct reading *r, const struct dci_platform_id *id)
{
	struct keeper *k = r->k;
	struct dci_failure why;

	for (size_t i = 0; i < k->platforms; i++) {
		if (platform_same(&k->platform[i].id, id))
			return &k->platform[i];
	}
	/* Early documents are of use beside others only. */
	if (r->kind != k->update)
		return NULL;
	struct platform *p = keeper_add(k, id);
	if (p != NULL && keeper_need(k, id, false))
		return p;
	if (p != NULL)
		keeper_drop(k, (size_t)(p - k->platform));
	dci_fail(&why, DCI_TOO_MANY_PLATFORMS,
	    "There is collateral of as many platforms as are kept.");
	keeper_log_platform("collateral-passed-over", id, &why);
	return NULL;
}

static void
found(
    void *arg, const struct dci_platform_id *id, struct collateral_files *files)
{
	struct reading *r = arg;
	struct dci_collateral c = collateral_view(files);
	struct platform *p = platform_of(r, id);

	if (p == NULL)
		return;
	p->proven = true;
	for (size_t i = 0; i < FETCH_ITEMS; i++)
		read_document(r, p, &c, order[i]);
}

void
keeper_read_one(
    struct keeper *k, const struct platform *p, enum source_update kind)
{
	struct reading r = {.k = k,
	    .kind = kind,
	    .event = "collateral-imported",
	    .now = keeper_now(k)};

	store_read_one(k->config.folder, kind, &p->id, found, &r);
}

int
keeper_read(struct keeper *k, const char *event, struct dci_failure *f)
{
	struct reading r = {
	    .k = k, .kind = k->update, .event = event, .now = keeper_now(k)};

	if (k->config.folder < 0)
		return 0;
	if (store_read(k->config.folder, k->update, found, &r, f) != 0)
		return -1;
	if (!k->config.early || k->update == UPDATE_EARLY)
		return 0;
	r.kind = UPDATE_EARLY;
	return store_read(k->config.folder, UPDATE_EARLY, found, &r, f);
}
