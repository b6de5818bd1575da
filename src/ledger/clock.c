/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/text.h"
#include "ledger/store.h"

#define COLUMNS "id, after, time, newest, issued"
#define NUMBERS 5

void
ledger_correction_hash(
    uint8_t out[static 32], struct ledger *l, const struct ledger_correction *c)
{
	const int64_t number[NUMBERS] = {
	    c->id, c->after, c->time, c->newest, c->issued};
	struct cell cells[NUMBERS];

	for (size_t i = 0; i < NUMBERS; i++)
		cells[i] =
		    (struct cell){.type = CELL_NUMBER, .number = number[i]};
	cells_hash(out, l->scratch, c->previous, cells, NUMBERS);
}

/* --- reading ---------------------------------------------------------------
 */

static int
read_row(struct ledger_correction *c, struct ledger *l, sqlite3_stmt *s,
    struct dci_failure *f)
{
	struct bytes previous = sql_column(s, NUMBERS);
	struct bytes hash = sql_column(s, NUMBERS + 1);

	*c = (struct ledger_correction){.id = sqlite3_column_int64(s, 0),
	    .after = sqlite3_column_int64(s, 1),
	    .time = sqlite3_column_int64(s, 2),
	    .newest = sqlite3_column_int64(s, 3),
	    .issued = sqlite3_column_int64(s, 4)};
	if (previous.n != 32 || hash.n != 32)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "Correction %lld of %s has no whole hash. %s",
		    (long long)c->id, sqlite3_db_filename(l->db, "main"),
		    dci_code_remedy(DCI_LEDGER_DAMAGED));
	memcpy(c->previous, previous.p, 32);
	memcpy(c->hash, hash.p, 32);
	return 0;
}

/* A file of the version before has no such table. */
static int
read_one(struct ledger_correction *c, struct ledger *l, const char *query,
    int64_t id, struct dci_failure *f)
{
	int64_t version;

	if (sql_number(l->db, "PRAGMA user_version", &version, f) != 0)
		return -1;
	if (version < LEDGER_VERSION_CORRECTIONS)
		return 1;
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db, query, f);
	if (s == NULL)
		return -1;
	sqlite3_bind_int64(s, 1, id);
	switch (sql_step(s)) {
	case SQLITE_ROW:
		return read_row(c, l, s, f);
	case SQLITE_DONE:
		return 1;
	default:
		return sql_fail(l->db, f, "Corrections cannot be read");
	}
}

int
ledger_correction_after(struct ledger *l, int64_t id,
    struct ledger_correction *c, struct dci_failure *f)
{
	return read_one(c, l,
	    "SELECT " COLUMNS ", previous, hash FROM correction "
	    "WHERE id > ?1 ORDER BY id LIMIT 1",
	    id, f);
}

int
ledger_correction_last(
    struct ledger *l, struct ledger_correction *c, struct dci_failure *f)
{
	return read_one(c, l,
	    "SELECT " COLUMNS ", previous, hash FROM correction "
	    "WHERE id > ?1 ORDER BY id DESC LIMIT 1",
	    0, f);
}

int
ledger_correction_head(struct ledger *l, int64_t row, uint8_t head[static 32],
    struct dci_failure *f)
{
	struct ledger_correction last;
	int rc = ledger_correction_last(l, &last, f);

	if (rc == 0 && last.after == row)
		memcpy(head, last.hash, 32);
	return rc < 0 ? -1 : 0;
}

/* --- writing ---------------------------------------------------------------
 */

static int
insert(
    struct ledger *l, const struct ledger_correction *c, struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(l->db,
	    "INSERT INTO correction (" COLUMNS ", previous, hash) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	    f);

	if (s == NULL)
		return -1;
	sqlite3_bind_int64(s, 1, c->id);
	sqlite3_bind_int64(s, 2, c->after);
	sqlite3_bind_int64(s, 3, c->time);
	sqlite3_bind_int64(s, 4, c->newest);
	sqlite3_bind_int64(s, 5, c->issued);
	sql_bind_blob(s, 6, (struct bytes){c->previous, 32});
	sql_bind_blob(s, 7, (struct bytes){c->hash, 32});
	return sql_run(l->db, s, "A correction cannot be written", f);
}

/* Whether there is something to be corrected, and it is not this clock. */
static int
check_need(const struct ledger_correction *c, struct dci_failure *f)
{
	char now[RFC3339_SIZE], newest[RFC3339_SIZE], issued[RFC3339_SIZE];

	rfc3339_encode(now, c->time);
	rfc3339_encode(newest, c->newest);
	rfc3339_encode(issued, c->issued);
	if (c->time >= c->newest - LEDGER_CLOCK_SLACK)
		return dci_fail(f, DCI_CLOCK_NOT_BEHIND,
		    "The clock says %s and the newest time in the ledger is "
		    "%s, which keeps nothing from being issued. %s",
		    now, newest, dci_code_remedy(DCI_CLOCK_NOT_BEHIND));
	if (c->time < c->issued - LEDGER_CLOCK_SLACK)
		return dci_fail(f, DCI_CLOCK_BEHIND,
		    "The clock says %s, but collateral in the ledger was "
		    "issued at %s, so it is this clock that is wrong. Set it.",
		    now, issued);
	return 0;
}

int
ledger_correct(struct ledger *l, int64_t now, struct ledger_correction *c,
    struct dci_failure *f)
{
	struct ledger_correction last = {.id = 0};

	if (ledger_begin(l, f) != 0)
		return -1;
	*c = (struct ledger_correction){
	    .after = l->head.id, .time = now, .newest = l->head.newest};
	memcpy(c->previous, l->head.hash, sizeof(c->previous));
	if (ledger_correction_last(l, &last, f) < 0 ||
	    sql_number(l->db, "SELECT max(newest_issued) FROM entry",
		&c->issued, f) != 0 ||
	    check_need(c, f) != 0) {
		ledger_rollback(l);
		return -1;
	}
	c->id = last.id + 1;
	ledger_correction_hash(c->hash, l, c);
	if (insert(l, c, f) != 0) {
		ledger_rollback(l);
		return -1;
	}
	if (ledger_commit(l, f) != 0)
		return -1;
	memcpy(l->head.hash, c->hash, sizeof(c->hash));
	l->head.newest = c->time > c->issued ? c->time : c->issued;
	return 0;
}
