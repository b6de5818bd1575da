/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "collateral/load.h"
#include "verifier/collateral.h"

#define PLATFORMS 256 /* in the cache: 5 MB */

struct collateral {
	struct dci_cache *cache;
	size_t n, good;
	struct dci_snapshot *snapshot[VERIFIER_COLLATERALS];
	bool is_good[VERIFIER_COLLATERALS];
};

CLEANUP_TYPE(cleanup_collateral, struct collateral, collateral_close)

static int
add(struct collateral *c, const char *path, const struct dci_anchor *anchor,
    struct dci_failure *f)
{
	struct collateral_files files CLEANUP(collateral_free) = {0};
	struct dci_failure why;

	if (collateral_load(&files, path, f) != 0)
		return -1;
	struct dci_collateral view = collateral_view(&files);
	struct dci_snapshot *s = dci_snapshot_new(&view, anchor);
	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	c->is_good[c->n] = dci_snapshot_check(s, &why) == 0;
	if (c->is_good[c->n])
		c->good++;
	else
		log_note(
		    LOG_LEVEL_WARN, "collateral", "%s: %s", path, why.sentence);
	c->snapshot[c->n++] = s;
	return 0;
}

struct collateral *
collateral_open(const struct verifier_config *config,
    const struct dci_anchor *anchor, struct dci_failure *f)
{
	struct collateral *c CLEANUP(cleanup_collateral) =
	    calloc(1, sizeof(*c));

	if (c == NULL || (c->cache = dci_cache_new(PLATFORMS)) == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
		return NULL;
	}
	for (size_t i = 0; i < config->collaterals; i++) {
		if (add(c, config->collateral[i], anchor, f) != 0)
			return NULL;
	}
	return TAKE(c);
}

void
collateral_close(struct collateral *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		dci_snapshot_free(c->snapshot[i]);
	dci_cache_free(c->cache);
	free(c);
}

struct dci_cache *
collateral_cache(const struct collateral *c)
{
	return c->cache;
}

size_t
collateral_count(const struct collateral *c, size_t *good)
{
	*good = c->good;
	return c->n;
}

/* The first for that platform that has nothing wrong with it, else the first:
 * the verification then says what is wrong. */
static const struct dci_snapshot *
best_for(
    const struct collateral *c, const struct dci_platform_id *id, bool *good)
{
	const struct dci_snapshot *second_best = NULL;
	enum dci_tee tee;
	uint8_t fmspc[6];

	*good = false;
	for (size_t i = 0; i < c->n; i++) {
		if (!dci_snapshot_scope(c->snapshot[i], &tee, fmspc) ||
		    tee != id->tee ||
		    memcmp(fmspc, id->fmspc, sizeof(fmspc)) != 0)
			continue;
		*good = c->is_good[i];
		if (*good)
			return c->snapshot[i];
		if (second_best == NULL)
			second_best = c->snapshot[i];
	}
	return second_best;
}

static const struct dci_snapshot *
none_for(const struct dci_platform_id *id, struct dci_failure *f)
{
	char fmspc[13];

	hex_encode(fmspc, id->fmspc, sizeof(id->fmspc));
	dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
	    "This verifier has no collateral for the platform of this quote: "
	    "FMSPC %s (%s).",
	    fmspc, id->tee == DCI_TEE_TDX ? "TDX" : "SGX");
	return NULL;
}

const struct dci_snapshot *
collateral_choose(const struct collateral *c, struct fetched *fetched,
    const struct dci_quote *quote, struct dci_failure *f)
{
	struct dci_platform_id id;
	bool good, fetched_good = false;

	if (fetched == NULL && c->n == 0) {
		dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
		    "This verifier has no collateral at all, so it cannot "
		    "verify any quote.");
		return NULL;
	}
	/* With a single set there is nothing to choose. */
	if (fetched == NULL && c->n == 1)
		return c->snapshot[0];
	if (dci_quote_claims(&id, quote, f) != 0)
		return NULL;
	const struct dci_snapshot *best = best_for(c, &id, &good);
	if (good || fetched == NULL)
		return best != NULL ? best : none_for(&id, f);
	const struct dci_snapshot *other =
	    fetched_find(fetched, &id, &fetched_good);
	if (other != NULL && (fetched_good || best == NULL))
		return other;
	return best != NULL ? best : none_for(&id, f);
}
