/* SPDX-License-Identifier: BSD-3-Clause */
/* What is promised when things go wrong: kill -9 at any moment, fsync that
 * fails, a full disk. */
#include "ledger_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* --- SQLite's fdatasync() and fsync() come through here ------------------- */

static int syncs, sync_fails_at, writes_since;

static int
sync_or_fail(long number, int fd)
{
	syncs++;
	if (sync_fails_at != 0 && syncs >= sync_fails_at) {
		errno = EIO;
		return -1;
	}
	writes_since = 0;
	return (int)syscall(number, fd);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off64_t offset)
{
	writes_since++;
	return syscall(SYS_pwrite64, fd, data, n, offset);
}

int
fdatasync(int fd)
{
	return sync_or_fail(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	return sync_or_fail(SYS_fsync, fd);
}

/* --- kill -9 -----------------------------------------------------------------
 */

/* Appends batches without end and says after each commit how many rows there
 * are. */
static void
writer_child(int out, uint32_t seed)
{
	struct dci_failure f = {0};
	struct ledger *l = ledger_open(path, &f);

	if (l == NULL)
		_exit(3);
	content_put(l);
	for (;;) {
		int64_t id = 0;

		if (ledger_begin(l, &f) != 0)
			_exit(4);
		for (uint32_t i = seed % 7; i < 8; i++) {
			if (append(l, seed++, LEDGER_CERTIFICATE, T0, &id,
				&f) != 0)
				_exit(5);
		}
		if (ledger_commit(l, &f) != 0)
			_exit(6);
		if (write(out, &id, sizeof(id)) != sizeof(id))
			_exit(7);
	}
}

static int64_t
kill_round(uint32_t seed, unsigned microseconds)
{
	int pipes[2], status;
	int64_t id, acknowledged = 0;

	assert_int_equal(pipe(pipes), 0);
	pid_t pid = fork();
	if (pid == 0)
		writer_child(pipes[1], seed);
	close(pipes[1]);
	/* Every other time surely not while it still opens the ledger. */
	if (seed % 200000 == 0 && read(pipes[0], &id, sizeof(id)) == sizeof(id))
		acknowledged = id;
	usleep(microseconds);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	while (read(pipes[0], &id, sizeof(id)) == sizeof(id))
		acknowledged = id;
	close(pipes[0]);
	return acknowledged;
}

static void
test_kill(void **state)
{
	int64_t total = 0, acknowledged = 0;

	(void)state;
	ledger_close(open_new());
	srandom(4711);
	for (uint32_t round = 0; round < 60; round++) {
		int64_t seen =
		    kill_round(round * 100000, (unsigned)random() % 20000);

		if (seen > acknowledged)
			acknowledged = seen;
		/* A reader first, while nobody has repaired anything. */
		total = rows_read();
		if (round % 10 == 9)
			assert_read_only(total);
		assert_true(total >= acknowledged);
		/* At most the one batch that was not acknowledged yet. */
		assert_true(total <= acknowledged + 8);
		acknowledged = total;
		if (round % 10 == 9)
			assert_good(total);
	}
	assert_true(total > 200);
	ledger_close(open_new());
	assert_good(total);
	print_message("%lld rows\n", (long long)total);
}

/* --- fsync -------------------------------------------------------------------
 */

static void
test_commit_syncs(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(ledger_begin(l, &f), 0);
		assert_int_equal(
		    append(l, i, LEDGER_CERTIFICATE, T0, &id, &f), 0);
		int before = syncs;
		writes_since = -1000;
		assert_int_equal(ledger_commit(l, &f), 0);
		assert_true(syncs > before);
		/* There were writes, and a sync after the last of them. */
		assert_int_equal(writes_since, 0);
	}
	ledger_close(l);
}

static void
test_sync_fails(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	append_one(l, 1, LEDGER_CERTIFICATE, T0);
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(append(l, 2, LEDGER_CERTIFICATE, T0 + 9, &id, &f), 0);
	sync_fails_at = syncs + 1;
	assert_int_equal(ledger_commit(l, &f), -1);
	sync_fails_at = 0;
	assert_int_equal(f.code, DCI_LEDGER_IO);
	assert_int_equal(ledger_newest(l), T0);
	/* What the kernel has thrown away it does not write the next time. */
	assert_int_equal(ledger_begin(l, &f), -1);
	assert_int_equal(f.code, DCI_LEDGER_IO);
	ledger_close(l);
	/* Opening anew finds a chain that is whole. */
	l = open_new();
	append_one(l, 3, LEDGER_CERTIFICATE, T0 + 10);
	ledger_close(l);
	assert_good(rows_read());
}

/* An fsync that fails while the log is copied into the database. */
static void
test_checkpoint_sync_fails(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	int64_t id;
	uint32_t i = 0;
	int rc = 0;

	(void)state;
	/* One sync is the commit's own; from the second on it fails. */
	for (; rc == 0 && i < 5000; i++) {
		rc = ledger_begin(l, &f);
		if (rc != 0)
			break;
		assert_int_equal(
		    append(l, i, LEDGER_CERTIFICATE, T0, &id, &f), 0);
		sync_fails_at = syncs + 2;
		rc = ledger_commit(l, &f);
		sync_fails_at = 0;
		assert_int_equal(rc, 0);
	}
	assert_int_equal(rc, -1);
	assert_int_equal(f.code, DCI_LEDGER_IO);
	/* Closing copies nothing and leaves the log. */
	int before = syncs;
	ledger_close(l);
	assert_int_equal(syncs, before);
	assert_good(i);
	ledger_close(open_new());
	assert_good(i);
}

/* --- a full disk
 * --------------------------------------------------------------- */

/* Exits with the code of the first failure, or 0. */
static void
full_child(rlim_t limit)
{
	struct rlimit small = {limit, limit};
	struct dci_failure f = {0};
	struct ledger *l = ledger_open(path, &f);
	int64_t newest = ledger_newest(l), id;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	for (uint32_t i = 100; i < 10000; i++) {
		if (ledger_begin(l, &f) != 0)
			_exit(200);
		if (append(l, i, LEDGER_CERTIFICATE, T0 + i, &id, &f) != 0) {
			ledger_rollback(l);
			break;
		}
		if (ledger_commit(l, &f) != 0)
			break;
		newest = ledger_newest(l);
	}
	if (ledger_newest(l) != newest || strlen(f.sentence) < 20)
		_exit(201);
	/* Once more: it fits only if it needs fewer pages; no damage. */
	enum dci_code code = f.code;
	if (ledger_begin(l, &f) != 0 ||
	    append(l, 10001, LEDGER_CERTIFICATE, T0 + 20000, &id, &f) != 0 ||
	    ledger_commit(l, &f) != 0) {
		if (f.code != DCI_LEDGER_FULL)
			_exit(202);
		ledger_rollback(l);
	}
	ledger_close(l);
	_exit((int)code);
}

static void
test_full(void **state)
{
	int64_t rows = 0;

	(void)state;
	ledger_close(open_new());
	for (rlim_t limit = 400000; limit < 14000000; limit += 4000000) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			full_child(limit);
		waitpid(pid, &status, 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), DCI_LEDGER_FULL);
		assert_true(rows_read() >= rows);
		rows = rows_read();
		assert_good(rows);
		/* Begun anew, so that evidence does not repeat. */
		folder_teardown(NULL);
		mkdir(folder, 0700);
		ledger_close(open_new());
		rows = 0;
	}
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_kill),
	    TEST(test_commit_syncs),
	    TEST(test_sync_fails),
	    TEST(test_checkpoint_sync_fails),
	    TEST(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
