/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "issuer/collateral_text.h"
#include "issuer/shelf.h"

enum stored { STORED_NO, STORED_IN_BATCH, STORED_YES };

struct snapshot {
	TAILQ_ENTRY(snapshot) next;
	uint8_t digest[32];
	enum stored stored;
	bool current;                            /* in the last file */
	int64_t removed;                         /* when it was not any more */
	struct bytes document[LEDGER_DOCUMENTS]; /* point into bytes */
	size_t n;
	uint8_t bytes[];
};

struct shelf {
	/* Those that are current last, those removed first before them. */
	TAILQ_HEAD(, snapshot) all;
	size_t removed_bytes;
};

struct shelf *
shelf_new(void)
{
	struct shelf *s = calloc(1, sizeof(*s));

	if (s == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	TAILQ_INIT(&s->all);
	return s;
}

static struct snapshot *
find(const struct shelf *s, const uint8_t digest[static 32])
{
	struct snapshot *i;

	TAILQ_FOREACH (i, &s->all, next) {
		if (memcmp(i->digest, digest, sizeof(i->digest)) == 0)
			return i;
	}
	return NULL;
}

static struct snapshot *
snapshot_new(const struct dci_collateral *c, const uint8_t digest[static 32])
{
	size_t n = 0;

	_Static_assert(LEDGER_DOCUMENTS == (int)DCI_DOCUMENTS, "documents");
	for (size_t d = 0; d < LEDGER_DOCUMENTS; d++)
		n += c->doc[d].n;
	struct snapshot *i = calloc(1, sizeof(*i) + n + 1);
	if (i == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	memcpy(i->digest, digest, sizeof(i->digest));
	for (size_t d = 0; d < LEDGER_DOCUMENTS; d++) {
		if (c->doc[d].data == NULL)
			continue;
		i->document[d] = (struct bytes){i->bytes + i->n, c->doc[d].n};
		memcpy(i->bytes + i->n, c->doc[d].data, c->doc[d].n);
		i->n += c->doc[d].n;
	}
	return i;
}

static void
take(struct shelf *s, const struct dci_collateral *c)
{
	uint8_t digest[32];

	collateral_digest(digest, c);
	struct snapshot *i = find(s, digest);
	if (i == NULL) {
		i = snapshot_new(c, digest);
	} else {
		TAILQ_REMOVE(&s->all, i, next);
		if (i->removed != 0)
			s->removed_bytes -= i->n;
	}
	i->removed = 0;
	i->current = true;
	TAILQ_INSERT_TAIL(&s->all, i, next);
}

static void
drop(struct shelf *s, struct snapshot *i)
{
	s->removed_bytes -= i->n;
	TAILQ_REMOVE(&s->all, i, next);
	free(i);
}

/* What is not current, the longest removed first. */
static void
tidy(struct shelf *s, int64_t now)
{
	struct snapshot *i;

	TAILQ_FOREACH (i, &s->all, next) {
		if (i->current || i->removed != 0)
			continue;
		i->removed = now;
		s->removed_bytes += i->n;
	}
	while ((i = TAILQ_FIRST(&s->all)) != NULL && i->removed != 0 &&
	       (s->removed_bytes > LIMIT_PUBLISHED ||
		   now - i->removed > LIMIT_SHELF_SECONDS))
		drop(s, i);
}

bool
shelf_fill(struct shelf *s, struct bytes file, int64_t now)
{
	struct dci_collateral c;
	struct snapshot *i;
	struct bytes text;
	size_t sets;
	bool more;

	if (!collateral_file_open(file, &more, &text) ||
	    !collateral_text_count(text, COLLATERAL_SETS, &sets))
		return false;
	TAILQ_FOREACH (i, &s->all, next)
		i->current = false;
	struct reader r = reader_of(text.p, text.n);
	while (collateral_text_next(&r, &c))
		take(s, &c);
	tidy(s, now);
	return true;
}

int
shelf_put(struct shelf *s, struct ledger *l, const uint8_t snapshot[static 32],
    struct dci_failure *f)
{
	struct snapshot *i = find(s, snapshot);

	if (i == NULL || i->stored != STORED_NO)
		return 0;
	if (ledger_put_snapshot(l, i->digest, i->document, f) != 0)
		return -1;
	i->stored = STORED_IN_BATCH;
	return 0;
}

void
shelf_settle(struct shelf *s, bool committed)
{
	struct snapshot *i;

	TAILQ_FOREACH (i, &s->all, next) {
		if (i->stored == STORED_IN_BATCH)
			i->stored = committed ? STORED_YES : STORED_NO;
	}
}
