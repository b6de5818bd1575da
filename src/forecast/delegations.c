/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "collateral/store.h"
#include "forecast/delegations.h"

#define KINDS     2   /* standard, early */
#define PLATFORMS 256 /* in the cache */

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)

struct page {
	struct dci_snapshot *snapshot;
	enum dci_tee tee;
	uint8_t fmspc[6];
};

struct forecast_book {
	struct dci_anchor anchor;
	struct dci_cache *cache;
	size_t n[KINDS];
	struct page page[KINDS][STORE_PLATFORMS];
};

/* While a ledger is gone through. */
struct walk {
	struct forecast_book *book;
	struct ledger *ledger;
	int64_t now;
	forecast_visit visit;
	void *arg;
	struct dci_failure failure;
	/* The last of each: most rows name the same. */
	struct dci_policy *policy;
	struct dci_snapshot *snapshot;
	uint8_t snapshot_digest[32];
};

/* --- the book ------------------------------------------------------------ */

struct forecast_book *
forecast_book_new(const struct dci_anchor *anchor)
{
	struct forecast_book *b = calloc(1, sizeof(*b));

	if (b == NULL || (b->cache = dci_cache_new(PLATFORMS)) == NULL) {
		free(b);
		return NULL;
	}
	b->anchor = *anchor;
	return b;
}

void
forecast_book_free(struct forecast_book *b)
{
	if (b == NULL)
		return;
	for (size_t kind = 0; kind < KINDS; kind++) {
		for (size_t i = 0; i < b->n[kind]; i++)
			dci_snapshot_free(b->page[kind][i].snapshot);
	}
	dci_cache_free(b->cache);
	free(b);
}

static struct page *
page_of(struct forecast_book *b, enum source_update kind, enum dci_tee tee,
    const uint8_t fmspc[static 6])
{
	for (size_t i = 0; i < b->n[kind]; i++) {
		struct page *p = &b->page[kind][i];

		if (p->tee == tee && memcmp(p->fmspc, fmspc, 6) == 0)
			return p;
	}
	return NULL;
}

int
forecast_book_add(struct forecast_book *b, enum source_update kind,
    const struct dci_collateral *from, struct dci_failure *f)
{
	struct page new = {.snapshot = NULL};
	struct dci_snapshot *s CLEANUP(cleanup_snapshot) =
	    dci_snapshot_new(from, &b->anchor);

	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	if (dci_snapshot_check(s, f) != 0)
		return -1;
	if (!dci_snapshot_scope(s, &new.tee, new.fmspc))
		return dci_fail(f, DCI_INTERNAL, "Collateral of no platform.");
	struct page *p = page_of(b, kind, new.tee, new.fmspc);
	if (p == NULL) {
		if (b->n[kind] == STORE_PLATFORMS)
			return dci_fail(f, DCI_FILE_TOO_LARGE,
			    "There is collateral of more than %d platforms.",
			    STORE_PLATFORMS);
		p = &b->page[kind][b->n[kind]++];
		*p = new;
	}
	dci_snapshot_free(p->snapshot);
	p->snapshot = TAKE(s);
	return 0;
}

struct taking {
	struct forecast_book *book;
	enum source_update kind;
};

static void
take_set(
    void *arg, const struct dci_platform_id *id, struct collateral_files *files)
{
	const struct taking *t = arg;
	struct dci_collateral view = collateral_view(files);
	struct dci_failure f;

	(void)id;
	if (forecast_book_add(t->book, t->kind, &view, &f) != 0)
		log_fail(LOG_LEVEL_WARN, "collateral-unusable", &f);
}

int
forecast_book_read(struct forecast_book *b, int folder, struct dci_failure *f)
{
	for (enum source_update kind = 0; kind < KINDS; kind++) {
		struct taking t = {b, kind};

		if (store_read(folder, kind, take_set, &t, f) != 0)
			return -1;
	}
	return 0;
}

size_t
forecast_book_early(const struct forecast_book *b)
{
	return b->n[UPDATE_EARLY];
}

/* --- the ledger ---------------------------------------------------------- */

