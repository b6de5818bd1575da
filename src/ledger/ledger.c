/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "ledger/store.h"

/* --- batches ------------------------------------------------------------- */

static int
fail_broken(struct dci_failure *f)
{
	return dci_fail(f, DCI_LEDGER_IO,
	    "An fsync of the ledger failed, so it is unknown what is on disk; "
	    "nothing is written any more. %s",
	    dci_code_remedy(DCI_LEDGER_IO));
}

int
ledger_begin(struct ledger *l, struct dci_failure *f)
{
	if (!l->writer || l->batch)
		return dci_fail(f, DCI_INTERNAL,
		    "A batch was begun on a ledger that is %s.",
		    l->batch ? "in one already" : "open for reading only");
	if (l->broken)
		return fail_broken(f);
	if (sql_run(l->db, l->begin, "A batch cannot be begun", f) != 0)
		return -1;
	l->batch = true;
	l->before = l->head;
	return 0;
}

void
ledger_rollback(struct ledger *l)
{
	if (!l->batch)
		return;
	/* After some failures SQLite has rolled back by itself. */
	if (!sqlite3_get_autocommit(l->db) &&
	    sql_run(l->db, l->rollback, "", NULL) != 0)
		l->broken = true;
	l->batch = false;
	l->head = l->before;
}

int
ledger_commit(struct ledger *l, struct dci_failure *f)
{
	if (!l->batch)
		return dci_fail(
		    f, DCI_INTERNAL, "A commit without the begin of a batch.");
	if (sqlite3_get_autocommit(l->db)) {
		ledger_rollback(l);
		return dci_fail(f, DCI_LEDGER_IO,
		    "The batch was rolled back by an earlier failure.");
	}
	if (sql_run(l->db, l->commit, "A batch cannot be committed", f) != 0) {
		int rc = sqlite3_extended_errcode(l->db);

		if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
			l->broken = true;
		ledger_rollback(l);
		return -1;
	}
	l->batch = false;
	return 0;
}

/* --- appending ----------------------------------------------------------- */

/* 1: used; 0: not; -1 with *f. */
static int
evidence_used(
    struct ledger *l, const uint8_t digest[static 32], struct dci_failure *f)
{
	sql_bind_blob(l->used, 1, (struct bytes){digest, 32});
	int rc = sql_step(l->used), result = rc == SQLITE_ROW;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		result = sql_fail(l->db, f, "Evidence cannot be looked up");
	sqlite3_reset(l->used);
	sqlite3_clear_bindings(l->used);
	return result;
}

/* Every row stays for ever: nobody may have as many as they like. */
static int
check_secrets(
    struct ledger *l, const uint8_t digest[static 32], struct dci_failure *f)
{
	char hex[2 * 32 + 1];

	sql_bind_blob(l->secrets, 1, (struct bytes){digest, 32});
	sqlite3_bind_int64(l->secrets, 2, LIMIT_SECRETS_PER_EVIDENCE);
	int rc = sql_step(l->secrets);
	int64_t n = rc == SQLITE_ROW ? sqlite3_column_int64(l->secrets, 0) : 0;
	if (rc != SQLITE_ROW)
		sql_fail(l->db, f, "Released secrets cannot be counted");
	sqlite3_reset(l->secrets);
	sqlite3_clear_bindings(l->secrets);
	if (rc != SQLITE_ROW)
		return -1;
	if (n < LIMIT_SECRETS_PER_EVIDENCE)
		return 0;
	hex_encode(hex, digest, 32);
	return dci_fail(f, DCI_SECRET_RELEASED_TOO_OFTEN,
	    "The secret was released %u times on the evidence %s. %s",
	    LIMIT_SECRETS_PER_EVIDENCE, hex,
	    dci_code_remedy(DCI_SECRET_RELEASED_TOO_OFTEN));
}

