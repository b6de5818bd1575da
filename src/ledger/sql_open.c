/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "ledger/sql.h"

#define BUSY_MILLISECONDS 5000

static int
fail_path(struct dci_failure *f, enum dci_code code, const char *path,
    const char *what)
{
	int why = errno;

	return dci_fail(f, code, "%s %s: %s. %s", path, what, strerror(why),
	    dci_code_remedy(code));
}

/* What holds for every connection: nothing in a file is trusted, nothing is
 * loaded, no temporary files. */
static int
sql_protect(sqlite3 *db, struct dci_failure *f)
{
	static const struct {
		int option, value;
	} options[] = {
	    {SQLITE_DBCONFIG_DEFENSIVE, 1},
	    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	    {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
	    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
	    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	    {SQLITE_DBCONFIG_DQS_DML, 0},
	    {SQLITE_DBCONFIG_DQS_DDL, 0},
	};

	sqlite3_extended_result_codes(db, 1);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (sqlite3_db_config(db, options[i].option, options[i].value,
			NULL) != SQLITE_OK)
			return sql_fail(db, f, "A protection is missing");
	}
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_busy_timeout(db, BUSY_MILLISECONDS);
	return sql_exec(db,
	    "PRAGMA temp_store = memory; PRAGMA cell_size_check = on;"
	    "PRAGMA mmap_size = 0; PRAGMA recursive_triggers = on;",
	    f);
}

/* --- the form of the file ------------------------------------------------ */

static int
sql_schema_digest(
    sqlite3 *db, uint8_t out[static SHA256_SIZE], struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(1024 * 1024);
	sqlite3_stmt *s CLEANUP(cleanup_stmt) = sql_prepare(db,
	    "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE "
	    "'sqlite_stat%' ORDER BY type, name",
	    f);
	int rc;

	if (s == NULL)
		return -1;
	while ((rc = sql_step(s)) == SQLITE_ROW) {
		for (int i = 0; i < 3; i++) {
			struct bytes b = sql_column(s, i);
			writer_blob32(&w, b.p, b.n);
		}
	}
	if (rc != SQLITE_DONE)
		return sql_fail(db, f, "The schema cannot be read");
	if (w.failed)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "The schema of %s is too large.",
		    sqlite3_db_filename(db, "main"));
	sha256(out, w.data, w.n);
	return 0;
}

