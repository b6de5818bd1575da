/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Refusals: made by anyone, so they live in a database of their own
 * (synchronous=NORMAL), capped in size, oldest dropped, and folded above 60 a
 * minute for one code and address prefix (/24 for IPv4, /56 for IPv6) into one
 * row with a count.
 */
#ifndef LEDGER_REFUSALS_H
#define LEDGER_REFUSALS_H

#include <stdint.h>

#include "base/bytes.h"
#include "dci/code.h"

struct refusal {
	int64_t time; /* seconds; of the first, if folded */
	uint8_t request_id[16];
	struct bytes peer;     /* text: address and port */
	struct bytes code;     /* text: the stable name */
	struct bytes sentence; /* text */
	struct bytes record;   /* JSON text; p NULL: none */
	struct bytes evidence; /* the quote; only where it was genuine */
	int64_t count;         /* 1, or how many were folded into this row */
	int64_t last;          /* time of the last one */
};

struct refusals;

#define REFUSALS_LEAST_BYTES  (1024u * 1024)
#define REFUSALS_DISK_RESERVE (64u * 1024 * 1024)

/* Opens or creates; database, log and index together stay below max_bytes, at
 * least REFUSALS_LEAST_BYTES.  Opens no further files afterwards; asks for the
 * free space by fstatvfs() (where that is denied, the disk is never low). */
struct refusals *refusals_open(
    const char *path, uint64_t max_bytes, struct dci_failure *f) MUST_CHECK;
/* See ledger_open_readonly(). */
struct refusals *refusals_open_readonly(
    const char *path, struct dci_failure *f) MUST_CHECK;
void refusals_close(struct refusals *);

/*
 * Queues or folds one; nothing is lost for the caller if this fails.  Fails
 * with disk-low where less than REFUSALS_DISK_RESERVE (or a 16th of a smaller
 * disk) is free: refusals stop before the ledger has to.  Texts that are too
 * long are cut; a count above 1 says that the argument stands for so many, at
 * most UINT32_MAX; its last is ignored.
 */
int refusals_add(struct refusals *, const struct refusal *,
    struct dci_failure *f) MUST_CHECK;
/* Commits what is queued; call at least once a second. */
int refusals_flush(struct refusals *, struct dci_failure *f) MUST_CHECK;

/* All of them, oldest first; stops when visit returns other than 0 and returns
 * that; -1 with *f on errors.  No lock is held during the visit. */
typedef int (*refusal_visit)(const struct refusal *, int64_t id, void *);
int refusals_each(struct refusals *, refusal_visit, void *arg,
    struct dci_failure *f) MUST_CHECK;

#endif
