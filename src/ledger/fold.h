/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which refusals get a row of their own: the first 60 a minute of one code and
 * address prefix (/24 for IPv4, /56 for IPv6); the others are counted in one
 * row.  The memory is fixed: where more prefixes are busy in one minute than
 * there are slots, the rest share one slot for each code.
 */
#ifndef LEDGER_FOLD_H
#define LEDGER_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "dci/code.h"

#define FOLD_SLOTS  1024
#define FOLD_SHARED (DCI_CODES + 1) /* the last one: unknown codes */
#define FOLD_ALL    (FOLD_SLOTS + FOLD_SHARED)

struct fold_slot {
	uint8_t key[16];
	int64_t start;    /* of its minute */
	int64_t row;      /* id of the row that counts; 0: none yet */
	int64_t last;     /* time of the last one counted */
	uint32_t rows;    /* rows of their own in this minute */
	uint32_t pending; /* counted, and not yet in the row */
};

struct fold {
	struct fold_slot slot[FOLD_ALL];
};

/* The prefix of a peer in *out, and its length in bytes: 3 for IPv4, 7 for
 * IPv6, 0 for a text that is no address and port.  IPv4-mapped IPv6 is IPv4. */
size_t fold_prefix(uint8_t out[static 7], struct bytes peer);

/* The slot of one code and peer.  Its minute may be over, with a count still
 * to be written before fold_begin(). */
struct fold_slot *fold_find(
    struct fold *, struct bytes code, struct bytes peer, int64_t now);
bool fold_over(const struct fold_slot *, int64_t now);
/* Begins the slot's next minute. */
void fold_begin(struct fold_slot *, int64_t now);
/* Forgets all rows: they were rolled back. */
void fold_forget(struct fold *);

#endif
