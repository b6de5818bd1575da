/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SQLite as the ledger and the refusals use it: opened one way for writing and
 * one way for reading, with every protection on; failures as our codes.
 */
#ifndef LEDGER_SQL_H
#define LEDGER_SQL_H

#include <stdbool.h>
#include <stdint.h>
#include <sqlite3.h>

#include "base/bytes.h"
#include "dci/code.h"

/* A kind of database: the file format that both openings insist on. */
struct sql_format {
	const char *name;       /* for messages: "ledger" */
	const char *creating;   /* pragmas that an empty file takes */
	const char *schema;     /* all of its statements */
	/* What this version has beside the statements of the one before, which
	 * schema is then; NULL: there is no version before. */
	const char *upgrade;
	const char *connecting; /* pragmas of each writer */
	int32_t application_id, version;
};

/*
 * Opens or creates for writing: WAL, mode 0600, the folder synced on creation.
 * A file of the version before is upgraded.  The schema has to be exactly the
 * format's.  After this call SQLite opens no further files.  NULL with *f.
 */
sqlite3 *sql_open(const char *path, const struct sql_format *,
    struct dci_failure *f) MUST_CHECK;

/*
 * Opens an existing database, also of the version before, for reading and
 * neither creates nor changes a file, whether or not a writer is at work or has been killed.  NULL with *f.
 */
sqlite3 *sql_open_readonly(const char *path, const struct sql_format *,
    struct dci_failure *f) MUST_CHECK;

/* Compares the schema with the format's, or with that of the version before
 * where the file is one: 0, or -1 with ledger-damaged. */
int sql_schema_check(
    sqlite3 *, const struct sql_format *, struct dci_failure *f) MUST_CHECK;

/* sqlite3_step(), with errno for sql_fail() if it fails. */
int sql_step(sqlite3_stmt *);
/* Translates the connection's last error; what: "The row cannot be written".
 * Returns -1. */
int sql_fail(sqlite3 *, struct dci_failure *f, const char *what);

/* A statement that is kept; NULL with *f. */
sqlite3_stmt *sql_prepare(
    sqlite3 *, const char *text, struct dci_failure *f) MUST_CHECK;
/* Runs statements of the program that yield no rows. */
int sql_exec(sqlite3 *, const char *text, struct dci_failure *f) MUST_CHECK;
/* Runs a bound statement that yields no rows, and resets it. */
int sql_run(sqlite3 *, sqlite3_stmt *, const char *what,
    struct dci_failure *f) MUST_CHECK;
/* The first column of the first row of a statement without parameters. */
int sql_number(sqlite3 *, const char *text, int64_t *out,
    struct dci_failure *f) MUST_CHECK;

/* Binding and reading; a blob that is bound has to outlive the step. */
void sql_bind_blob(sqlite3_stmt *, int index, struct bytes);
void sql_bind_text(sqlite3_stmt *, int index, struct bytes);
struct bytes sql_column(sqlite3_stmt *, int index); /* p NULL for NULL */

CLEANUP_TYPE(cleanup_sqlite, sqlite3, sqlite3_close_v2)
CLEANUP_TYPE(cleanup_stmt, sqlite3_stmt, sqlite3_finalize)

#endif