static int
take_policy(struct walk *w, const uint8_t digest[static 32])
{
	char *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (w->policy != NULL &&
	    memcmp(w->policy->digest, digest, sizeof(w->policy->digest)) == 0)
		return 0;
	dci_policy_free(w->policy);
	w->policy = NULL;
	if (ledger_get_policy(w->ledger, digest, &text, &n, &w->failure) != 0)
		return -1;
	w->policy =
	    dci_policy_parse(text, n, "a policy in the ledger", &w->failure);
	return w->policy != NULL ? 0 : -1;
}

/* The collateral that the row itself names. */
static int
take_snapshot(struct walk *w, const uint8_t digest[static 32])
{
	struct ledger_documents d CLEANUP(ledger_documents_free) = {
	    .memory = NULL};
	struct dci_collateral view;

	if (w->snapshot != NULL && memcmp(w->snapshot_digest, digest, 32) == 0)
		return 0;
	dci_snapshot_free(w->snapshot);
	w->snapshot = NULL;
	if (ledger_get_snapshot(w->ledger, digest, &d, &w->failure) != 0)
		return -1;
	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		view.doc[i].data = d.document[i].p;
		view.doc[i].n = d.document[i].n;
	}
	w->snapshot = dci_snapshot_new(&view, &w->book->anchor);
	if (w->snapshot == NULL)
		return dci_fail(&w->failure, DCI_OUT_OF_MEMORY,
		    "No memory for collateral.");
	memcpy(w->snapshot_digest, digest, 32);
	return 0;
}

/* Standard and early collateral for a quote. */
static int
choose(struct walk *w, const struct ledger_entry *e, struct bytes quote,
    const struct dci_snapshot *out[static KINDS])
{
	struct dci_quote parsed;
	struct dci_platform_id id;

	if (dci_quote_parse(&parsed, quote.p, quote.n, &w->failure) != 0 ||
	    dci_quote_claims(&id, &parsed, &w->failure) != 0)
		return -1;
	for (enum source_update kind = 0; kind < KINDS; kind++) {
		const struct page *p = page_of(w->book, kind, id.tee, id.fmspc);

		out[kind] = p != NULL ? p->snapshot : NULL;
	}
	if (out[UPDATE_STANDARD] != NULL)
		return 0;
	if (take_snapshot(w, e->row.snapshot_digest) != 0)
		return -1;
	out[UPDATE_STANDARD] = w->snapshot;
	return 0;
}

static int
visit_live(const struct ledger_entry *e, void *arg)
{
	struct walk *w = arg;
	struct writer quote CLEANUP(writer_free) = writer_new(LIMIT_QUOTE);
	const struct dci_snapshot *by[KINDS];
	struct forecast f;

	ledger_row_quote(&quote, &e->row);
	if (quote.failed) {
		dci_fail(&w->failure, DCI_LEDGER_DAMAGED,
		    "The quote of row %lld is larger than %u bytes.",
		    (long long)e->id, LIMIT_QUOTE);
		return -1;
	}
	struct bytes bytes = {quote.data, quote.n};
	if (take_policy(w, e->row.policy_digest) != 0 ||
	    choose(w, e, bytes, by) != 0)
		return -1;
	struct forecast_subject subject = {.quote = bytes,
	    .evidence_bound = e->row.binding == 1,
	    .policy = w->policy};
	forecast_make(&f, &subject, w->now, by[UPDATE_STANDARD],
	    by[UPDATE_EARLY], w->book->cache);
	return w->visit(e, &f, w->arg);
}

int
forecast_each(struct forecast_book *book, struct ledger *ledger, int64_t now,
    forecast_visit visit, void *arg, struct dci_failure *f)
{
	struct walk w = {.book = book,
	    .ledger = ledger,
	    .now = now,
	    .visit = visit,
	    .arg = arg,
	    .failure = {.code = DCI_OK}};
	int rc = ledger_live(ledger, now, visit_live, &w, f);

	dci_policy_free(w.policy);
	dci_snapshot_free(w.snapshot);
	if (rc == -1 && w.failure.code != DCI_OK)
		*f = w.failure;
	return rc;
}
