/* SPDX-License-Identifier: BSD-3-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "collateral/bundle.h"
#include "collateral/store.h"

#define ENTRIES_MAX  4096 /* that are looked at in one folder */
#define LOCK_TRIES   250  /* 20 ms each: for who does not let go of it */
#define LEFT_SECONDS 3600 /* after which an unfinished write is none */

CLEANUP_TYPE(cleanup_dir, DIR, closedir)

/* Sorted names. */
struct names {
	size_t n;
	char name[STORE_PLATFORMS][STORE_NAME_SIZE];
	bool more;      /* there are too many */
	bool cut;       /* there are more entries than were looked at */
	size_t strange; /* names that are none of ours */
	char first[NAME_MAX + 1];
};

const char *
store_kind_name(enum source_update kind)
{
	return kind == UPDATE_EARLY ? "early" : "standard";
}

void
store_name(
    char out[static STORE_NAME_SIZE], const struct dci_platform_id *platform)
{
	char fmspc[13];

	hex_encode(fmspc, platform->fmspc, sizeof(platform->fmspc));
	snprintf(out, STORE_NAME_SIZE, "%s-%s-%s.json",
	    platform->tee == DCI_TEE_TDX ? "tdx" : "sgx", fmspc,
	    platform->platform_ca ? "platform" : "processor");
}

/* Whatever is not what store_name() would have written is not taken, so that
 * no platform has two names. */
bool
store_name_parse(struct dci_platform_id *out, const char *name)
{
	char again[STORE_NAME_SIZE];

	*out = (struct dci_platform_id){
	    .tee = name[0] == 't' ? DCI_TEE_TDX : DCI_TEE_SGX};
	if (strlen(name) < 17 ||
	    !hex_decode(out->fmspc, sizeof(out->fmspc), name + 4, 12))
		return false;
	out->platform_ca = strcmp(name + 16, "-platform.json") == 0;
	store_name(again, out);
	return strcmp(name, again) == 0;
}

/* "NAME.XXXXXX", as file_write_at() calls it. */
static bool
is_unfinished(const char *name)
{
	struct dci_platform_id ignored;
	char stem[STORE_NAME_SIZE];
	size_t n = strlen(name);

	if (n < 8 || n - 7 >= sizeof(stem) || name[n - 7] != '.')
		return false;
	snprintf(stem, sizeof(stem), "%.*s", (int)(n - 7), name);
	return store_name_parse(&ignored, stem);
}

/* A descriptor of a kind's folder; -1 with errno. */
static int
kind_open(int folder, enum source_update kind)
{
	return openat(folder, store_kind_name(kind),
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void
names_add(struct names *names, const char *name)
{
	size_t at = names->n;

	while (at > 0 && strcmp(names->name[at - 1], name) > 0)
		at--;
	names->more = names->more || names->n == STORE_PLATFORMS;
	if (at == STORE_PLATFORMS)
		return;
	if (names->n < STORE_PLATFORMS)
		names->n++;
	memmove(names->name[at + 1], names->name[at],
	    (names->n - 1 - at) * sizeof(names->name[0]));
	snprintf(names->name[at], sizeof(names->name[at]), "%.*s",
	    (int)sizeof(names->name[at]) - 1, name);
}

static void
passed_over(
    enum source_update kind, const char *name, const struct dci_failure *why)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_WARN, "collateral-passed-over");
	log_text(&l, "folder", store_kind_name(kind));
	log_text(&l, "file", name);
	log_failure(&l, why);
	log_end(&l);
}

/* Nobody is told if that fails: it is in nobody's way. */
static void
remove_old(int fd, const char *name)
{
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime < time(NULL) - LEFT_SECONDS)
		unlinkat(fd, name, 0);
}