int
sql_schema_check(
    sqlite3 *db, const struct sql_format *format, struct dci_failure *f)
{
	sqlite3 *fresh CLEANUP(cleanup_sqlite) = NULL;
	uint8_t want[SHA256_SIZE], have[SHA256_SIZE];
	int64_t version;

	if (sqlite3_open_v2(":memory:", &fresh,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for SQLite.");
	if (sql_protect(fresh, f) != 0 ||
	    sql_number(db, "PRAGMA user_version", &version, f) != 0 ||
	    sql_exec(fresh, format->schema, f) != 0 ||
	    (version == format->version && format->upgrade != NULL &&
		sql_exec(fresh, format->upgrade, f) != 0) ||
	    sql_schema_digest(fresh, want, f) != 0 ||
	    sql_schema_digest(db, have, f) != 0)
		return -1;
	if (memcmp(want, have, sizeof(want)) != 0)
		return dci_fail(f, DCI_LEDGER_DAMAGED,
		    "The tables, indexes and triggers of %s are not those that "
		    "the %s was made with. %s",
		    sqlite3_db_filename(db, "main"), format->name,
		    dci_code_remedy(DCI_LEDGER_DAMAGED));
	return 0;
}

/* What a file is; -1 with *f for one that is not ours. */
enum { FILE_OURS, FILE_EMPTY, FILE_OLDER };

static int
sql_identify(
    sqlite3 *db, const struct sql_format *format, struct dci_failure *f)
{
	int64_t id, version, objects;

	if (sql_number(db, "PRAGMA application_id", &id, f) != 0 ||
	    sql_number(db, "PRAGMA user_version", &version, f) != 0 ||
	    sql_number(db, "SELECT count(*) FROM sqlite_schema", &objects, f) !=
		0)
		return -1;
	if (id == 0 && version == 0 && objects == 0)
		return FILE_EMPTY;
	if (id != format->application_id)
		return dci_fail(f, DCI_LEDGER_VERSION,
		    "%s is no %s: expected the application id 0x%08x, found "
		    "0x%08llx.",
		    sqlite3_db_filename(db, "main"), format->name,
		    (unsigned)format->application_id, (long long)id);
	if (format->upgrade != NULL && version == format->version - 1)
		return FILE_OLDER;
	if (version != format->version)
		return dci_fail(f, DCI_LEDGER_VERSION,
		    "%s has version %lld of the %s; this program knows "
		    "version %d. %s",
		    sqlite3_db_filename(db, "main"), (long long)version,
		    format->name, (int)format->version,
		    dci_code_remedy(DCI_LEDGER_VERSION));
	return FILE_OURS;
}

/* --- writing ------------------------------------------------------------- */

static int
sync_folder(const char *path, struct dci_failure *f)
{
	int fd CLEANUP(cleanup_fd) =
	    open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return fail_path(f, DCI_LEDGER_IO, path, "cannot be synced");
	return 0;
}

/* The entry of the new file in its folder.  That of the folder in its own is
 * for whoever made it: a locked-in process may not even look there. */
static int
sync_folder_of(const char *path, struct dci_failure *f)
{
	char folder[PATH_MAX];
	size_t n = strlen(path);

	if (n + 2 >= sizeof(folder))
		return dci_fail(
		    f, DCI_LEDGER_IO, "The path %s is too long.", path);
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (n > 0)
		memcpy(folder, path, n);
	memcpy(folder + n, ".", 2);
	return sync_folder(folder, f);
}

/*
 * SQLite would create with 0644; journal and index inherit this mode.  An
 * existing file is never opened here: closing it again would take away the
 * locks that this process may hold on it (fcntl(2)).
 */
static int
file_prepare(const char *path, struct dci_failure *f)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	int fd CLEANUP(cleanup_fd) =
	    open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		return sync_folder_of(path, f);
	if (errno != EEXIST)
		return fail_path(f, DCI_LEDGER_IO, path, "cannot be created");
	for (size_t i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		char name[PATH_MAX];
		struct stat st;

		if ((size_t)snprintf(name, sizeof(name), "%s%s", path,
			suffix[i]) >= sizeof(name))
			return dci_fail(
			    f, DCI_LEDGER_IO, "The path %s is too long.", path);
		if (stat(name, &st) == 0 && (st.st_mode & 077) != 0 &&
		    chmod(name, 0600) != 0)
			return fail_path(f, DCI_LEDGER_IO, name,
			    "is open to others and cannot be closed to them");
	}
	return 0;
}

/* The statements of the version before, unless the file has them; those of
 * this one; and the stamps: all in one transaction. */
static int
sql_make(sqlite3 *db, const struct sql_format *format, bool all,
    struct dci_failure *f)
{
	char stamp[96];

	snprintf(stamp, sizeof(stamp),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT;",
	    (int)format->application_id, (int)format->version);
	if (sql_exec(db, "BEGIN IMMEDIATE", f) != 0 ||
	    (all && sql_exec(db, format->schema, f) != 0) ||
	    (format->upgrade != NULL && sql_exec(db, format->upgrade, f) != 0))
		return -1;
	return sql_exec(db, stamp, f);
}

static int
sql_create(sqlite3 *db, const struct sql_format *format, struct dci_failure *f)
{
	if (sql_exec(db, format->creating, f) != 0 ||
	    sql_exec(db, "PRAGMA journal_mode = wal", f) != 0)
		return -1;
	return sql_make(db, format, true, f);
}

/*
 * The log and its index stay on disk after the last writer has gone: that is
 * what lets a reader open the database without creating a file.
 */
static int
sql_keep_log(sqlite3 *db, struct dci_failure *f)
{
	int on = 1;
	sqlite3_stmt *s CLEANUP(cleanup_stmt) =
	    sql_prepare(db, "PRAGMA journal_mode = wal", f);

	if (s == NULL)
		return -1;
	if (sql_step(s) != SQLITE_ROW ||
	    strcmp((const char *)sqlite3_column_text(s, 0), "wal") != 0)
		return sql_fail(db, f, "A write-ahead log cannot be had");
	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &on) !=
	    SQLITE_OK)
		return sql_fail(db, f, "The write-ahead log cannot be kept");
	return 0;
}

/* Makes a file what it has to be for writing. */
static int
sql_ready(sqlite3 *db, const struct sql_format *format, struct dci_failure *f)
{
	switch (sql_identify(db, format, f)) {
	case FILE_OURS:
		return sql_keep_log(db, f);
	case FILE_EMPTY:
		return sql_create(db, format, f) != 0 ? -1
						      : sql_keep_log(db, f);
	case FILE_OLDER:
		return sql_keep_log(db, f) != 0
			   ? -1
			   : sql_make(db, format, false, f);
	default:
		return -1;
	}
}

