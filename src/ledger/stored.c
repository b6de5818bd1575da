/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "ledger/store.h"

/* After the cells come previous, hash and the content of the chain. */
#define COLUMN_PREVIOUS ENTRY_CELLS
#define COLUMN_HASH     (ENTRY_CELLS + 1)
#define COLUMN_CHAIN    (ENTRY_CELLS + 2)

void
stored_free(struct stored *row)
{
	free(row->memory);
	row->memory = NULL;
}

static void
bytes_move(struct bytes *b, uint8_t **to)
{
	if (b->n > 0)
		memcpy(*to, b->p, b->n);
	if (b->p != NULL)
		b->p = *to;
	*to += b->n;
}

/* Copies what the cells point to out of SQLite's memory. */
static bool
stored_keep(struct stored *row)
{
	size_t total = row->chain.n + 1;

	for (size_t i = 0; i < ENTRY_CELLS; i++)
		total += row->cells[i].bytes.n;
	uint8_t *p = row->memory = malloc(total);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < ENTRY_CELLS; i++)
		bytes_move(&row->cells[i].bytes, &p);
	bytes_move(&row->chain, &p);
	return true;
}

static int
stored_read(
    struct stored *row, sqlite3 *db, sqlite3_stmt *s, struct dci_failure *f)
{
	struct bytes previous = sql_column(s, COLUMN_PREVIOUS);
	struct bytes hash = sql_column(s, COLUMN_HASH);

	cells_read(row->cells, s);
	row->chain = sql_column(s, COLUMN_CHAIN);
	if (previous.n != 32 || hash.n != 32)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "Row %lld of %s has no whole hash. %s",
		    (long long)row->cells[0].number,
		    sqlite3_db_filename(db, "main"),
		    dci_code_remedy(DCI_LEDGER_DAMAGED));
	memcpy(row->previous, previous.p, 32);
	memcpy(row->hash, hash.p, 32);
	if (!stored_keep(row))
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a row of the ledger.");
	return 0;
}

int
stored_take(struct stored *row, struct ledger *l, sqlite3_stmt *s,
    struct dci_failure *f)
{
	int result = -1;

	row->memory = NULL;
	switch (sql_step(s)) {
	case SQLITE_ROW:
		result = stored_read(row, l->db, s, f);
		break;
	case SQLITE_DONE:
		result = 1;
		break;
	default:
		sql_fail(l->db, f, "A row cannot be read");
		break;
	}
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return result;
}

int
stored_after(
    struct stored *row, struct ledger *l, int64_t id, struct dci_failure *f)
{
	sqlite3_bind_int64(l->next, 1, id);
	return stored_take(row, l, l->next, f);
}

int
stored_after_live(struct stored *row, struct ledger *l, int64_t not_after,
    int64_t id, struct dci_failure *f)
{
	sqlite3_bind_int64(l->next_live, 1, not_after);
	sqlite3_bind_int64(l->next_live, 2, id);
	return stored_take(row, l, l->next_live, f);
}

void
stored_hash(uint8_t out[static 32], struct ledger *l, const struct stored *row)
{
	cells_hash(out, l->scratch, row->previous, row->cells, ENTRY_CELLS);
}
