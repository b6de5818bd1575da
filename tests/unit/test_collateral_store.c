/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral kept in a folder: names, atomic replacement, what is passed
 * over. */
#include "folder.h"
#include "sim_check.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "collateral/store.h"

/* --- dying before the n-th step of a write (Makefile: --wrap) ----------- */

static int steps_left = INT_MAX;

static void
step(void)
{
	if (--steps_left < 0)
		_exit(77);
}

int __real_mkdirat(int, const char *, mode_t);
int __real_openat(int, const char *, int, ...);
int __real_fchmod(int, mode_t);
ssize_t __real_write(int, const void *, size_t);
int __real_fsync(int);
int __real_renameat(int, const char *, int, const char *);
int __wrap_mkdirat(int, const char *, mode_t);
int __wrap_openat(int, const char *, int, mode_t);
int __wrap_fchmod(int, mode_t);
ssize_t __wrap_write(int, const void *, size_t);
int __wrap_fsync(int);
int __wrap_renameat(int, const char *, int, const char *);

int
__wrap_mkdirat(int fd, const char *name, mode_t mode)
{
	step();
	return __real_mkdirat(fd, name, mode);
}

/* The mode is garbage that nobody looks at where none is given. */
int
__wrap_openat(int fd, const char *name, int flags, mode_t mode)
{
	step();
	return __real_openat(fd, name, flags, mode);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
	step();
	return __real_fchmod(fd, mode);
}

/* Dies in the middle. */
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (steps_left == 0)
		n = (size_t)__real_write(fd, p, n / 2);
	step();
	return __real_write(fd, p, n);
}

int
__wrap_fsync(int fd)
{
	step();
	return __real_fsync(fd);
}

int
__wrap_renameat(int from, const char *a, int to, const char *b)
{
	step();
	return __real_renameat(from, a, to, b);
}

/* --- the folder --------------------------------------------------------- */

static char base[] = "/tmp/dci-test-store.XXXXXX";
static struct sim_collateral made;
static int folder = -1;

static const struct dci_platform_id sgx = {
    .tee = DCI_TEE_SGX,
    .fmspc = {0x00, 0x90, 0x6e, 0xd5},
    .platform_ca = true,
};
static const struct dci_platform_id tdx = {
    .tee = DCI_TEE_TDX,
    .fmspc = {0x90, 0xc0, 0x6f},
};

static int
empty(void **state)
{
	(void)state;
	return folder_empty(base);
}

static int
setup(void **state)
{
	struct dci_failure f;
	struct sim_platform *p CLEANUP(cleanup_platform) = test_platform();

	(void)state;
	if (mkdtemp(base) == NULL)
		return -1;
	folder = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sim_collateral_make(&made, p, &f);
}

static int
teardown(void **state)
{
	sim_collateral_free(&made);
	close(folder);
	return empty(state) != 0 ? -1 : rmdir(base);
}

