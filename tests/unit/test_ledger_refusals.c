/* SPDX-License-Identifier: BSD-3-Clause */
/* Refusals: folding, the cap, readers, a full disk. */
#include "ledger_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "ledger/fold.h"
#include "ledger/refusals.h"

#define MIB (1024u * 1024)

/* The disk as a test wants it. */
static uint64_t disk_free = UINT64_MAX;
static int handle_seen = -1;

int
fstatvfs(int fd, struct statvfs *out)
{
	handle_seen = fd;
	if (disk_free == UINT64_MAX)
		return -1;
	*out = (struct statvfs){.f_frsize = 4096,
	    .f_blocks = 10u << 20,
	    .f_bavail = disk_free / 4096};
	return 0;
}

static struct bytes
text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct refusals *
open_refusals(uint64_t max)
{
	struct dci_failure f = {0};
	struct refusals *r = refusals_open(path, max, &f);

	if (r == NULL)
		fail_msg("%s", f.sentence);
	return r;
}

static void
add(struct refusals *r, int64_t time, const char *peer, const char *code)
{
	struct dci_failure f = {0};
	struct refusal refusal = {.time = time,
	    .peer = text(peer),
	    .code = text(code),
	    .sentence = text("The quote is not what it should be."),
	    .count = 1};

	if (refusals_add(r, &refusal, &f) != 0)
		fail_msg("%s", f.sentence);
}

static void
flush(struct refusals *r)
{
	struct dci_failure f = {0};

	if (refusals_flush(r, &f) != 0)
		fail_msg("%s", f.sentence);
}

struct sums {
	int64_t rows, count, last_id, last;
	int64_t folded; /* rows with a count above 1 */
	char code[64], peer[64];
	size_t evidence, record;
};

static int
visit(const struct refusal *r, int64_t id, void *arg)
{
	struct sums *s = arg;

	assert_true(id > s->last_id);
	s->last_id = id;
	s->rows++;
	s->count += r->count;
	s->folded += r->count > 1;
	s->last = r->last;
	s->evidence = r->evidence.n;
	s->record = r->record.n;
	snprintf(s->code, sizeof(s->code), "%.*s", (int)r->code.n, r->code.p);
	snprintf(s->peer, sizeof(s->peer), "%.*s", (int)r->peer.n, r->peer.p);
	return 0;
}

/* What another process sees. */
static struct sums
sums_of(void)
{
	struct dci_failure f = {0};
	struct refusals *r = refusals_open_readonly(path, &f);
	struct sums s = {0};

	if (r == NULL || refusals_each(r, visit, &s, &f) != 0)
		fail_msg("%s", f.sentence);
	refusals_close(r);
	return s;
}

static uint64_t
bytes_on_disk(void)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	uint64_t total = 0;

	for (int i = 0; i < 3; i++) {
		char name[PATH_MAX + 8];
		struct stat st;

		snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		total += (uint64_t)st.st_size;
	}
	return total;
}

/* --- prefixes ---------------------------------------------------------------
 */

static void
test_prefix(void **state)
{
	static const struct {
		const char *peer;
		size_t n;
		const char *prefix;
	} all[] = {
	    {"192.0.2.1:4711", 3, "\xc0\x00\x02"},
	    {"[2001:db8:1:2345::1]:4711", 7, "\x20\x01\x0d\xb8\x00\x01\x23"},
	    {"[::ffff:192.0.2.1]:1", 3, "\xc0\x00\x02"},
	    {"[::ffff:c000:201]:1", 3, "\xc0\x00\x02"},
	    {"[fe80::1%eth0]:1", 7, "\xfe\x80\0\0\0\0\0"},
	    {"::1:80", 7, "\0\0\0\0\0\0\0"},
	    {"192.0.2.1", 0, ""},
	    {"", 0, ""},
	    {":", 0, ""},
	    {"[", 0, ""},
	    {"[]:", 0, ""},
	    {"]:[", 0, ""},
	    {"%:1", 0, ""},
	    {"[%]:1", 0, ""},
	    {"192.0.2.1.5:1", 0, ""},
	    {"/run/issuer.sock:", 0, ""},
	    {"[11111111111111111111111111111111111111111111111111]:1", 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint8_t prefix[7];

		assert_int_equal(
		    fold_prefix(prefix, text(all[i].peer)), all[i].n);
		assert_memory_equal(prefix, all[i].prefix, all[i].n);
	}
}

/* --- folding -----------------------------------------------------------------
 */

static void
test_fold(void **state)
{
	struct refusals *r = open_refusals(4 * MIB);
	char peer[64];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(peer, sizeof(peer), "192.0.2.%d:%d", i % 256, i);
		add(r, T0 + i / 20, peer, "quote-malformed");
	}
	flush(r);
	struct sums s = sums_of();
	assert_int_equal(s.rows, 61);
	assert_int_equal(s.count, 1000);
	assert_int_equal(s.folded, 1);
	assert_int_equal(s.last, T0 + 49);

	/* Another prefix, another code: rows of their own. */
	add(r, T0 + 50, "192.0.3.1:1", "quote-malformed");
	add(r, T0 + 50, "192.0.2.1:1", "tcb-out-of-date");
	add(r, T0 + 50, "[2001:db8::1]:1", "quote-malformed");
	flush(r);
	assert_int_equal(sums_of().rows, 64);

	/* More counts go into the row that is there, also after a flush. */
	add(r, T0 + 51, "192.0.2.9:1", "quote-malformed");
	flush(r);
	assert_int_equal(sums_of().rows, 64);
	assert_int_equal(sums_of().count, 1004);

	/* The next minute. */
	add(r, T0 + 60, "192.0.2.9:1", "quote-malformed");
	flush(r);
	assert_int_equal(sums_of().rows, 65);
	refusals_close(r);
	assert_int_equal(sums_of().count, 1005);
}

