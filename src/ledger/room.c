/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <sys/statvfs.h>

#include "ledger/room.h"

#define PAGE 4096u

static uint64_t
database_most(const struct refusals *r)
{
	return r->max / 8 * 5;
}

size_t
room_of_batch(const struct refusals *r)
{
	return r->max / 32 < 256 * 1024 ? (size_t)(r->max / 32) : 256 * 1024;
}

/* Of the database or its log; by SQLite's own descriptors, since a sandbox may
 * have taken the paths away. */
static uint64_t
size_of(const struct refusals *r, int which)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 n = 0;

	if (sqlite3_file_control(r->db, "main", which, &file) != SQLITE_OK ||
	    file == NULL || file->pMethods == NULL ||
	    file->pMethods->xFileSize(file, &n) != SQLITE_OK)
		return 0;
	return (uint64_t)n;
}

static uint64_t
size_of_log(const struct refusals *r)
{
	return size_of(r, SQLITE_FCNTL_JOURNAL_POINTER);
}

/* The index has 32 KiB for each 4096 pages of the log; as many again for the
 * first of them, which has fewer. */
static uint64_t
room_taken(const struct refusals *r)
{
	uint64_t log = size_of_log(r);

	return size_of(r, SQLITE_FCNTL_FILE_POINTER) + log +
	       (log / PAGE / 4096 + 2) * 32 * 1024;
}

/* The database may not have grown yet to what lies in the log, and grows by
 * one transaction at most. */
static int
room_check_cap(struct refusals *r, struct dci_failure *f)
{
	uint64_t log = size_of_log(r);

	if (log + database_most(r) + r->max / 8 <= r->max)
		return 0;
	/* The log is started over only when no reader needs it. */
	sqlite3_wal_checkpoint_v2(
	    r->db, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	sqlite3_wal_checkpoint_v2(
	    r->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (room_taken(r) + r->max / 8 <= r->max)
		return 0;
	return dci_fail(f, DCI_LEDGER_BUSY,
	    "%s: refusals are not recorded, because a program that reads them "
	    "keeps the log at %llu bytes. End that program.",
	    r->path, (unsigned long long)log);
}

/* Refusals stop before the ledger has to. */
static int
room_check_disk(const struct refusals *r, struct dci_failure *f)
{
	struct statvfs fs;

	if (fstatvfs(r->handle, &fs) != 0)
		return 0;
	uint64_t have = (uint64_t)fs.f_bavail * fs.f_frsize;
	uint64_t reserve = (uint64_t)fs.f_blocks * fs.f_frsize / 16;
	if (reserve > REFUSALS_DISK_RESERVE)
		reserve = REFUSALS_DISK_RESERVE;
	if (have >= reserve)
		return 0;
	return dci_fail(f, DCI_DISK_LOW,
	    "%s: refusals are not recorded, because the disk has only %llu "
	    "bytes left. %s",
	    r->path, (unsigned long long)have, dci_code_remedy(DCI_DISK_LOW));
}

int
room_check(struct refusals *r, struct dci_failure *f)
{
	return room_check_disk(r, f) != 0 ? -1 : room_check_cap(r, f);
}

static int
bytes_used(struct refusals *r, uint64_t *out, struct dci_failure *f)
{
	int64_t pages, unused;

	if (sql_number(r->db, "PRAGMA page_count", &pages, f) != 0 ||
	    sql_number(r->db, "PRAGMA freelist_count", &unused, f) != 0)
		return -1;
	*out = (uint64_t)(pages - unused) * PAGE;
	return 0;
}

int
room_make(struct refusals *r, struct dci_failure *f)
{
	uint64_t used = 0;

	for (;;) {
		if (bytes_used(r, &used, f) != 0)
			return -1;
		if (used + 3 * room_of_batch(r) <= database_most(r))
			return 0;
		if (sql_run(r->db, r->drop, "Refusals cannot be dropped", f) !=
		    0)
			return -1;
		if (sqlite3_changes(r->db) == 0)
			return 0;
	}
}

static int
room_shrink(struct refusals *r, struct dci_failure *f)
{
	if (sql_exec(r->db, "BEGIN IMMEDIATE", f) != 0)
		return -1;
	if (room_make(r, f) != 0 || sql_exec(r->db, "COMMIT", f) != 0) {
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	if (sql_exec(r->db, "PRAGMA incremental_vacuum", f) != 0)
		return -1;
	sqlite3_wal_checkpoint_v2(
	    r->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return 0;
}

int
room_open(struct refusals *r, struct dci_failure *f)
{
	char pragmas[160];

	/* O_PATH: closing it takes no locks away (fcntl(2)). */
	r->handle = open(r->path, O_PATH | O_CLOEXEC);
	if (room_taken(r) > r->max && room_shrink(r, f) != 0)
		return -1;
	snprintf(pragmas, sizeof(pragmas),
	    "PRAGMA max_page_count = %llu; PRAGMA wal_autocheckpoint = %llu;"
	    "PRAGMA journal_size_limit = %llu;",
	    (unsigned long long)(database_most(r) / PAGE),
	    (unsigned long long)(r->max / 8 / PAGE),
	    (unsigned long long)(r->max / 8));
	sqlite3_busy_timeout(r->db, 0);
	return sql_exec(r->db, pragmas, f);
}
