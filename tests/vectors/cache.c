/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every SGX row of the vectors in random order, and mutations of them (bits,
 * parts of other quotes of the same platform or not, other times), with one
 * cache for all: never another verdict, code or record than without it.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/quote_parts.h"
#include "tests/unit/random.h"
#include "tests/unit/same.h"
#include "tests/vectors/bundle.h"

#define ROWS_MAX  512
#define MUTATIONS 4000
#define PLATFORMS 24 /* fewer than there are */

static struct row {
	struct bundle b;
	struct dci_snapshot *snapshot;
} row[ROWS_MAX];
static size_t rows;
static unsigned run, failed, genuine;
static struct dci_verification cold, warm;

static void
row_load(const json_t *from)
{
	struct dci_collateral c;
	struct row *r = &row[rows++];

	bundle_load(&r->b, from);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		c.doc[i].data = r->b.doc[i].p;
		c.doc[i].n = r->b.doc[i].n;
	}
	r->snapshot = dci_snapshot_new(&c, &dci_anchor_intel);
	if (r->snapshot == NULL)
		abort();
}

static void
compare(const struct row *r, const uint8_t *quote, size_t n, int64_t at,
    struct dci_cache *cache)
{
	struct dci_tolerance all = {.grace = DCI_UNLIMITED};
	const struct dci_tolerance *t = random_below(2) == 0 ? &all : NULL;

	same_prepare(&cold);
	same_prepare(&warm);
	dci_verify_quote(&cold, quote, n, r->snapshot, at, t, NULL);
	dci_verify_quote(&warm, quote, n, r->snapshot, at, t, cache);
	const char *differs = same_differs(&cold, &warm);
	run++;
	genuine += warm.failure.code == DCI_OK;
	if (differs == NULL)
		return;
	failed++;
	printf("# %s differs: %s; %s\n", differs, cold.failure.sentence,
	    warm.failure.sentence);
}

/* Twice, so that the second time is warm. */
static void
compare_all(struct dci_cache *cache)
{
	for (size_t i = 0; i < 4 * rows; i++) {
		const struct row *r = &row[random_below(rows)];

		compare(r, r->b.quote.p, r->b.quote.n, r->b.time, cache);
		compare(r, r->b.quote.p, r->b.quote.n, r->b.time, cache);
	}
}

static void
flip_part(struct quote_parts *q)
{
	static uint8_t copy[LIMIT_QUOTE];
	struct bytes *part = &q->part[random_below(PARTS)];

	if (part->n == 0)
		return;
	memcpy(copy, part->p, part->n);
	copy[random_below(part->n)] ^= (uint8_t)(1u << random_below(8));
	part->p = copy;
}

static void
swap_part(struct quote_parts *q)
{
	const struct row *other = &row[random_below(rows)];
	enum part which = (enum part)random_below(PARTS);
	struct quote_parts o;

	quote_split(&o, other->b.quote.p, other->b.quote.n);
	q->part[which] = o.part[which];
}

static void
compare_mutation(struct dci_cache *cache)
{
	const struct row *r = &row[random_below(rows)];
	int64_t at = r->b.time;
	struct quote_parts q;

	/* The platform is known. */
	compare(r, r->b.quote.p, r->b.quote.n, at, cache);
	quote_split(&q, r->b.quote.p, r->b.quote.n);
	for (size_t n = random_below(3); n > 0; n--)
		swap_part(&q);
	if (random_below(2) == 0)
		flip_part(&q);
	if (random_below(3) == 0)
		at += (int64_t)random_below(4000) * 86400 - 2000 * 86400;
	struct writer w = quote_join(&q);
	compare(r, w.data, w.n, at, cache);
	writer_free(&w);
}

static void
report(const char *name)
{
	static unsigned n;

	printf("%s %u - %s\n", failed == 0 ? "ok" : "not ok", ++n, name);
}

int
main(void)
{
	json_t *list = vectors_rows();
	const json_t *from;
	size_t i;

	if (list == NULL) {
		printf("1..0 # SKIP no vectors in %s\n", vectors_folder());
		return 0;
	}
	random_seed();
	json_array_foreach (list, i, from) {
		const char *tee =
		    json_string_value(json_object_get(from, "tee"));

		if (strcmp(tee, "SGX") == 0 && rows < ROWS_MAX)
			row_load(from);
	}
	struct dci_cache *cache = dci_cache_new(PLATFORMS);
	compare_all(cache);
	report("the rows as they are");
	for (i = 0; i < MUTATIONS; i++)
		compare_mutation(cache);
	report("mutations of them");
	printf("1..2\n# %u comparisons of %zu rows, %u genuine; %u differ\n",
	    run, rows, genuine, failed);
	dci_cache_free(cache);
	for (i = 0; i < rows; i++) {
		dci_snapshot_free(row[i].snapshot);
		bundle_free(&row[i].b);
	}
	json_decref(list);
	return failed == 0 ? 0 : 1;
}
