/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/tally.h"
#include "ledger/fold.h"

/* What a slot of the same index counts. */
struct label {
	enum dci_code code;
	char peer[PEER_SIZE];
};

struct tally {
	struct fold fold;
	struct label label[FOLD_ALL];
};

struct tally *
tally_new(void)
{
	struct tally *t = calloc(1, sizeof(*t));

	if (t == NULL)
		log_fatal("start-failed", "out of memory");
	return t;
}

static struct fold_slot *
slot_now(struct tally *t, enum dci_code code, struct bytes peer, int64_t now)
{
	const char *name = dci_code_name(code);
	struct bytes text = {(const uint8_t *)name, strlen(name)};
	struct fold_slot *slot = fold_find(&t->fold, text, peer, now);

	if (fold_over(slot, now)) {
		/* What nobody has taken yet goes along. */
		uint32_t pending = slot->pending;

		fold_begin(slot, now);
		slot->pending = pending;
	}
	return slot;
}

static void
count_in(struct tally *t, struct fold_slot *slot, enum dci_code code,
    struct bytes peer, uint32_t count, int64_t now)
{
	struct label *label = &t->label[slot - t->fold.slot];
	size_t n = peer.n < PEER_SIZE ? peer.n : PEER_SIZE - 1;

	label->code = code;
	if (n > 0)
		memcpy(label->peer, peer.p, n);
	label->peer[n] = '\0';
	slot->last = now;
	slot->pending = count > UINT32_MAX - slot->pending
			    ? UINT32_MAX
			    : slot->pending + count;
}

bool
tally_tells(struct tally *t, enum dci_code code, struct bytes peer, int64_t now)
{
	struct fold_slot *slot = slot_now(t, code, peer, now);

	if (slot->rows < LIMIT_REFUSALS_PER_MINUTE) {
		slot->rows++;
		return true;
	}
	count_in(t, slot, code, peer, 1, now);
	return false;
}

void
tally_count(struct tally *t, enum dci_code code, struct bytes peer,
    uint32_t count, int64_t now)
{
	count_in(t, slot_now(t, code, peer, now), code, peer, count, now);
}

void
tally_each(struct tally *t, int64_t now, bool all, tally_visit visit, void *arg)
{
	for (size_t i = 0; i < FOLD_ALL; i++) {
		struct fold_slot *slot = &t->fold.slot[i];
		struct tally_sum sum = {.code = t->label[i].code,
		    .count = slot->pending,
		    .since = slot->start,
		    .last = slot->last};

		if (slot->pending == 0 || (!all && !fold_over(slot, now)))
			continue;
		memcpy(sum.peer, t->label[i].peer, PEER_SIZE);
		if (visit(&sum, arg))
			slot->pending = 0;
	}
}
