/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the ledger share. */
#ifndef LEDGER_STORE_H
#define LEDGER_STORE_H

#include "ledger/clock.h"
#include "ledger/entry.h"
#include "ledger/ledger.h"
#include "ledger/schema.h"

#define LEDGER_CLOCK_SLACK 300 /* seconds that the clock may be behind */

/* The end of the chain. */
struct head {
	int64_t id; /* of the last row; 0: none */
	int64_t newest;
	uint8_t hash[32];
};

struct ledger {
	sqlite3 *db;
	bool writer;
	bool batch;  /* between begin and commit */
	bool broken; /* an fsync failed: nobody knows what is on disk */
	struct head head, before; /* before: as it was at ledger_begin() */
	EVP_MD_CTX *scratch;
	/* Writer: */
	sqlite3_stmt *insert, *put_chain, *used, *secrets;
	sqlite3_stmt *begin, *commit, *rollback;
	/* Everyone: */
	sqlite3_stmt *next, *next_live, *by_serial, *newest;
};

/* One row as it lies in the database, copied out of it. */
struct stored {
	struct cell cells[ENTRY_CELLS];
	struct bytes chain; /* p NULL: missing */
	uint8_t previous[32], hash[32];
	uint8_t *memory; /* owned: what the cells point to */
};

void stored_free(struct stored *);
/* Takes the row that a bound statement yields first, and resets it, so that
 * no transaction stays open.  0, 1 for no row, -1 with *f. */
int stored_take(struct stored *, struct ledger *, sqlite3_stmt *,
    struct dci_failure *f) MUST_CHECK;
/* The first row after that id. */
int stored_after(struct stored *, struct ledger *, int64_t id,
    struct dci_failure *f) MUST_CHECK;
/* The first certificate that ends after that, by (not_after, id). */
int stored_after_live(struct stored *, struct ledger *, int64_t not_after,
    int64_t id, struct dci_failure *f) MUST_CHECK;
/* The hash over its cells and ->previous. */
void stored_hash(
    uint8_t out[static 32], struct ledger *, const struct stored *);

/* The newest time in all rows that count: the last correction sets those before
 * it aside. */
int ledger_read_newest(
    struct ledger *, int64_t *, struct dci_failure *f) MUST_CHECK;

#endif
