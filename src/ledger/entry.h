/* SPDX-License-Identifier: BSD-3-Clause */
/* A stored row as the list of its cells: hashed, bound and read in one order
 * (SCHEMA_ENTRY_COLUMNS). */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H

#include <openssl/evp.h>

#include "ledger/fields.h"
#include "ledger/sql.h"

enum cell_type { CELL_NULL, CELL_NUMBER, CELL_TEXT, CELL_BLOB };

struct cell {
	enum cell_type type;
	int64_t number;
	struct bytes bytes;
};

/* id and time, the fields of the row, certificate, serial and not_after. */
#define ENTRY_CELLS (2 + FIELDS + 3)

/* The cells of an entry whose chain has that digest; they point into it. */
void entry_cells(struct cell out[static ENTRY_CELLS],
    const struct ledger_entry *, const uint8_t chain[static 32]);
/* The other way; chain is the content.  NULL, or the name of a column that
 * is not as it was written. */
const char *entry_of_cells(struct ledger_entry *,
    const struct cell cells[static ENTRY_CELLS], struct bytes chain) MUST_CHECK;

/*
 * SHA-256(previous, then for each cell its length as u32 little-endian and its
 * bytes; a number is 8 bytes little-endian; NULL is the length 0xffffffff and
 * nothing).  ctx is used as scratch.
 */
void cells_hash(uint8_t out[static 32], EVP_MD_CTX *ctx,
    const uint8_t previous[static 32], const struct cell *cells, size_t n);

/* As the parameters 1 to ENTRY_CELLS, and from the columns 0 to
 * ENTRY_CELLS - 1 (valid until the statement moves on). */
void cells_bind(sqlite3_stmt *, const struct cell cells[static ENTRY_CELLS]);
void cells_read(struct cell out[static ENTRY_CELLS], sqlite3_stmt *);

#endif