sqlite3 *
sql_open(
    const char *path, const struct sql_format *format, struct dci_failure *f)
{
	sqlite3 *db CLEANUP(cleanup_sqlite) = NULL;

	if (file_prepare(path, f) != 0)
		return NULL;
	int rc = sqlite3_open_v2(
	    path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE, NULL);
	if (db == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for SQLite.");
		return NULL;
	}
	if (rc != SQLITE_OK) {
		sql_fail(db, f, "The database cannot be opened");
		return NULL;
	}
	if (sqlite3_db_readonly(db, "main") != 0) {
		dci_fail(f, DCI_LEDGER_IO, "%s may not be written. %s", path,
		    dci_code_remedy(DCI_LEDGER_IO));
		return NULL;
	}
	if (sql_protect(db, f) != 0)
		return NULL;
	if (sql_ready(db, format, f) != 0 ||
	    sql_exec(db, format->connecting, f) != 0 ||
	    sql_schema_check(db, format, f) != 0)
		return NULL;
	return TAKE(db);
}

/* --- reading ------------------------------------------------------------- */

/* path as a file: URI (RFC 3986), with the options appended. */
static void
uri_of(struct writer *w, const char *path, const char *options)
{
	writer_text(w, *path == '/' ? "file://" : "file:");
	for (; *path != '\0'; path++) {
		if (strchr("?#%", *path) != NULL)
			writer_printf(w, "%%%02x", (unsigned)*path);
		else
			writer_u8(w, (uint8_t)*path);
	}
	writer_text(w, options);
	writer_u8(w, 0);
}

static bool
file_has(const char *path, const char *suffix, off_t *size)
{
	char name[PATH_MAX];
	struct stat st;

	if ((size_t)snprintf(name, sizeof(name), "%s%s", path, suffix) >=
		sizeof(name) ||
	    stat(name, &st) != 0)
		return false;
	*size = st.st_size;
	return true;
}

/*
 * Chooses how to read without creating a file.  With log and index there,
 * SQLite reads them as they are, and builds an index of its own in memory
 * where nobody keeps that one.  A bare file is a copy: nobody writes to it.
 */
static const char *
reading_options(const char *path, struct dci_failure *f)
{
	off_t size = 0, log = 0, unused;
	struct stat st;

	if (stat(path, &st) != 0) {
		fail_path(f,
		    errno == ENOENT ? DCI_LEDGER_MISSING : DCI_LEDGER_IO, path,
		    "cannot be opened");
		return NULL;
	}
	size = st.st_size;
	bool has_log = file_has(path, "-wal", &log);
	bool has_index = file_has(path, "-shm", &unused);
	if (has_log && has_index)
		return "?mode=ro&readonly_shm=1";
	if (log == 0 && size > 0)
		return "?mode=ro&immutable=1";
	if (size == 0 && log == 0)
		dci_fail(f, DCI_LEDGER_MISSING,
		    "%s is empty: it is about to be made, or its making was "
		    "cut short. Start the issuer.",
		    path);
	else
		dci_fail(f, DCI_LEDGER_IO,
		    "%s has a write-ahead log beside it and no index (%s-shm), "
		    "and a reader creates no files. Copy all three files, or "
		    "start the issuer.",
		    path, path);
	return NULL;
}

sqlite3 *
sql_open_readonly(
    const char *path, const struct sql_format *format, struct dci_failure *f)
{
	sqlite3 *db CLEANUP(cleanup_sqlite) = NULL;
	struct writer uri CLEANUP(writer_free) = writer_new(4 * PATH_MAX);
	const char *options = reading_options(path, f);

	if (options == NULL)
		return NULL;
	uri_of(&uri, path, options);
	if (uri.failed) {
		dci_fail(f, DCI_LEDGER_IO, "The path %s is too long.", path);
		return NULL;
	}
	int rc = sqlite3_open_v2((const char *)uri.data, &db,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_PRIVATECACHE,
	    NULL);
	if (db == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for SQLite.");
		return NULL;
	}
	if (rc != SQLITE_OK) {
		sql_fail(db, f, "The database cannot be opened");
		return NULL;
	}
	if (sql_protect(db, f) != 0 ||
	    sql_exec(db, "PRAGMA query_only = on", f) != 0)
		return NULL;
	int what = sql_identify(db, format, f);
	if (what == FILE_EMPTY)
		dci_fail(f, DCI_LEDGER_MISSING,
		    "%s is empty: it is about to be made, or its making was "
		    "cut short. Start the issuer.",
		    path);
	return what == FILE_OURS || what == FILE_OLDER ? TAKE(db) : NULL;
}
