/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "cli/collateral.h"
#include "cli/collateral_gather.h"

#define SECONDS 60 /* for each document, retries included */

CLEANUP_TYPE(cleanup_base, struct event_base, event_base_free)
CLEANUP_TYPE(cleanup_fetcher, struct fetcher, fetcher_free)

void
gather_free(struct gather *g)
{
	for (size_t i = 0; i < g->n; i++) {
		writer_free(&g->item[i].text);
		writer_free(&g->item[i].chain);
		document_drop(g->item[i].document);
	}
	g->n = 0;
}

static struct gathered *
find(const struct gather *g, const struct fetch_name *name)
{
	for (size_t i = 0; i < g->n; i++) {
		if (memcmp(&g->item[i].name, name, sizeof(*name)) == 0)
			return (struct gathered *)&g->item[i];
	}
	return NULL;
}

static void
want(struct gather *g, const struct dci_platform_id *platform,
    enum fetch_item item, enum source_update update)
{
	struct fetch_name name = fetch_name_of(item, platform, update);

	if (find(g, &name) != NULL || g->n == GATHER_MAX)
		return;
	struct gathered *d = &g->item[g->n++];
	*d = (struct gathered){.text = writer_new(LIMIT_COLLATERAL),
	    .chain = writer_new(LIMIT_HEADERS)};
	memcpy(&d->name, &name, sizeof(name));
}

void
gather_init(struct gather *g)
{
	static const struct dci_platform_id any;

	*g = (struct gather){.n = 0};
	/* First, since it is needed to verify the others. */
	want(g, &any, FETCH_ROOT_CRL, UPDATE_STANDARD);
}

void
gather_add(struct gather *g, const struct dci_platform_id *platform,
    enum source_update update)
{
	want(g, platform, FETCH_TCB_INFO, update);
	want(g, platform, FETCH_QE_IDENTITY, update);
	want(g, platform, FETCH_PCK_CRL, update);
}

/* --- fetching ------------------------------------------------------------ */

static void
on_document(void *arg, const struct fetch_name *name,
    const struct fetched *fetched, const struct dci_failure *failure,
    int64_t retry_after)
{
	struct gather *g = arg;
	struct gathered *d = find(g, name);
	char text[80];

	(void)retry_after;
	fetch_name_text(text, sizeof(text), name);
	if (failure != NULL) {
		d->failure = *failure;
		fprintf(stderr, "not fetched: the %s (%s)\n", text,
		    dci_code_name(failure->code));
	} else {
		writer_put(&d->text, fetched->document.p, fetched->document.n);
		writer_put(&d->chain, fetched->chain.p, fetched->chain.n);
		fprintf(stderr, "fetched: the %s, %zu bytes\n", text,
		    fetched->document.n);
	}
	if (--g->missing == 0)
		event_base_loopbreak(g->base);
}

int
gather_fetch(struct gather *g, const struct collateral_source *source,
    struct dci_failure *f)
{
	struct event_base *base CLEANUP(cleanup_base) = event_base_new();

	if (base == NULL)
		return dci_fail(
		    f, DCI_INTERNAL, "No event loop could be made.");
	struct fetcher *fetcher CLEANUP(cleanup_fetcher) =
	    fetcher_new(base, source, f);
	if (fetcher == NULL)
		return -1;
	g->base = base;
	g->missing = g->n;
	for (size_t i = 0; i < g->n; i++)
		fetcher_get(fetcher, &g->item[i].name, SECONDS, on_document, g);
	if (event_base_dispatch(base) < 0 || g->missing != 0)
		return dci_fail(f, DCI_INTERNAL, "The event loop ended.");
	for (size_t i = 0; i < g->n; i++) {
		*f = g->item[i].failure;
		if (f->code != DCI_OK)
			return -1;
		if (g->item[i].text.failed || g->item[i].chain.failed)
			return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory.");
	}
	return 0;
}

/* --- verifying ----------------------------------------------------------- */

static void
warn_of_dates(const struct document *d, int64_t now)
{
	const struct dci_dates *valid = &d->is.valid;
	char text[80], date[RFC3339_SIZE];

	fetch_name_text(text, sizeof(text), &d->name);
	if (now < valid->issued) {
		rfc3339_encode(date, valid->issued);
		fprintf(stderr,
		    "warning: the %s is valid only from %s on; check this "
		    "machine's clock\n",
		    text, date);
	}
	if (now > valid->next_update) {
		rfc3339_encode(date, valid->next_update);
		fprintf(stderr,
		    "warning: the %s expired at %s; the source is not up to "
		    "date\n",
		    text, date);
	}
}

int
gather_verify(struct gather *g, const struct dci_anchor *anchor, int64_t now,
    struct dci_failure *f)
{
	struct dci_failure why;
	char text[80];

	for (size_t i = 0; i < g->n; i++) {
		struct gathered *d = &g->item[i];

		d->document = document_new(&d->name,
		    (struct bytes){d->text.data, d->text.n},
		    (struct bytes){d->chain.data, d->chain.n},
		    g->item[0].document, anchor, &why);
		if (d->document == NULL) {
			fetch_name_text(text, sizeof(text), &d->name);
			return dci_fail(f, why.code,
			    "What was fetched as the %s is not to be trusted: "
			    "%s",
			    text, why.sentence);
		}
		warn_of_dates(d->document, now);
	}
	return 0;
}

struct dci_collateral
gather_view(const struct gather *g, const struct dci_platform_id *platform,
    enum source_update update, int64_t *end)
{
	struct dci_collateral view = {0};

	*end = INT64_MAX;
	for (enum fetch_item i = 0; i < FETCH_ITEMS; i++) {
		struct fetch_name name = fetch_name_of(i, platform, update);
		const struct document *d = find(g, &name)->document;

		document_put(&view, d);
		if (d->is.valid.next_update < *end)
			*end = d->is.valid.next_update;
	}
	return view;
}