/* A minute that ends with a count not yet written. */
static void
test_fold_pending(void **state)
{
	struct refusals *r = open_refusals(4 * MIB);

	(void)state;
	for (int i = 0; i < 100; i++)
		add(r, T0, "192.0.2.1:1", "a");
	for (int i = 0; i < 100; i++)
		add(r, T0 + 61, "192.0.2.1:1", "a");
	refusals_close(r);
	struct sums s = sums_of();
	assert_int_equal(s.rows, 122);
	assert_int_equal(s.count, 200);
}

/* More prefixes than there are slots: the rest of each code is folded as one,
 * and none is lost. */
static void
test_fold_many(void **state)
{
	struct refusals *r = open_refusals(16 * MIB);
	char peer[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(peer, sizeof(peer), "[2001:db8:%x:%x00::1]:1", i / 256,
		    i % 256);
		add(r, T0, peer, i % 2 == 0 ? "clock-behind" : "unheard-of");
	}
	flush(r);
	struct sums s = sums_of();
	assert_int_equal(s.count, 20000);
	assert_int_equal(s.rows, FOLD_SLOTS + 2 * 61);
	/* A minute later the slots are free again. */
	add(r, T0 + 60, "[2001:db9::1]:1", "clock-behind");
	refusals_close(r);
	assert_int_equal(sums_of().rows, s.rows + 1);
}

/* --- the cap
 * ------------------------------------------------------------------ */

static void
add_large(struct refusals *r, int i, size_t evidence)
{
	static uint8_t zeros[80 * 1024];
	struct dci_failure f = {0};
	char peer[64];

	snprintf(peer, sizeof(peer), "%d.%d.%d.1:1", i % 200 + 1, i / 200 % 200,
	    i / 40000);
	memset(zeros, 'x', sizeof(zeros));
	struct refusal refusal = {.time = T0 + i,
	    .peer = text(peer),
	    .code = text("quote-signature"),
	    .sentence = text("Wrong."),
	    .record = {zeros, 3000},
	    .evidence = {zeros, evidence},
	    .count = 1};
	if (refusals_add(r, &refusal, &f) != 0)
		fail_msg("%d: %s", i, f.sentence);
}

static void
test_cap(void **state)
{
	static const uint64_t caps[] = {MIB, 4 * MIB};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		struct refusals *r = open_refusals(caps[k]);
		uint64_t most = 0;

		for (int i = 0; i < 8000; i++) {
			add_large(r, i, i % 3 == 0 ? 4700 : 16384);
			if (i % 50 == 0)
				flush(r);
			if (bytes_on_disk() > most)
				most = bytes_on_disk();
		}
		flush(r);
		assert_true(most <= caps[k]);
		assert_true(bytes_on_disk() > caps[k] / 2);
		struct sums s = sums_of();
		assert_true(s.rows > 10 && s.last == T0 + 7999);
		/* The newest are there without a gap. */
		assert_true(s.rows < 8000);
		refusals_close(r);
	}
	/* A lower cap shrinks what is there. */
	assert_true(bytes_on_disk() > 2 * MIB);
	struct refusals *r = open_refusals(MIB);
	assert_true(bytes_on_disk() <= MIB);
	for (int i = 8000; i < 9000; i++)
		add_large(r, i, 16384);
	flush(r);
	assert_true(bytes_on_disk() <= MIB);
	assert_int_equal(sums_of().last, T0 + 8999);
	refusals_close(r);
}

static int
visit_and_add(const struct refusal *refusal, int64_t id, void *arg)
{
	(void)id;
	if (refusal->time == T0) {
		for (int i = 1; i < 2000; i++)
			add_large(arg, i, 16384);
	}
	return 7;
}