static const char *
in_base(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void
write_text(const char *name, const char *text)
{
	struct dci_failure f;

	assert_int_equal(
	    file_write(in_base(name), text, strlen(text), 0644, &f), 0);
}

static void
write_one(const struct dci_platform_id *id, enum source_update kind)
{
	struct dci_collateral c = sim_collateral_view(&made);
	struct dci_failure f;

	assert_int_equal(store_put(folder, kind, id, &c, &f), 0);
}

struct found {
	size_t n;
	struct dci_platform_id id[STORE_PLATFORMS + 1];
	char tcb_info[16]; /* how the last one begins */
	size_t documents;
};

static void
found(void *arg, const struct dci_platform_id *id, struct collateral_files *c)
{
	struct found *all = arg;

	assert_true(all->n < STORE_PLATFORMS);
	all->id[all->n++] = *id;
	all->documents = 0;
	for (size_t i = 0; i < DCI_DOCUMENTS; i++)
		all->documents += c->doc[i].data != NULL;
	snprintf(all->tcb_info, sizeof(all->tcb_info), "%s",
	    (const char *)c->doc[DCI_DOC_TCB_INFO].data);
}

static struct found
read_all(enum source_update kind)
{
	struct found all = {.n = 0};
	struct dci_failure f;

	assert_int_equal(store_read(folder, kind, found, &all, &f), 0);
	return all;
}

static size_t
files_in(const char *name)
{
	size_t n = 0;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", in_base(name));
	struct dirent **list;
	int got = scandir(path, &list, NULL, NULL);
	for (int i = 0; i < got; i++) {
		n += list[i]->d_name[0] != '.';
		free(list[i]);
	}
	if (got >= 0)
		free(list);
	return n;
}

/* --- tests -------------------------------------------------------------- */

static void
names_have_one_form(void **state)
{
	static const char *const bad[] = {"", "sgx", "sgx-00906ed50000",
	    "sgx-00906ED50000-platform.json", "sgx-00906ed5000-platform.json",
	    "sgx-00906ed50000-platform.json.", "sgx-00906ed50000-other.json",
	    "tgx-00906ed50000-platform.json", "sgx_00906ed50000_platform.json",
	    "sgx-00906ed50000-platform.json/x", "sgx-00906ed50000",
	    "xsgx-00906ed5000-platform.json"};
	struct dci_platform_id id;
	char name[STORE_NAME_SIZE];

	(void)state;
	store_name(name, &sgx);
	assert_string_equal(name, "sgx-00906ed50000-platform.json");
	assert_true(store_name_parse(&id, name));
	assert_memory_equal(&id, &sgx, sizeof(id));
	store_name(name, &tdx);
	assert_string_equal(name, "tdx-90c06f000000-processor.json");
	assert_true(store_name_parse(&id, name));
	assert_memory_equal(&id, &tdx, sizeof(id));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(store_name_parse(&id, bad[i]));
}

static void
what_was_written_is_read(void **state)
{
	(void)state;
	assert_int_equal(read_all(UPDATE_STANDARD).n, 0);
	write_one(&tdx, UPDATE_STANDARD);
	write_one(&sgx, UPDATE_STANDARD);
	write_one(&sgx, UPDATE_EARLY);
	struct found all = read_all(UPDATE_STANDARD);
	assert_int_equal(all.n, 2);
	assert_memory_equal(&all.id[0], &sgx, sizeof(sgx));
	assert_memory_equal(&all.id[1], &tdx, sizeof(tdx));
	assert_int_equal(all.documents, DCI_DOCUMENTS);
	assert_int_equal(read_all(UPDATE_EARLY).n, 1);
}

static void
removed_is_gone(void **state)
{
	struct dci_failure f;

	(void)state;
	assert_int_equal(store_remove(folder, UPDATE_EARLY, &sgx, &f), 0);
	write_one(&sgx, UPDATE_STANDARD);
	assert_int_equal(store_remove(folder, UPDATE_STANDARD, &sgx, &f), 0);
	assert_int_equal(read_all(UPDATE_STANDARD).n, 0);
	assert_int_equal(store_remove(folder, UPDATE_STANDARD, &sgx, &f), 0);
}

static void
others_are_passed_over(void **state)
{
	(void)state;
	write_one(&sgx, UPDATE_STANDARD);
	write_text("standard/README", "who put this here?");
	write_text("standard/sgx-000000000001-platform.json", "not JSON");
	write_text("standard/sgx-000000000002-platform.json", "");
	assert_int_equal(symlink("sgx-00906ed50000-platform.json",
			     in_base("standard/"
				     "sgx-000000000003-platform.json")),
	    0);
	assert_int_equal(
	    mkfifo(in_base("standard/sgx-000000000004-platform.json"), 0600),
	    0);
	assert_int_equal(
	    mkdir(in_base("standard/sgx-000000000005-platform.json"), 0700), 0);
	struct found all = read_all(UPDATE_STANDARD);
	assert_int_equal(all.n, 1);
	assert_memory_equal(&all.id[0], &sgx, sizeof(sgx));
}

/* Somebody who may write there must not lead root elsewhere. */
static void
kind_that_is_a_link_is_refused(void **state)
{
	struct dci_collateral c = sim_collateral_view(&made);
	struct found all = {.n = 0};
	struct dci_failure f;

	(void)state;
	assert_int_equal(symlink("/tmp", in_base("standard")), 0);
	assert_int_equal(
	    store_read(folder, UPDATE_STANDARD, found, &all, &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNREADABLE);
	assert_int_equal(store_put(folder, UPDATE_STANDARD, &sgx, &c, &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNWRITABLE);
}

static void
number_is_bounded(void **state)
{
	struct dci_collateral c = sim_collateral_view(&made);
	struct dci_platform_id id = sgx;
	struct dci_failure f;

	(void)state;
	for (unsigned i = 1; i <= STORE_PLATFORMS; i++) {
		id.fmspc[5] = (uint8_t)i;
		write_one(&id, UPDATE_STANDARD);
	}
	assert_int_equal(store_put(folder, UPDATE_STANDARD, &sgx, &c, &f), -1);
	assert_int_equal(f.code, DCI_TOO_MANY_PLATFORMS);
	write_one(&id, UPDATE_STANDARD); /* there already */
	write_text("standard/sgx-000000000001-platform.json", "{}");
	struct found all = read_all(UPDATE_STANDARD);
	assert_int_equal(all.n, STORE_PLATFORMS);
	assert_int_equal(all.id[0].fmspc[5], 1);
	assert_int_equal(all.id[1].fmspc[5], 1); /* the last is left out */
	assert_int_equal(
	    all.id[STORE_PLATFORMS - 1].fmspc[5], STORE_PLATFORMS - 1);
}

/* In a child: replaces "old" by the simulated documents, and dies before step
 * n.  True: it came through. */
static bool
replace_dying_at(int n)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct dci_collateral c = sim_collateral_view(&made);
		struct dci_failure f;

		steps_left = n;
		int bad = store_put(folder, UPDATE_STANDARD, &sgx, &c, &f);
		_exit(bad == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 1);
	return WEXITSTATUS(status) == 0;
}

static void
crash_leaves_the_old_or_the_new(void **state)
{
	bool renamed = false, done = false;
	int n;

	(void)state;
	assert_int_equal(mkdir(in_base("standard"), 0755), 0);
	write_text("standard/sgx-00906ed50000-platform.json",
	    "{\"tcb_info\":\"old\"}");
	for (n = 0; !done; n++) {
		done = replace_dying_at(n);
		struct found all = read_all(UPDATE_STANDARD);
		assert_int_equal(all.n, 1);
		if (strcmp(all.tcb_info, "old") == 0) {
			assert_false(renamed);
		} else {
			assert_memory_equal(all.tcb_info, "{\"tcbInfo\":", 11);
			assert_int_equal(all.documents, DCI_DOCUMENTS);
			renamed = true;
		}
	}
	assert_true(renamed);
	assert_in_range(n, 8, 20);
}

static void
crash_at_the_first_write_leaves_nothing_or_the_new(void **state)
{
	bool done = false;

	(void)state;
	for (int n = 0; !done; n++) {
		done = replace_dying_at(n);
		struct found all = read_all(UPDATE_STANDARD);
		assert_true(all.n <= 1);
		if (all.n == 1)
			assert_int_equal(all.documents, DCI_DOCUMENTS);
	}
}

static void
unfinished_writes_are_removed_later(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};

	(void)state;
	write_one(&sgx, UPDATE_STANDARD);
	write_text("standard/sgx-00906ed50000-platform.json.aaaaaa", "{");
	write_text("standard/sgx-00906ed50000-platform.json.bbbbbb", "{");
	assert_int_equal(
	    utimensat(AT_FDCWD,
		in_base("standard/sgx-00906ed50000-platform.json.aaaaaa"), old,
		0),
	    0);
	assert_int_equal(read_all(UPDATE_STANDARD).n, 1);
	assert_int_equal(files_in("standard"), 2);
	assert_int_equal(
	    access(in_base("standard/sgx-00906ed50000-platform.json.bbbbbb"),
		F_OK),
	    0);
}

/* As root: the process that keeps collateral has a user of its own. */
static void
folder_of_a_kind_belongs_to_the_owner_of_the_folder(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(fchown(folder, 12345, 12346), 0);
	write_one(&sgx, UPDATE_STANDARD);
	assert_int_equal(stat(in_base("standard"), &st), 0);
	assert_int_equal(st.st_uid, 12345);
	assert_int_equal(st.st_gid, 12346);
	assert_int_equal(
	    stat(in_base("standard/sgx-00906ed50000-platform.json"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(fchown(folder, 0, 0), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, empty)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_have_one_form),
	    TEST(what_was_written_is_read),
	    TEST(removed_is_gone),
	    TEST(others_are_passed_over),
	    TEST(kind_that_is_a_link_is_refused),
	    TEST(number_is_bounded),
	    TEST(crash_leaves_the_old_or_the_new),
	    TEST(crash_at_the_first_write_leaves_nothing_or_the_new),
	    TEST(unfinished_writes_are_removed_later),
	    TEST(folder_of_a_kind_belongs_to_the_owner_of_the_folder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
