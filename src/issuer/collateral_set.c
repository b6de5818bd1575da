/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/log.h"
#include "issuer/collateral_set.h"
#include "issuer/platform_id.h"

/* A set that was verified, shared by the collections that have it. */
struct verified {
	unsigned users;
	uint8_t digest[32];
	struct dci_snapshot *snapshot;
};

struct collateral_set {
	uint8_t *file; /* until all sets are verified */
	struct reader rest;
	bool more;
	size_t size, done;
	struct {
		struct verified *verified;
		bool fresh;
	} set[COLLATERAL_SETS];
};

static void
verified_release(struct verified *v)
{
	if (v == NULL || --v->users > 0)
		return;
	dci_snapshot_free(v->snapshot);
	free(v);
}

struct collateral_set *
collateral_set_open(struct bytes file)
{
	struct collateral_set *s = calloc(1, sizeof(*s));
	struct bytes text;

	if (s == NULL || (s->file = malloc(file.n + 1)) == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	if (file.n > 0)
		memcpy(s->file, file.p, file.n);
	if (!collateral_file_open(
		(struct bytes){s->file, file.n}, &s->more, &text) ||
	    !collateral_text_count(text, COLLATERAL_SETS, &s->size)) {
		collateral_set_free(s);
		return NULL;
	}
	s->rest = reader_of(text.p, text.n);
	return s;
}

void
collateral_set_free(struct collateral_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->done; i++)
		verified_release(s->set[i].verified);
	free(s->file);
	free(s);
}

size_t
collateral_set_size(const struct collateral_set *s)
{
	return s->size;
}

bool
collateral_set_more(const struct collateral_set *s)
{
	return s->more;
}

const struct dci_snapshot *
collateral_set_snapshot(const struct collateral_set *s, size_t i)
{
	return s->set[i].verified->snapshot;
}

bool
collateral_set_is_fresh(const struct collateral_set *s, size_t i)
{
	return s->set[i].fresh;
}

static struct verified *
find(const struct collateral_set *s, const uint8_t digest[static 32])
{
	for (size_t i = 0; s != NULL && i < s->done; i++) {
		struct verified *v = s->set[i].verified;

		if (memcmp(v->digest, digest, sizeof(v->digest)) == 0)
			return v;
	}
	return NULL;
}

static struct verified *
verify(const struct dci_collateral *c, const uint8_t digest[static 32],
    const struct dci_anchor *anchor)
{
	struct verified *v = calloc(1, sizeof(*v));

	if (v == NULL || (v->snapshot = dci_snapshot_new(c, anchor)) == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	memcpy(v->digest, digest, sizeof(v->digest));
	return v;
}

bool
collateral_set_verify_next(struct collateral_set *s,
    const struct dci_anchor *anchor, const struct collateral_set *old)
{
	struct dci_collateral c;
	uint8_t digest[32];

	if (!collateral_text_next(&s->rest, &c)) {
		free(TAKE(s->file));
		return false;
	}
	collateral_digest(digest, &c);
	struct verified *v = find(old, digest);
	s->set[s->done].fresh = v == NULL;
	if (v == NULL && (v = find(s, digest)) == NULL)
		v = verify(&c, digest, anchor);
	v->users++;
	s->set[s->done++].verified = v;
	return true;
}

/* --- choosing
 * ----------------------------------------------------------------- */

/* What is usable of it is for that platform. */
static bool
fits(const struct dci_snapshot *s, const struct dci_platform_id *id)
{
	struct dci_described pck_crl;
	enum dci_tee tee;
	uint8_t fmspc[6];

	if (!dci_snapshot_scope(s, &tee, fmspc) || tee != id->tee ||
	    memcmp(fmspc, id->fmspc, sizeof(fmspc)) != 0)
		return false;
	dci_snapshot_describe(&pck_crl, s, DCI_DOC_PCK_CRL);
	return pck_crl.failure.code != DCI_OK ||
	       pck_crl.platform_ca == id->platform_ca;
}

static int
compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* Both have nothing wrong with them, and are for one platform. */
static bool
is_newer(const struct dci_snapshot *a, const struct dci_snapshot *b)
{
	static const enum dci_document documents[] = {
	    DCI_DOC_TCB_INFO, DCI_DOC_QE_IDENTITY, DCI_DOC_PCK_CRL};

	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		struct dci_described of_a, of_b;

		dci_snapshot_describe(&of_a, a, documents[i]);
		dci_snapshot_describe(&of_b, b, documents[i]);
		int order = compare(of_a.evaluation, of_b.evaluation);
		if (order == 0)
			order = compare(of_a.dates.issued, of_b.dates.issued);
		if (order != 0)
			return order > 0;
	}
	return false;
}

static const struct dci_snapshot *
best_for(const struct collateral_set *s, const struct dci_platform_id *id)
{
	const struct dci_snapshot *good = NULL, *other = NULL;
	struct dci_failure ignored;

	for (size_t i = 0; i < s->done; i++) {
		const struct dci_snapshot *one = collateral_set_snapshot(s, i);

		if (!fits(one, id))
			continue;
		if (dci_snapshot_check(one, &ignored) != 0)
			other = other != NULL ? other : one;
		else if (good == NULL || is_newer(one, good))
			good = one;
	}
	return good != NULL ? good : other;
}

/* The verification says better what is wrong with the only set that there will
 * be than that there is no other. */
static const struct dci_snapshot *
only_one(const struct collateral_set *s)
{
	return s->done == 1 && !s->more ? collateral_set_snapshot(s, 0) : NULL;
}

const struct dci_snapshot *
collateral_set_choose(
    void *arg, const struct dci_quote *quote, struct dci_failure *f)
{
	const struct collateral_set *s = arg;
	const struct dci_snapshot *best = only_one(s);
	struct dci_platform_id id;
	char platform[PLATFORM_ID_TEXT];

	if (best != NULL)
		return best;
	if (s->done == 0 && !s->more) {
		dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
		    "The issuer has no collateral at all, so it cannot verify "
		    "any quote. Give it a source, or files with --collateral.");
		return NULL;
	}
	if (dci_quote_claims(&id, quote, f) != 0)
		return NULL;
	if ((best = best_for(s, &id)) != NULL)
		return best;
	platform_id_text(platform, &id);
	dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
	    "The issuer has no collateral for the platform of this quote: %s; "
	    "it has %zu other sets.",
	    platform, s->done);
	return NULL;
}