/* Unfinished writes are removed by store_read() alone. */
static void
entry(struct names *names, int fd, bool quietly, const char *name)
{
	struct dci_platform_id platform;

	if (store_name_parse(&platform, name)) {
		names_add(names, name);
	} else if (quietly || strcmp(name, ".") == 0 ||
		   strcmp(name, "..") == 0) {
		return;
	} else if (is_unfinished(name)) {
		remove_old(fd, name);
	} else if (names->strange++ == 0) {
		snprintf(names->first, sizeof(names->first), "%s", name);
	}
}

/* One line for each kind of trouble, however many files make it. */
static void
report(const struct names *names, enum source_update kind)
{
	struct dci_failure f;

	if (names->strange > 0) {
		dci_fail(&f, DCI_COLLATERAL_FILE_NAME,
		    "%zu file%s none of ours: names are like "
		    "sgx-00906ed50000-platform.json.",
		    names->strange, names->strange == 1 ? " is" : "s are");
		passed_over(kind, names->first, &f);
	}
	if (names->cut) {
		dci_fail(&f, DCI_TOO_MANY_FILES,
		    "Only %d entries of the folder %s were looked at, and "
		    "there are more.",
		    ENTRIES_MAX, store_kind_name(kind));
		passed_over(kind, "after the last", &f);
	}
	if (names->more) {
		dci_fail(&f, DCI_TOO_MANY_PLATFORMS,
		    "There are more than the %u bundles that are read.",
		    STORE_PLATFORMS);
		passed_over(kind, "after the last", &f);
	}
}

/* The names in the folder of a kind, allocated; none where it is not there. */
static int
names_read(struct names **out, int folder, enum source_update kind,
    bool quietly, struct dci_failure *f)
{
	struct names *names CLEANUP(cleanup_free) = calloc(1, sizeof(*names));
	int fd = names == NULL ? -1 : kind_open(folder, kind);
	DIR *dir CLEANUP(cleanup_dir) = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (dir == NULL && !(fd < 0 && errno == ENOENT)) {
		int why = errno;

		cleanup_fd(&fd);
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "The folder %s of the collateral cannot be read: %s.",
		    store_kind_name(kind), strerror(why));
	}
	for (size_t i = 0; dir != NULL && (e = readdir(dir)) != NULL; i++) {
		names->cut = i == ENTRIES_MAX;
		if (names->cut)
			break;
		entry(names, fd, quietly, e->d_name);
	}
	if (!quietly)
		report(names, kind);
	*out = TAKE(names);
	return 0;
}

static void
bundle_found(int fd, enum source_update kind, const char *name,
    store_found found, void *arg)
{
	struct collateral_files files CLEANUP(collateral_free) = {0};
	struct dci_platform_id platform;
	struct dci_failure why;
	/* Neither links out of the folder nor a FIFO that blocks. */
	int file CLEANUP(cleanup_fd) =
	    openat(fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file < 0)
		dci_fail(&why, DCI_FILE_UNREADABLE, "%s cannot be opened: %s.",
		    name, strerror(errno));
	if (file < 0 || collateral_load_bundle(&files, file, name, &why) != 0) {
		passed_over(kind, name, &why);
		return;
	}
	if (store_name_parse(&platform, name))
		found(arg, &platform, &files);
}

int
store_read(int folder, enum source_update kind, store_found found, void *arg,
    struct dci_failure *f)
{
	struct names *names CLEANUP(cleanup_free) = NULL;
	int fd CLEANUP(cleanup_fd) = kind_open(folder, kind);

	if (names_read(&names, folder, kind, false, f) != 0)
		return -1;
	for (size_t i = 0; i < names->n; i++)
		bundle_found(fd, kind, names->name[i], found, arg);
	return 0;
}

