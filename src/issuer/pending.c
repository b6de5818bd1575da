/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "issuer/pending.h"

#define PENDING_BUCKETS 4096

struct pending_table {
	struct pending *bucket[PENDING_BUCKETS];
	size_t count[WORKERS_MAX];
};

struct pending *
pending_new(unsigned appraiser, uint64_t ticket)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		log_fatal("out-of-memory", "no memory for a request");
	p->appraiser = appraiser;
	p->ticket = ticket;
	return p;
}

void
pending_free(struct pending *p)
{
	free(p->encoded);
	free(p);
}

bool
pending_take_row(
    struct pending *p, const struct m_row *in, struct bytes encoded)
{
	p->encoded = malloc(encoded.n + 1);
	if (p->encoded == NULL)
		log_fatal("out-of-memory", "no memory for a row");
	memcpy(p->encoded, encoded.p, encoded.n);
	if (in->kind == LEDGER_CERTIFICATE)
		sha256(p->row_digest, p->encoded, encoded.n);
	p->connection = in->connection;
	p->kind = in->kind;
	memcpy(p->request_id, in->request_id, sizeof(p->request_id));
	return ledger_row_decode(
		   &p->row, (struct bytes){p->encoded, encoded.n}) &&
	       p->row.kind == in->kind &&
	       memcmp(p->row.request_id, in->request_id, REQUEST_ID_SIZE) == 0;
}

/* --- the table ------------------------------------------------------------ */

struct pending_table *
pending_table_new(void)
{
	struct pending_table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		log_fatal("start-failed", "out of memory");
	return t;
}

/* Where the one with that ticket is, or would be. */
static struct pending **
slot_of(struct pending_table *t, unsigned appraiser, uint64_t ticket)
{
	struct pending **slot = &t->bucket[ticket % PENDING_BUCKETS];

	while (*slot != NULL &&
	       ((*slot)->appraiser != appraiser || (*slot)->ticket != ticket))
		slot = &(*slot)->next;
	return slot;
}

static void
unlink_slot(struct pending_table *t, struct pending **slot)
{
	struct pending *p = *slot;

	*slot = p->next;
	t->count[p->appraiser]--;
}

struct pending *
pending_find(struct pending_table *t, unsigned appraiser, uint64_t ticket)
{
	struct pending **slot = slot_of(t, appraiser, ticket);

	if (*slot == NULL) {
		*slot = pending_new(appraiser, ticket);
		t->count[appraiser]++;
	}
	return *slot;
}

void
pending_take(struct pending_table *t, const struct pending *p)
{
	unlink_slot(t, slot_of(t, p->appraiser, p->ticket));
}

size_t
pending_count(const struct pending_table *t, unsigned appraiser)
{
	return t->count[appraiser];
}

void
pending_forget(struct pending_table *t, unsigned appraiser)
{
	for (size_t i = 0; i < PENDING_BUCKETS; i++) {
		struct pending **slot = &t->bucket[i];

		while (*slot != NULL) {
			struct pending *p = *slot;

			if (p->appraiser != appraiser) {
				slot = &p->next;
				continue;
			}
			unlink_slot(t, slot);
			pending_free(p);
		}
	}
}
