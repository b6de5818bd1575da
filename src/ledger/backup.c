/* SPDX-License-Identifier: BSD-3-Clause */
/* A copy of the ledger in one file, made beside a writer at work. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "ledger/store.h"

CLEANUP_TYPE(cleanup_ledger, struct ledger, ledger_close)

/* The file under the name that it has until it is known to be good. */
struct unfinished {
	char path[PATH_MAX];
};

static void
unfinished_remove(struct unfinished *u)
{
	static const char *const suffix[] = {"", "-journal", "-wal", "-shm"};
	char name[PATH_MAX + 16];

	for (size_t i = 0; u->path[0] != '\0' && i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", u->path, suffix[i]);
		unlink(name);
	}
}

static int
fail_exists(const char *to, struct dci_failure *f)
{
	return dci_fail(f, DCI_FILE_EXISTS, "%s is there already. %s", to,
	    dci_code_remedy(DCI_FILE_EXISTS));
}

static int
fail_file(const char *path, const char *what, struct dci_failure *f)
{
	return dci_fail(f, DCI_FILE_UNWRITABLE, "%s cannot be %s: %s.", path,
	    what, strerror(errno));
}

static int
unfinished_create(struct unfinished *u, const char *to, struct dci_failure *f)
{
	struct stat st;

	if (lstat(to, &st) == 0)
		return fail_exists(to, f);
	if ((size_t)snprintf(u->path, sizeof(u->path), "%s.XXXXXX", to) >=
	    sizeof(u->path)) {
		u->path[0] = '\0';
		return dci_fail(
		    f, DCI_FILE_UNWRITABLE, "%s is too long for a path.", to);
	}
	int fd = mkostemp(u->path, O_CLOEXEC); /* mode 0600 */
	if (fd < 0) {
		u->path[0] = '\0';
		return fail_file(to, "created", f);
	}
	close(fd);
	return 0;
}

/* All pages in one step: the copy is that of one moment, and the writer is
 * not kept waiting, since readers of a write-ahead log never block it. */
static int
copy_pages(sqlite3 *to, sqlite3 *from, struct dci_failure *f)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");

	if (b == NULL)
		return sql_fail(to, f, "The copy cannot be begun");
	errno = 0;
	sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) != SQLITE_OK)
		return sql_fail(to, f, "The copy cannot be made");
	return 0;
}

/* The copy says of itself that it has a write-ahead log, until told that it
 * has none. */
static int
copy_database(const char *from, const char *to, struct dci_failure *f)
{
	struct ledger *source CLEANUP(cleanup_ledger) =
	    ledger_open_readonly(from, f);
	sqlite3 *db CLEANUP(cleanup_sqlite) = NULL;

	if (source == NULL)
		return -1;
	if (sqlite3_open_v2(to, &db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_PRIVATECACHE,
		NULL) != SQLITE_OK)
		return db == NULL
			   ? dci_fail(
				 f, DCI_OUT_OF_MEMORY, "No memory for SQLite.")
			   : sql_fail(db, f, "The copy cannot be opened");
	if (copy_pages(db, source->db, f) != 0)
		return -1;
	return sql_exec(db, "PRAGMA journal_mode = delete", f);
}

static int
keep_head(const struct ledger_entry *e, void *head)
{
	memcpy(head, e->hash, sizeof(e->hash));
	return 0;
}

static int
check_copy(const char *path, int64_t *rows, uint8_t head[static 32],
    struct dci_failure *f)
{
	struct ledger *copy CLEANUP(cleanup_ledger) =
	    ledger_open_readonly(path, f);

	memset(head, 0, 32);
	if (copy == NULL)
		return -1;
	return ledger_check_each(copy, keep_head, head, rows, f);
}

/* Where the file system cannot rename without replacing, a second name does
 * the same. */
static int
give_name(const char *from, const char *to, struct dci_failure *f)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ||
	    (errno == EINVAL && link(from, to) == 0))
		return 0;
	return errno == EEXIST ? fail_exists(to, f)
			       : fail_file(to, "created", f);
}

static int
sync_file(const char *path, int flags, struct dci_failure *f)
{
	int fd CLEANUP(cleanup_fd) = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0 || fsync(fd) != 0)
		return fail_file(path, "synced", f);
	return 0;
}

static int
sync_folder_of(const char *path, struct dci_failure *f)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		return sync_file(".", O_DIRECTORY, f);
	slash[slash == folder] = '\0';
	return sync_file(folder, O_DIRECTORY, f);
}

int
ledger_backup(const char *from, const char *to, int64_t *rows,
    uint8_t head[static 32], struct dci_failure *f)
{
	struct unfinished u CLEANUP(unfinished_remove) = {.path = ""};

	*rows = 0;
	if (unfinished_create(&u, to, f) != 0 ||
	    copy_database(from, u.path, f) != 0 ||
	    check_copy(u.path, rows, head, f) != 0 ||
	    sync_file(u.path, 0, f) != 0 || give_name(u.path, to, f) != 0)
		return -1;
	return sync_folder_of(to, f);
}
