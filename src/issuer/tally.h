/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Refusals, told one by one or counted: the first 60 a minute of one code and
 * address prefix are told, the others are counted, as in the refusals
 * (ledger/fold.h).  The memory is fixed.
 */
#ifndef ISSUER_TALLY_H
#define ISSUER_TALLY_H

#include "issuer/messages.h"

struct tally;

/* What was counted of one code and prefix. */
struct tally_sum {
	enum dci_code code;
	char peer[PEER_SIZE]; /* the last one */
	uint32_t count;
	int64_t since, last; /* begin of the minute; time of the last one */
};

struct tally *tally_new(void); /* fatal without memory */

/* Returns whether this one is to be told; if not, it is counted. */
bool tally_tells(struct tally *, enum dci_code, struct bytes peer, int64_t now);
/* Counts so many. */
void tally_count(struct tally *, enum dci_code, struct bytes peer,
    uint32_t count, int64_t now);

/* Visits what was counted, in minutes that are over only unless `all`.  A
 * visit that returns true has taken the sum; otherwise it is kept. */
typedef bool (*tally_visit)(const struct tally_sum *, void *arg);
void tally_each(
    struct tally *, int64_t now, bool all, tally_visit visit, void *arg);

#endif
