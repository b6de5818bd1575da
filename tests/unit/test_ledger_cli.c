/* SPDX-License-Identifier: BSD-3-Clause */
/* dci ledger list|show|refusals: lines, JSON, exit codes. */
#include "ledger_fixture.h"

#include <fcntl.h>
#include <jansson.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/ledger.h"

#define SERIAL "00050000000000000000000000000000"

static char state_dir[128];
static char out[256 * 1024], err[4096];

static void
slurp(const char *name, char *to, size_t n)
{
	char file[PATH_MAX];
	uint8_t *data;
	size_t size;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	assert_int_equal(file_read(file, n - 1, &data, &size, NULL), 0);
	memcpy(to, data, size + 1);
	free(data);
}

/* Runs the command with its output in out and err. */
static int
run(const char *line)
{
	static const char *const names[] = {"", "out", "err"};
	char words[256], file[PATH_MAX];
	char *argv[16];
	int argc = 0, saved[3];

	snprintf(words, sizeof(words), "ledger %s", line);
	for (char *w = strtok(words, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = strcmp(w, "STATE") == 0 ? state_dir : w;
	argv[argc] = NULL;
	fflush(NULL);
	for (int i = 1; i < 3; i++) {
		snprintf(file, sizeof(file), "%s/%s", folder, names[i]);
		int fd = open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		saved[i] = dup(i);
		dup2(fd, i);
		close(fd);
	}
	int rc = ledger_main(argc, argv);
	fflush(NULL);
	for (int i = 1; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	slurp("out", out, sizeof(out));
	slurp("err", err, sizeof(err));
	return rc;
}

static int
state_setup(void **state)
{
	char name[sizeof(state_dir) + 16];

	if (folder_setup(state) != 0)
		return -1;
	snprintf(state_dir, sizeof(state_dir), "%s/state", folder);
	snprintf(name, sizeof(name), "%s/ledger", state_dir);
	snprintf(path, sizeof(path), "%s/ledger.db", name);
	return folder_make(name, 0700, NULL);
}

static struct refusals *
open_refusals(void)
{
	char name[PATH_MAX];
	struct dci_failure f = {0};

	snprintf(name, sizeof(name), "%s/ledger/refusals.db", state_dir);
	struct refusals *r = refusals_open(name, 1 << 20, &f);
	if (r == NULL)
		fail_msg("%s", f.sentence);
	return r;
}

static void
test_empty(void **state)
{
	(void)state;
	/* No such ledger is not the same as an empty one. */
	assert_int_equal(run("list -s STATE"), 2);
	assert_non_null(strstr(err, "ledger-missing"));
	assert_int_equal(run("refusals -s STATE"), 2);
	assert_int_equal(run("show -s STATE 1"), 2);
	ledger_close(open_new());
	refusals_close(open_refusals());
	assert_int_equal(run("list -s STATE"), 0);
	assert_string_equal(out, "");
	assert_string_equal(err, "");
	assert_int_equal(run("list --json -s STATE"), 0);
	assert_string_equal(out, "");
	assert_int_equal(run("refusals -s STATE"), 0);
	assert_string_equal(out, "");
	assert_int_equal(run("show -s STATE 1"), 1);
	assert_string_equal(out, "");
	assert_non_null(strstr(err, "there is no 1 in the ledger"));
	assert_int_equal(run("show -s STATE " SERIAL), 1);
}

static void
test_usage(void **state)
{
	static const char *const wrong[] = {"", "lst", "list x", "show",
	    "show 1 2", "list --nonsense", "list -s", "show -s STATE 12x",
	    "show -s STATE -- -1", "show -s STATE 0123456789abcdef",
	    "show -s STATE 99999999999999999999",
	    "show -s STATE g0050000000000000000000000000000"};

	(void)state;
	ledger_close(open_new());
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(run(wrong[i]), 2);
		assert_string_equal(out, "");
		assert_true(strlen(err) > 10);
	}
	assert_int_equal(run("--help"), 0);
	assert_non_null(strstr(out, "usage: dci ledger list"));
	assert_int_equal(run("show --help"), 0);
	assert_string_equal(err, "");
}

static void
append_hostile(struct ledger *l)
{
	struct dci_failure f = {0};
	struct ledger_row row = row_make(9, LEDGER_SECRET);
	int64_t id;

	row.entry =
	    (struct bytes){(const uint8_t *)"a\"b\\c d=\x1b[31m\n\xc3\xa4", 16};
	row.record = (struct bytes){(const uint8_t *)"not JSON\x1b", 9};
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(ledger_append(l, &row, (struct bytes){NULL, 0}, NULL,
			     0, T0 + 1, &id, &f),
	    0);
	assert_int_equal(ledger_commit(l, &f), 0);
}

static void
test_list(void **state)
{
	struct ledger *l = open_new();

	(void)state;
	append_one(l, 5, LEDGER_CERTIFICATE, T0);
	append_hostile(l);
	/* While the writer has it open. */
	assert_int_equal(run("list -s STATE"), 0);
	assert_string_equal(out,
	    "id=1 time=2026-01-01T00:00:00Z kind=certificate serial=" SERIAL
	    " entry=proxy-verifier verdict=UpToDate assurance=hardware "
	    "binding=evidence tee=SGX debug=no mrenclave="
	    "4bca7d3fb5ee75e1e4b6a854512a4e21e2c8bfec980ebda11eaa7a2668a362ec"
	    " peer=192.0.2.1:4711 expires=2026-01-02T00:00:00Z\n"
	    "id=2 time=2026-01-01T00:00:01Z kind=secret serial=- "
	    "entry=\"a\\\"b\\\\c d=\\x1b[31m\\x0a\\xc3\\xa4\" "
	    "verdict=UpToDate assurance=hardware binding=evidence tee=SGX "
	    "debug=no mrenclave="
	    "4bca7d3fb5ee75e1e4b6a854512a4e21e2c8bfec980ebda11eaa7a2668a362ec"
	    " peer=192.0.2.1:4711 expires=-\n");
	ledger_close(l);
}

static json_t *
object_of(const char *line, size_t n)
{
	json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);

	assert_true(json_is_object(j));
	return j;
}

static void
test_list_json(void **state)
{
	struct ledger *l = open_new();

	(void)state;
	append_one(l, 5, LEDGER_CERTIFICATE, T0);
	append_hostile(l);
	ledger_close(l);
	assert_int_equal(run("list --json -s STATE"), 0);
	char *end = strchr(out, '\n');
	json_t *j = object_of(out, (size_t)(end - out));
	assert_string_equal(
	    json_string_value(json_object_get(j, "serial")), SERIAL);
	assert_string_equal(json_string_value(json_object_get(j, "expires")),
	    "2026-01-02T00:00:00Z");
	json_decref(j);
	j = object_of(end + 1, strlen(end + 1));
	assert_true(json_is_null(json_object_get(j, "serial")));
	assert_true(json_is_null(json_object_get(j, "expires")));
	assert_string_equal(
	    json_string_value(json_object_get(j, "kind")), "secret");
	assert_string_equal(json_string_value(json_object_get(j, "entry")),
	    "a\"b\\c d=\x1b[31m\n\xc3\xa4");
	json_decref(j);
	for (const char *c = out; *c != '\0'; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c < 0x7f));
}

