/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "ledger/sql.h"

#define REBUILD_TRIES 500 /* of 10 ms */

static enum dci_code
code_of_io(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* RLIMIT_FSIZE */
		return DCI_LEDGER_FULL;
	default:
		return DCI_LEDGER_IO;
	}
}

static enum dci_code
code_of(sqlite3 *db, int number)
{
	switch (sqlite3_errcode(db) & 0xff) {
	case SQLITE_FULL:
		return DCI_LEDGER_FULL;
	case SQLITE_IOERR:
		return code_of_io(number);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return DCI_LEDGER_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DCI_LEDGER_BUSY;
	case SQLITE_NOMEM:
		return DCI_OUT_OF_MEMORY;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISUSE:
	case SQLITE_ERROR:
		return DCI_INTERNAL;
	default:
		return DCI_LEDGER_IO;
	}
}

int
sql_fail(sqlite3 *db, struct dci_failure *f, const char *what)
{
	/* sqlite3_system_errno() knows nothing of a COMMIT that fails. */
	int number = errno;
	enum dci_code code = code_of(db, number);
	const char *file = sqlite3_db_filename(db, "main");
	bool system =
	    number != 0 && (code == DCI_LEDGER_IO || code == DCI_LEDGER_FULL);

	return dci_fail(f, code, "%s in %s: %s%s%s. %s", what,
	    file == NULL || *file == '\0' ? "memory" : file, sqlite3_errmsg(db),
	    system ? ", " : "", system ? strerror(number) : "",
	    dci_code_remedy(code));
}

/*
 * A reader that comes while a new writer rebuilds the index of the log is told
 * that the database is read-only, instead of to wait for a moment.  Only
 * readers get here: to a writer SQLite does not say this.
 */
static bool
is_being_rebuilt(sqlite3 *db, int result, unsigned *tries)
{
	static const struct timespec moment = {0, 10 * 1000 * 1000};

	if ((result & 0xff) != SQLITE_READONLY ||
	    (sqlite3_extended_errcode(db) != SQLITE_READONLY_RECOVERY &&
		sqlite3_extended_errcode(db) != SQLITE_READONLY_CANTINIT) ||
	    ++*tries > REBUILD_TRIES)
		return false;
	nanosleep(&moment, NULL);
	return true;
}

int
sql_step(sqlite3_stmt *s)
{
	unsigned tries = 0;
	int result;

	do {
		errno = 0;
		result = sqlite3_step(s);
	} while (is_being_rebuilt(sqlite3_db_handle(s), result, &tries));
	return result;
}

sqlite3_stmt *
sql_prepare(sqlite3 *db, const char *text, struct dci_failure *f)
{
	sqlite3_stmt *s = NULL;
	unsigned tries = 0;
	int result;

	do {
		errno = 0;
		result = sqlite3_prepare_v3(
		    db, text, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL);
	} while (is_being_rebuilt(db, result, &tries));
	if (result != SQLITE_OK)
		sql_fail(db, f, "A statement cannot be prepared");
	return s;
}

int
sql_exec(sqlite3 *db, const char *text, struct dci_failure *f)
{
	unsigned tries = 0;
	int result;

	do {
		errno = 0;
		result = sqlite3_exec(db, text, NULL, NULL, NULL);
	} while (is_being_rebuilt(db, result, &tries));
	if (result != SQLITE_OK)
		return sql_fail(db, f, "A statement fails");
	return 0;
}

int
sql_run(sqlite3 *db, sqlite3_stmt *s, const char *what, struct dci_failure *f)
{
	int rc = sql_step(s), result = -1;

	if (rc == SQLITE_DONE || rc == SQLITE_ROW)
		result = 0;
	else
		sql_fail(db, f, what);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return result;
}

int
sql_number(sqlite3 *db, const char *text, int64_t *out, struct dci_failure *f)
{
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(db, text, f);

	if (s == NULL)
		return -1;
	if (sql_step(s) != SQLITE_ROW)
		return sql_fail(db, f, "A number cannot be read");
	*out = sqlite3_column_int64(s, 0);
	return 0;
}

/* An empty stretch may have no address, which SQLite would take for NULL. */
void
sql_bind_blob(sqlite3_stmt *s, int index, struct bytes b)
{
	sqlite3_bind_blob64(
	    s, index, b.n == 0 ? (const void *)"" : b.p, b.n, SQLITE_STATIC);
}

void
sql_bind_text(sqlite3_stmt *s, int index, struct bytes b)
{
	sqlite3_bind_text64(s, index, b.n == 0 ? "" : (const char *)b.p, b.n,
	    SQLITE_STATIC, SQLITE_UTF8);
}

struct bytes
sql_column(sqlite3_stmt *s, int index)
{
	struct bytes b = {NULL, 0};

	if (sqlite3_column_type(s, index) == SQLITE_NULL)
		return b;
	b.p = sqlite3_column_blob(s, index);
	b.n = (size_t)sqlite3_column_bytes(s, index);
	if (b.n == 0)
		b.p = (const uint8_t *)"";
	return b;
}
