/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cap on the refusals: database, log and index together never take more
 * than max bytes.  5/8 of that are for the database, the log is copied back
 * from 1/8 on, and one transaction adds at most about 1/8.
 */
#ifndef LEDGER_ROOM_H
#define LEDGER_ROOM_H

#include "ledger/fold.h"
#include "ledger/refusals.h"
#include "ledger/schema.h"

struct refusals {
	sqlite3 *db;
	char *path; /* owned */
	int handle; /* names the database's disk; -1: none */
	bool writer;
	uint64_t max; /* bytes */
	bool batch;   /* a transaction is open */
	size_t batch_bytes;
	sqlite3_stmt *insert, *update, *drop, *next;
	struct fold fold;
};

/* Sets the bounds, and shrinks a file that was made with a larger cap. */
int room_open(struct refusals *, struct dci_failure *f) MUST_CHECK;
/* Before a transaction: whether disk and log have room for one. */
int room_check(struct refusals *, struct dci_failure *f) MUST_CHECK;
/* Within one: drops the oldest until there is room. */
int room_make(struct refusals *, struct dci_failure *f) MUST_CHECK;
/* From how many bytes on a transaction should end. */
size_t room_of_batch(const struct refusals *);

#endif