/* A reader that stops in the middle (a pager) holds nothing. */
static void
test_slow_reader(void **state)
{
	struct refusals *r = open_refusals(MIB);
	struct dci_failure f = {0};

	(void)state;
	add_large(r, 0, 10);
	flush(r);
	struct refusals *reader = refusals_open_readonly(path, &f);
	assert_int_equal(refusals_each(reader, visit_and_add, r, &f), 7);
	assert_true(bytes_on_disk() <= MIB);
	flush(r);
	assert_int_equal(sums_of().last, T0 + 1999);
	refusals_close(reader);
	refusals_close(r);
}

/* --- the rest
 * ------------------------------------------------------------------ */

static void
test_fields(void **state)
{
	static uint8_t large[70 * 1024];
	struct refusals *r = open_refusals(4 * MIB);
	struct dci_failure f = {0};
	struct refusal refusal = {.time = T0,
	    .peer = {large, sizeof(large)},
	    .code = {large, sizeof(large)},
	    .sentence = {large, sizeof(large)},
	    .record = {large, sizeof(large)},
	    .evidence = {large, sizeof(large)}};

	(void)state;
	assert_int_equal(refusals_add(r, &refusal, &f), 0);
	flush(r);
	struct sums s = sums_of();
	assert_int_equal(s.rows, 1);
	assert_int_equal(s.evidence, 0);
	assert_int_equal(s.record, 0);
	refusal = (struct refusal){
	    .time = T0, .record = {large, 5000}, .evidence = {large, 16384}};
	assert_int_equal(refusals_add(r, &refusal, &f), 0);
	flush(r);
	s = sums_of();
	assert_int_equal(s.evidence, 16384);
	assert_int_equal(s.record, 5000);
	refusals_close(r);

	assert_null(refusals_open(path, 1000, &f));
	assert_int_equal(f.code, DCI_USAGE);
	r = refusals_open_readonly(path, &f);
	assert_int_equal(refusals_add(r, &refusal, &f), -1);
	refusals_close(r);
	/* The two databases are not taken for each other. */
	assert_null(ledger_open_readonly(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_VERSION);
}

static void
test_disk_low(void **state)
{
	struct refusals *r = open_refusals(MIB);
	struct dci_failure f = {0};
	struct refusal refusal = {.time = T0, .code = text("a")};

	(void)state;
	disk_free = REFUSALS_DISK_RESERVE - 4096;
	assert_int_equal(refusals_add(r, &refusal, &f), -1);
	assert_int_equal(f.code, DCI_DISK_LOW);
	assert_true(handle_seen >= 0);
	assert_int_equal(refusals_flush(r, &f), 0);
	disk_free = REFUSALS_DISK_RESERVE;
	assert_int_equal(refusals_add(r, &refusal, &f), 0);
	disk_free = UINT64_MAX;
	refusals_close(r);
	assert_int_equal(sums_of().rows, 1);
}

static void
full_child(void)
{
	struct rlimit small = {200000, 200000}, all;
	struct dci_failure f = {0};
	struct refusals *r = open_refusals(4 * MIB);
	int failures = 0;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &all);
	small.rlim_max = all.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 500; i++) {
		struct refusal refusal = {.time = T0 + i / 100,
		    .peer = text("192.0.2.1:1"),
		    .code = text(i % 2 == 0 ? "a" : "b"),
		    .record = {quote_bytes, 1000},
		    .sentence = text("full")};
		if (i % 100 == 0) {
			small.rlim_cur = i % 200 == 0 ? 200000 : 100;
			setrlimit(RLIMIT_FSIZE, &small);
		}
		failures += refusals_add(r, &refusal, &f) != 0;
		failures += i % 10 == 0 && refusals_flush(r, &f) != 0;
	}
	setrlimit(RLIMIT_FSIZE, &all);
	add(r, T0 + 100, "192.0.2.1:1", "after");
	refusals_close(r);
	_exit(failures > 0 && f.code == DCI_LEDGER_FULL ? 0 : 1);
}

/* It fails, and works again when there is room. */
static void
test_full(void **state)
{
	int status;

	(void)state;
	refusals_close(open_refusals(4 * MIB));
	pid_t pid = fork();
	if (pid == 0)
		full_child();
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(sums_of().code, "after");
}

static void
test_kill(void **state)
{
	(void)state;
	for (int round = 0; round < 10; round++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			struct refusals *r = open_refusals(MIB);
			for (int i = 0;; i++) {
				add_large(r, i, 4000);
				if (i % 7 == 0)
					flush(r);
			}
		}
		usleep(20000 + (unsigned)round * 3000);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		struct refusals *r = open_refusals(MIB);
		add(r, T0 + 1000000, "192.0.2.1:1", "after");
		refusals_close(r);
		assert_string_equal(sums_of().code, "after");
		assert_true(bytes_on_disk() <= MIB);
	}
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_prefix),
	    TEST(test_fold),
	    TEST(test_fold_pending),
	    TEST(test_fold_many),
	    TEST(test_cap),
	    TEST(test_slow_reader),
	    TEST(test_fields),
	    TEST(test_disk_low),
	    TEST(test_full),
	    TEST(test_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
