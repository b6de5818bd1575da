/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "collateral/load.h"
#include "issuer/collateral_set.h"

struct collateral_set {
	uint8_t *data;
	size_t n;
	struct {
		struct dci_collateral documents;
		struct dci_snapshot *snapshot;
	} set[COLLATERAL_SETS];
};

#define MISSING UINT32_MAX

static void
write_documents(struct writer *w, const struct dci_collateral *c)
{
	for (size_t d = 0; d < DCI_DOCUMENTS; d++) {
		if (c->doc[d].data == NULL)
			writer_u32le(w, MISSING);
		else
			writer_blob32(w, c->doc[d].data, c->doc[d].n);
	}
}

int
collateral_set_load(struct writer *w, size_t paths, const char *const *path,
    struct dci_failure *f)
{
	for (size_t i = 0; i < paths; i++) {
		struct collateral_files files;

		if (collateral_load(&files, path[i], f) != 0)
			return -1;
		struct dci_collateral view = collateral_view(&files);
		write_documents(w, &view);
		collateral_free(&files);
		if (w->failed)
			return dci_fail(f, DCI_FILE_TOO_LARGE,
			    "All collateral together is larger than the %zu "
			    "bytes that are accepted.",
			    w->max);
	}
	return 0;
}

static bool
read_documents(struct reader *r, struct dci_collateral *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t d = 0; d < DCI_DOCUMENTS; d++) {
		struct reader ahead = *r;
		uint32_t n;
		struct bytes b;

		if (!reader_u32le(&ahead, &n))
			return false;
		if (n == MISSING) {
			*r = ahead;
			continue;
		}
		if (!reader_blob32(r, &b))
			return false;
		/* An empty file is there, but empty. */
		c->doc[d].data = b.p;
		c->doc[d].n = b.n;
	}
	return true;
}

struct collateral_set *
collateral_set_open(struct bytes text)
{
	struct collateral_set *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->data = malloc(text.n + 1)) == NULL)
		log_fatal("start-failed", "no memory for collateral");
	if (text.n > 0)
		memcpy(s->data, text.p, text.n);
	struct reader r = reader_of(s->data, text.n);
	while (!reader_done(&r)) {
		if (s->n == COLLATERAL_SETS ||
		    !read_documents(&r, &s->set[s->n].documents))
			log_fatal("ipc", "bad internal framing: collateral");
		s->n++;
	}
	return s;
}

void
collateral_set_free(struct collateral_set *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		dci_snapshot_free(s->set[i].snapshot);
	free(s->data);
	free(s);
}

size_t
collateral_set_size(const struct collateral_set *s)
{
	return s->n;
}

struct dci_collateral
collateral_set_documents(const struct collateral_set *s, size_t i)
{
	return s->set[i].documents;
}

const struct dci_snapshot *
collateral_set_snapshot(const struct collateral_set *s, size_t i)
{
	return s->set[i].snapshot;
}

void
collateral_set_verify(struct collateral_set *s, const struct dci_anchor *anchor)
{
	for (size_t i = 0; i < s->n; i++) {
		s->set[i].snapshot =
		    dci_snapshot_new(&s->set[i].documents, anchor);
		if (s->set[i].snapshot == NULL)
			log_fatal("start-failed", "no memory for collateral");
	}
}

static bool
fits(const struct dci_snapshot *s, const struct dci_platform_id *id)
{
	enum dci_tee tee;
	uint8_t fmspc[6];

	return dci_snapshot_scope(s, &tee, fmspc) && tee == id->tee &&
	    memcmp(fmspc, id->fmspc, sizeof(fmspc)) == 0;
}

static const struct dci_snapshot *
best_for(const struct collateral_set *s, const struct dci_platform_id *id)
{
	const struct dci_snapshot *second_best = NULL;
	struct dci_failure ignored;

	for (size_t i = 0; i < s->n; i++) {
		if (!fits(s->set[i].snapshot, id))
			continue;
		if (dci_snapshot_check(s->set[i].snapshot, &ignored) == 0)
			return s->set[i].snapshot;
		if (second_best == NULL)
			second_best = s->set[i].snapshot;
	}
	return second_best;
}

const struct dci_snapshot *
collateral_set_choose(
    void *arg, const struct dci_quote *quote, struct dci_failure *f)
{
	const struct collateral_set *s = arg;
	struct dci_platform_id id;
	char fmspc[13];

	/* With a single set there is nothing to choose, and if it is for
	 * another platform the verification says so exactly. */
	if (s->n == 1)
		return s->set[0].snapshot;
	if (s->n == 0) {
		dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
		    "The issuer has no collateral at all, so it cannot verify "
		    "any quote. Give it some with --collateral.");
		return NULL;
	}
	if (dci_quote_claims(&id, quote, f) != 0)
		return NULL;
	const struct dci_snapshot *best = best_for(s, &id);
	if (best != NULL)
		return best;
	hex_encode(fmspc, id.fmspc, sizeof(id.fmspc));
	dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
	    "The issuer has no collateral for the platform of this quote: "
	    "FMSPC %s (%s); it has %zu other sets. Add it with --collateral.",
	    fmspc, id.tee == DCI_TEE_TDX ? "TDX" : "SGX", s->n);
	return NULL;
}