void
store_read_one(int folder, enum source_update kind,
    const struct dci_platform_id *platform, store_found found, void *arg)
{
	char name[STORE_NAME_SIZE];
	int fd CLEANUP(cleanup_fd) = kind_open(folder, kind);

	store_name(name, platform);
	if (fd >= 0 && faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		bundle_found(fd, kind, name, found, arg);
}

int
store_count(
    int folder, enum source_update kind, size_t *n, struct dci_failure *f)
{
	struct names *names CLEANUP(cleanup_free) = NULL;

	if (names_read(&names, folder, kind, true, f) != 0)
		return -1;
	*n = names->n;
	return 0;
}

bool
store_has(
    int folder, enum source_update kind, const struct dci_platform_id *platform)
{
	char name[STORE_NAME_SIZE];

	store_name(name, platform);
	int fd CLEANUP(cleanup_fd) = kind_open(folder, kind);
	if (fd >= 0 && faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	return errno != ENOENT;
}

/* Whether one more bundle, or the next version of one, is still within what
 * store_read() reads. */
static int
room(int folder, enum source_update kind,
    const struct dci_platform_id *platform, struct dci_failure *f)
{
	size_t n;

	if (store_has(folder, kind, platform))
		return 0;
	if (store_count(folder, kind, &n, f) != 0)
		return -1;
	if (n < STORE_PLATFORMS)
		return 0;
	return dci_fail(f, DCI_TOO_MANY_PLATFORMS,
	    "There is collateral of %zu platforms already, and no more is "
	    "kept.",
	    n);
}

/* As root for the owner of the folder above, who has to write there. */
static int
kind_make(int folder, enum source_update kind)
{
	struct stat st;

	if (mkdirat(folder, store_kind_name(kind), 0755) != 0)
		return errno == EEXIST ? 0 : -1;
	int fd CLEANUP(cleanup_fd) = kind_open(folder, kind);
	if (fd < 0 || fsync(folder) != 0)
		return -1;
	if (geteuid() != 0)
		return 0;
	return fstat(folder, &st) == 0 ? fchown(fd, st.st_uid, st.st_gid) : -1;
}

int
store_lock(
    int folder, enum source_update kind, bool wait, struct dci_failure *f)
{
	static const struct timespec pause = {.tv_nsec = 20000000};
	int fd = kind_make(folder, kind) != 0 ? -1 : kind_open(folder, kind);

	for (int left = wait ? LOCK_TRIES : 1; fd >= 0;) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno == ENOSYS)
			return fd;
		if (errno != EWOULDBLOCK || --left == 0)
			break;
		nanosleep(&pause, NULL);
	}
	int why = errno;
	cleanup_fd(&fd);
	if (why == EWOULDBLOCK && !wait)
		return STORE_BUSY;
	return dci_fail(f, DCI_FILE_UNWRITABLE,
	    "The folder %s of the collateral cannot be locked: %s.",
	    store_kind_name(kind), strerror(why));
}

int
store_put(int folder, enum source_update kind,
    const struct dci_platform_id *platform, const struct dci_collateral *c,
    struct dci_failure *f)
{
	char *text CLEANUP(cleanup_free) = NULL;
	char name[STORE_NAME_SIZE];
	size_t n;

	store_name(name, platform);
	if (kind_make(folder, kind) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder %s of the collateral cannot be made: %s.",
		    store_kind_name(kind), strerror(errno));
	if (room(folder, kind, platform, f) != 0 ||
	    collateral_write_bundle(c, &text, &n, f) != 0)
		return -1;
	int fd CLEANUP(cleanup_fd) = kind_open(folder, kind);
	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "The folder %s of the collateral cannot be opened: %s.",
		    store_kind_name(kind), strerror(errno));
	return file_write_at(fd, name, name, text, n, 0644, f);
}

int
store_remove(int folder, enum source_update kind,
    const struct dci_platform_id *platform, struct dci_failure *f)
{
	char name[STORE_NAME_SIZE];
	int fd CLEANUP(cleanup_fd) = kind_open(folder, kind);

	store_name(name, platform);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || (unlinkat(fd, name, 0) != 0 && errno != ENOENT) ||
	    fsync(fd) != 0)
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "%s cannot be removed: %s.", name, strerror(errno));
	return 0;
}