static void
test_show(void **state)
{
	static const char *const want[] = {"serial           " SERIAL "\n",
	    "kind             certificate\n", "evidence digest  ",
	    "policy digest    ", "snapshot digest  ", "previous         0000",
	    "hash             ", "verdict=UpToDate\n",
	    "  pass       quote-signature\n",
	    "  tolerated  tcb-status\n             code      tcb\n"
	    "             expected  UpToDate\n"
	    "             found     OutOfDate\n",
	    "-----BEGIN CERTIFICATE-----\n"};
	struct ledger *l = open_new();
	char first[sizeof(out)];

	(void)state;
	append_one(l, 5, LEDGER_CERTIFICATE, T0);
	append_one(l, 0xaf, LEDGER_CERTIFICATE, T0);
	append_hostile(l);
	ledger_close(l);
	assert_int_equal(run("show -s STATE " SERIAL), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		if (strstr(out, want[i]) == NULL)
			fail_msg("%s not in %s", want[i], out);
	}
	strcpy(first, out);
	assert_int_equal(run("show 1 -s STATE"), 0);
	assert_string_equal(out, first);
	assert_int_equal(
	    run("show -s STATE 00aF0000000000000000000000000000"), 0);
	strcpy(first, out);
	assert_int_equal(
	    run("show -s STATE 00Af0000000000000000000000000000"), 0);
	assert_string_equal(out, first);
	/* Hostile text does not reach the terminal. */
	assert_int_equal(run("show -s STATE 3"), 0);
	assert_null(strchr(out, 0x1b));
	assert_non_null(strstr(out, "not JSON\\x1b"));
	assert_null(strstr(out, "BEGIN"));
}

