/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers: beside a writer, after its end, after its death, and of copies. */
#include "base/file.h"
#include "ledger_fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* --- readers
 * ------------------------------------------------------------------- */

static void
test_reader_states(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	assert_null(ledger_open_readonly(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_MISSING);
	assert_int_equal(access(path, F_OK), -1);

	/* Empty, while the writer is at work, and after it has ended. */
	struct ledger *l = open_new();
	assert_read_only(0);
	append_one(l, 1, LEDGER_CERTIFICATE, T0);
	assert_read_only(1);
	ledger_close(l);
	assert_read_only(1);
	assert_read_only(1);

	/* A reader that stays sees what comes. */
	l = open_new();
	struct ledger *reader = ledger_open_readonly(path, &f);
	for (uint32_t i = 2; i < 10; i++) {
		int64_t rows = 0;
		append_one(l, i, LEDGER_CERTIFICATE, T0);
		assert_int_equal(
		    ledger_each(reader, visit_count, &rows, &f), 0);
		assert_int_equal(rows, i);
	}
	ledger_close(l);
	ledger_close(reader);
	assert_good(9);
}

static void
copy(const char *suffix, const char *to)
{
	char source[PATH_MAX + 8], target[PATH_MAX + 8];
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	struct dci_failure f;
	size_t n;

	snprintf(source, sizeof(source), "%s%s", path, suffix);
	snprintf(target, sizeof(target), "%s/%s%s", folder, to, suffix);
	assert_int_equal(file_read(source, 1 << 26, &data, &n, &f), 0);
	assert_int_equal(file_write(target, data, n, 0600, &f), 0);
}

/* Copies that somebody made for an inspection. */
static void
test_reader_copies(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};

	(void)state;
	append_one(l, 1, LEDGER_CERTIFICATE, T0);
	copy("", "live");
	copy("-wal", "live");
	ledger_close(l);
	copy("", "whole#?%41.db");

	snprintf(path, sizeof(path), "%s/whole#?%%41.db", folder);
	assert_read_only(1);
	/* The log without its index: nothing is guessed, nothing is made. */
	snprintf(path, sizeof(path), "%s/live", folder);
	char before[2048], after[2048];
	folder_list(before, sizeof(before));
	assert_null(ledger_open_readonly(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_IO);
	folder_list(after, sizeof(after));
	assert_string_equal(before, after);
	/* A writer repairs it. */
	l = open_new();
	ledger_close(l);
	assert_read_only(1);

	snprintf(path, sizeof(path), "%s/empty", folder);
	fclose(fopen(path, "w"));
	assert_null(ledger_open_readonly(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_MISSING);
	l = open_new();
	ledger_close(l);
	assert_good(0);
}

/* A reader that never stops reading, in another process; and of another user
 * where the test is run as root. */
static void
test_reader_beside(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	int64_t id, total = 0;
	int status;

	(void)state;
	append_one(l, 999999, LEDGER_CERTIFICATE, T0);
	ledger_close(l);
	pid_t pid = fork();
	if (pid == 0) {
		int64_t last = 0;

		for (int i = 0; i < 60; i++) {
			struct ledger *reader = ledger_open_readonly(path, &f);
			int64_t rows = 0;

			if (reader == NULL ||
			    ledger_check(reader, &rows, &f) != 0 ||
			    rows < last) {
				fprintf(stderr, "%s\n", f.sentence);
				_exit(1);
			}
			last = rows;
			ledger_close(reader);
		}
		_exit(last > 1 ? 0 : 2);
	}
	l = open_new();
	for (uint32_t i = 0; waitpid(pid, &status, WNOHANG) == 0; i++) {
		/* A slow reader must not have ever more to read. */
		if (total >= 1000) {
			usleep(1000);
			continue;
		}
		assert_int_equal(ledger_begin(l, &f), 0);
		assert_int_equal(
		    append(l, i, LEDGER_CERTIFICATE, T0, &id, &f), 0);
		assert_int_equal(ledger_commit(l, &f), 0);
		total = id;
	}
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	ledger_close(l);
	assert_good(total);
}

/* Readers while writers come and go, in both ways. */
static void
test_reader_restarts(void **state)
{
	int64_t last = 0;
	int status;

	(void)state;
	ledger_close(open_new());
	pid_t pid = fork();
	if (pid == 0) {
		for (uint32_t round = 0; round < 60; round++) {
			pid_t writer = fork();
			if (writer == 0) {
				struct ledger *l = open_new();
				for (uint32_t i = 0; i < 20; i++)
					append_one(l, round * 100 + i,
					    LEDGER_CERTIFICATE, T0);
				if (round % 2 == 0)
					ledger_close(l);
				else
					raise(SIGKILL);
				_exit(0);
			}
			waitpid(writer, &status, 0);
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		int64_t rows = rows_read();

		assert_true(rows >= last);
		last = rows;
	}
	assert_int_equal(status, 0);
	assert_good(60 * 20);
}

static void
test_reader_root(void **state)
{
	int status;

	(void)state;
	if (getuid() != 0)
		skip();
	assert_int_equal(chown(folder, 65534, 65534), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		struct ledger *l = open_new();
		append_one(l, 1, LEDGER_CERTIFICATE, T0);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_read_only(1);
	assert_good(1);
	pid = fork();
	if (pid == 0) {
		if (setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		ledger_close(open_new());
		/* Write-protected: told at once, not at the first row. */
		struct dci_failure f = {0};
		chmod(path, 0400);
		bool wrong =
		    ledger_open(path, &f) != NULL || f.code != DCI_LEDGER_IO;
		chmod(path, 0600);
		_exit(wrong);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_read_only(1);
}

/* --- live certificates, and what rows name ---------------------------------
 */

struct ends {
	size_t n;
	int64_t not_after[8];
};

static int
visit_end(const struct ledger_entry *e, void *arg)
{
	struct ends *ends = arg;

	assert_in_range(ends->n, 0, 7);
	assert_int_equal(e->row.kind, LEDGER_CERTIFICATE);
	ends->not_after[ends->n++] = e->not_after;
	return e->not_after == T0 + 86400 + 30 ? 7 : 0;
}

static void
test_live(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	struct ends ends = {0};

	(void)state;
	/* Certificates of a day, and secrets, which are no certificates. */
	append_one(l, 1, LEDGER_CERTIFICATE, T0 + 20);
	append_one(l, 2, LEDGER_SECRET, T0 + 20);
	append_one(l, 3, LEDGER_CERTIFICATE, T0 + 10);
	append_one(l, 4, LEDGER_CERTIFICATE, T0 + 20);
	append_one(l, 5, LEDGER_CERTIFICATE, T0);
	/* The last second counts; what ends first comes first. */
	assert_int_equal(
	    ledger_live(l, T0 + 86400 + 10, visit_end, &ends, &f), 0);
	assert_int_equal(ends.n, 3);
	assert_int_equal(ends.not_after[0], T0 + 86400 + 10);
	assert_int_equal(ends.not_after[1], T0 + 86400 + 20);
	assert_int_equal(ends.not_after[2], T0 + 86400 + 20);
	ends.n = 0;
	assert_int_equal(
	    ledger_live(l, T0 + 86400 + 21, visit_end, &ends, &f), 0);
	assert_int_equal(ends.n, 0);
	append_one(l, 6, LEDGER_CERTIFICATE, T0 + 30);
	append_one(l, 7, LEDGER_CERTIFICATE, T0 + 40);
	assert_int_equal(
	    ledger_live(l, T0 + 86400 + 21, visit_end, &ends, &f), 7);
	assert_int_equal(ends.n, 1);
	ledger_close(l);
}

static void
test_policy(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	char *text = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(ledger_get_policy(l, policy_digest, &text, &n, &f), 0);
	assert_int_equal(n, strlen(policy_text));
	assert_string_equal(text, policy_text);
	free(text);
	assert_int_equal(
	    ledger_get_policy(l, snapshot_digest, &text, &n, &f), -1);
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
	ledger_close(l);
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_reader_states),
	    TEST(test_reader_copies),
	    TEST(test_reader_beside),
	    TEST(test_reader_restarts),
	    TEST(test_reader_root),
	    TEST(test_live),
	    TEST(test_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