int64_t
ledger_newest(struct ledger *l)
{
	int64_t newest;

	if (l->writer)
		return l->head.newest;
	return ledger_read_newest(l, &newest, NULL) == 0 ? newest : 0;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int
fail_reused(const uint8_t digest[static 32], struct dci_failure *f)
{
	char hex[2 * 32 + 1];

	hex_encode(hex, digest, 32);
	return dci_fail(f, DCI_EVIDENCE_REUSED,
	    "A certificate was already issued on the evidence %s. %s", hex,
	    dci_code_remedy(DCI_EVIDENCE_REUSED));
}

bool
ledger_evidence_used(
    struct ledger *l, const uint8_t digest[static 32], struct dci_failure *f)
{
	int used = evidence_used(l, digest, f);

	if (used > 0)
		fail_reused(digest, f);
	return used != 0;
}

static int
check_clock(int64_t newest, int64_t now, struct dci_failure *f)
{
	char is[RFC3339_SIZE], seen[RFC3339_SIZE];

	if (now >= newest - LEDGER_CLOCK_SLACK)
		return 0;
	rfc3339_encode(is, now);
	rfc3339_encode(seen, newest);
	return dci_fail(f, DCI_CLOCK_BEHIND,
	    "The clock says %s, more than %d seconds before %s, the newest "
	    "time in the ledger and its collateral. %s",
	    is, LEDGER_CLOCK_SLACK, seen, dci_code_remedy(DCI_CLOCK_BEHIND));
}

/* What the caller can get wrong. */
static int
check_entry(
    const struct ledger *l, const struct ledger_entry *e, struct dci_failure *f)
{
	const struct field *wrong = fields_wrong(&e->row);

	/* After some failures SQLite has ended the batch by itself. */
	if (!l->batch || sqlite3_get_autocommit(l->db))
		return dci_fail(
		    f, DCI_INTERNAL, "A row was appended outside of a batch.");
	if (wrong != NULL)
		return dci_fail(f, DCI_LEDGER_ROW,
		    "The field %s of a row is not within its bounds. %s",
		    wrong->column, dci_code_remedy(DCI_LEDGER_ROW));
	if (e->time < 0 || e->time > FIELD_TIME_MAX || e->not_after < 0 ||
	    e->not_after > FIELD_TIME_MAX)
		return dci_fail(f, DCI_LEDGER_ROW,
		    "The times of a row are not within their bounds: %lld, "
		    "expiry %lld. %s",
		    (long long)e->time, (long long)e->not_after,
		    dci_code_remedy(DCI_LEDGER_ROW));
	if (e->row.kind == LEDGER_CERTIFICATE &&
	    (e->certificate.p == NULL || e->certificate.n == 0 ||
		e->certificate.n > LEDGER_CERTIFICATE_MAX || e->serial == NULL))
		return dci_fail(f, DCI_LEDGER_ROW,
		    "A row for a certificate came without it or its serial, "
		    "or with one of more than %u bytes. %s",
		    LEDGER_CERTIFICATE_MAX, dci_code_remedy(DCI_LEDGER_ROW));
	return 0;
}

/* The rare case: finds out which rule of the table refused the row. */
static int
fail_insert(struct ledger *l, const struct ledger_row *row, int rc,
    struct dci_failure *f)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
		if (evidence_used(l, row->evidence_digest, NULL) != 0)
			return fail_reused(row->evidence_digest, f);
		return dci_fail(f, DCI_SERIAL_REUSED, "%s %s",
		    dci_code_meaning(DCI_SERIAL_REUSED),
		    dci_code_remedy(DCI_SERIAL_REUSED));
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return dci_fail(f, DCI_LEDGER_BUSY,
		    "Row %lld of the ledger is there already: another process "
		    "writes to it. %s",
		    (long long)l->head.id + 1,
		    dci_code_remedy(DCI_LEDGER_BUSY));
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return dci_fail(f, DCI_LEDGER_CONTENT,
		    "A row names a policy or a snapshot that the ledger does "
		    "not have. %s",
		    dci_code_remedy(DCI_LEDGER_CONTENT));
	default:
		return sql_fail(l->db, f, "A row cannot be written");
	}
}

static int
put_chain(struct ledger *l, uint8_t digest[static 32], struct bytes chain,
    struct dci_failure *f)
{
	sha256(digest, chain.p, chain.n);
	sql_bind_blob(l->put_chain, 1, (struct bytes){digest, 32});
	sql_bind_blob(l->put_chain, 2, chain);
	return sql_run(l->db, l->put_chain, "A PCK chain cannot be written", f);
}

/* Writes the entry after l->head; hash is that of the new row. */
static int
entry_insert(struct ledger *l, const struct ledger_entry *e,
    uint8_t hash[static 32], struct dci_failure *f)
{
	struct cell cells[ENTRY_CELLS];
	uint8_t chain[32];

	if (put_chain(l, chain, e->row.pck_chain, f) != 0)
		return -1;
	entry_cells(cells, e, chain);
	cells_hash(hash, l->scratch, l->head.hash, cells, ENTRY_CELLS);
	cells_bind(l->insert, cells);
	sql_bind_blob(
	    l->insert, ENTRY_CELLS + 1, (struct bytes){l->head.hash, 32});
	sql_bind_blob(l->insert, ENTRY_CELLS + 2, (struct bytes){hash, 32});
	int rc = sql_step(l->insert), result = 0;
	if (rc != SQLITE_DONE)
		result = fail_insert(l, &e->row, rc, f);
	sqlite3_reset(l->insert);
	sqlite3_clear_bindings(l->insert);
	return result;
}

int
ledger_append(struct ledger *l, const struct ledger_row *row,
    struct bytes certificate, const uint8_t *serial, int64_t not_after,
    int64_t now, int64_t *id, struct dci_failure *f)
{
	bool certified = row->kind == LEDGER_CERTIFICATE;
	struct ledger_entry e = {
	    .id = l->head.id + 1, .time = now, .row = *row};
	uint8_t hash[32];

	if (certified) {
		e.certificate = certificate;
		e.serial = serial;
		e.not_after = not_after;
	}
	if (check_entry(l, &e, f) != 0 ||
	    check_clock(later(l->head.newest, row->newest_issued), now, f) != 0)
		return -1;
	if (!certified && check_secrets(l, row->evidence_digest, f) != 0)
		return -1;
	int used = certified ? evidence_used(l, row->evidence_digest, f) : 0;
	if (used != 0)
		return used < 0 ? -1 : fail_reused(row->evidence_digest, f);
	if (entry_insert(l, &e, hash, f) != 0)
		return -1;
	l->head.id = e.id;
	l->head.newest = later(l->head.newest, later(now, row->newest_issued));
	memcpy(l->head.hash, hash, sizeof(hash));
	*id = e.id;
	return 0;
}