static void
test_show_json(void **state)
{
	struct ledger *l = open_new();
	uint8_t *data;
	size_t n;

	(void)state;
	append_one(l, 5, LEDGER_CERTIFICATE, T0);
	append_hostile(l);
	ledger_close(l);
	assert_int_equal(run("show --json -s STATE 1"), 0);
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	json_t *j = object_of(out, strlen(out));
	json_t *checks =
	    json_object_get(json_object_get(j, "record"), "checks");
	assert_int_equal(json_array_size(checks), 2);
	const char *text = json_string_value(json_object_get(j, "evidence"));
	assert_true(base64_decode(&data, &n, text, strlen(text)));
	assert_int_equal(n, sizeof(quote_bytes) + sizeof(chain_bytes) + 3);
	free(data);
	assert_non_null(
	    strstr(json_string_value(json_object_get(j, "certificate")),
		"-----BEGIN CERTIFICATE-----"));
	assert_int_equal(
	    strlen(json_string_value(json_object_get(j, "policy_digest"))), 64);
	json_decref(j);
	assert_int_equal(run("show --json -s STATE 2"), 0);
	j = object_of(out, strlen(out));
	assert_true(json_is_string(json_object_get(j, "record")));
	assert_true(json_is_null(json_object_get(j, "certificate")));
	json_decref(j);
}

static void
test_refusals(void **state)
{
	struct refusals *r = open_refusals();
	struct dci_failure f = {0};
	struct refusal refusal = {.time = T0,
	    .peer = {(const uint8_t *)"192.0.2.1:5", 11},
	    .code = {(const uint8_t *)"clock-behind", 12},
	    .sentence = {(const uint8_t *)"Bad \x1b[0m clock\xff.", 16},
	    .record = {(const uint8_t *)"{\"a\":1}", 7},
	    .evidence = {(const uint8_t *)"abc", 3}};

	(void)state;
	for (int i = 0; i < 64; i++) {
		refusal.time = T0 + i / 10;
		assert_int_equal(refusals_add(r, &refusal, &f), 0);
		refusal.record.p = refusal.evidence.p = NULL;
	}
	assert_int_equal(refusals_flush(r, &f), 0);
	assert_int_equal(run("refusals -s STATE"), 0);
	const char *line =
	    "id=1 time=2026-01-01T00:00:00Z code=clock-behind "
	    "peer=192.0.2.1:5 count=1 request=00000000000000000000000000000000 "
	    "sentence=\"Bad \\x1b[0m clock\\xff.\"\n";
	assert_memory_equal(out, line, strlen(line));
	assert_non_null(strstr(out, "count=4 last=2026-01-01T00:00:06Z"));
	size_t lines = 0;
	for (const char *c = out; *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, 61);
	assert_int_equal(run("refusals -s STATE --json"), 0);
	json_t *j = object_of(out, (size_t)(strchr(out, '\n') - out));
	assert_string_equal(json_string_value(json_object_get(j, "sentence")),
	    "Bad ?[0m clock?.");
	assert_string_equal(
	    json_string_value(json_object_get(j, "evidence")), "YWJj");
	assert_true(json_is_object(json_object_get(j, "record")));
	json_decref(j);
	refusals_close(r);
}

/* A full disk behind the output is not success. */
static void
test_output_fails(void **state)
{
	struct ledger *l = open_new();
	char words[][8] = {"ledger", "list", "-s"};
	char *argv[] = {words[0], words[1], words[2], state_dir, NULL};

	(void)state;
	append_one(l, 5, LEDGER_CERTIFICATE, T0);
	ledger_close(l);
	fflush(NULL);
	int saved = dup(1), full = open("/dev/full", O_WRONLY);
	dup2(full, 1);
	int rc = ledger_main(4, argv);
	clearerr(stdout);
	dup2(saved, 1);
	close(saved);
	close(full);
	assert_int_equal(rc, 2);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, state_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_empty),
	    TEST(test_usage),
	    TEST(test_list),
	    TEST(test_list_json),
	    TEST(test_show),
	    TEST(test_show_json),
	    TEST(test_refusals),
	    TEST(test_output_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
