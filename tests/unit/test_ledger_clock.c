/* SPDX-License-Identifier: BSD-3-Clause */
/* Corrections: the way out for a clock that was once ahead. */
#include "ledger_fixture.h"

#include <sqlite3.h>

#include "ledger/clock.h"

#define YEAR (365 * 86400)

static struct ledger *
open_again(void)
{
	struct dci_failure f = {0};
	struct ledger *l = ledger_open(path, &f);

	if (l == NULL)
		fail_msg("%s", f.sentence);
	return l;
}

static struct ledger_correction
correct(struct ledger *l, int64_t now)
{
	struct dci_failure f = {0};
	struct ledger_correction c;

	if (ledger_correct(l, now, &c, &f) != 0)
		fail_msg("%s", f.sentence);
	return c;
}

static void
assert_code(int result, const struct dci_failure *f, enum dci_code code)
{
	assert_int_equal(result, -1);
	assert_string_equal(dci_code_name(f->code), dci_code_name(code));
}

/* Whether a row can be appended at that time. */
static enum dci_code
try_append(struct ledger *l, uint32_t seed, int64_t now)
{
	struct dci_failure f = {.code = DCI_OK};
	int64_t id;

	assert_int_equal(ledger_begin(l, &f), 0);
	if (append(l, seed, LEDGER_CERTIFICATE, now, &id, &f) == 0)
		f.code = DCI_OK;
	ledger_rollback(l);
	return f.code;
}

static void
test_correction(void **state)
{
	struct ledger *l = open_new();
	struct ledger_correction c;
	struct dci_failure f;

	(void)state;
	append_one(l, 1, LEDGER_CERTIFICATE, T0);
	append_one(l, 2, LEDGER_CERTIFICATE, T0 + YEAR);
	assert_int_equal(try_append(l, 3, T0 + 60), DCI_CLOCK_BEHIND);

	c = correct(l, T0 + 60);
	assert_int_equal(c.id, 1);
	assert_int_equal(c.after, 2);
	assert_int_equal(c.newest, T0 + YEAR);
	assert_int_equal(c.issued, T0 - 86400);
	assert_int_equal(ledger_newest(l), T0 + 60);
	append_one(l, 3, LEDGER_CERTIFICATE, T0 + 61);
	/* From here on the clock counts as before. */
	assert_int_equal(try_append(l, 4, T0 + 61 - 301), DCI_CLOCK_BEHIND);
	/* Evidence of before the correction stays used. */
	assert_int_equal(try_append(l, 2, T0 + 62), DCI_EVIDENCE_REUSED);
	assert_code(
	    ledger_correct(l, T0 + 62, &c, &f), &f, DCI_CLOCK_NOT_BEHIND);
	ledger_close(l);
	assert_good(3);

	/* The same after a restart. */
	l = open_again();
	assert_int_equal(ledger_newest(l), T0 + 61);
	append_one(l, 4, LEDGER_CERTIFICATE, T0 + 62);
	ledger_close(l);
	assert_good(4);
}

/* At the end of the chain, and twice: the first one was itself wrong. */
static void
test_end(void **state)
{
	struct ledger *l = open_new();
	struct ledger_correction c;
	struct dci_failure f = {0};
	uint8_t head[32] = {0};

	(void)state;
	append_one(l, 1, LEDGER_CERTIFICATE, T0 + 2 * YEAR);
	correct(l, T0 + YEAR);
	c = correct(l, T0);
	assert_int_equal(c.id, 2);
	assert_int_equal(c.after, 1);
	assert_int_equal(c.newest, T0 + YEAR);
	ledger_close(l);
	assert_good(1);
	l = open_again();
	assert_int_equal(ledger_newest(l), T0);
	assert_int_equal(ledger_correction_head(l, 1, head, &f), 0);
	assert_memory_equal(head, c.hash, 32);
	append_one(l, 2, LEDGER_CERTIFICATE, T0 + 1);
	ledger_close(l);
	assert_good(2);
}

/* Collateral is dated by Intel: a clock before that is wrong, whatever the
 * operator says. */
static void
test_issued(void **state)
{
	struct ledger *l = open_new();
	struct ledger_row row = row_make(1, LEDGER_SECRET);
	struct ledger_correction c;
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	row.newest_issued = T0 + 1000;
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(ledger_append(l, &row, (struct bytes){0}, NULL, 0,
			     T0 + YEAR, &id, &f),
	    0);
	assert_int_equal(ledger_commit(l, &f), 0);
	assert_code(ledger_correct(l, T0 + 699, &c, &f), &f, DCI_CLOCK_BEHIND);
	c = correct(l, T0 + 700);
	assert_int_equal(c.issued, T0 + 1000);
	assert_int_equal(ledger_newest(l), T0 + 1000);
	assert_int_equal(try_append(l, 2, T0 + 699), DCI_CLOCK_BEHIND);
	assert_int_equal(try_append(l, 2, T0 + 700), DCI_OK);
	ledger_close(l);
	l = open_again();
	assert_int_equal(try_append(l, 2, T0 + 699), DCI_CLOCK_BEHIND);
	ledger_close(l);
}

static void
test_empty(void **state)
{
	struct ledger *l = open_new();
	struct ledger_correction c;
	struct dci_failure f = {0};

	(void)state;
	assert_code(ledger_correct(l, T0, &c, &f), &f, DCI_CLOCK_NOT_BEHIND);
	assert_int_equal(ledger_correction_last(l, &c, &f), 1);
	ledger_close(l);
}

static void
sql(const char *text)
{
	static const char guard[] =
	    "CREATE TRIGGER correction_update BEFORE UPDATE ON correction "
	    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
	    "CREATE TRIGGER correction_delete BEFORE DELETE ON correction "
	    "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;";
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_not_equal(
	    sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "DROP TRIGGER correction_update;"
			     "DROP TRIGGER correction_delete",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, guard, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
make_corrected(void)
{
	assert_int_equal(folder_empty(folder), 0);
	struct ledger *l = open_new();
	append_one(l, 1, LEDGER_CERTIFICATE, T0 + YEAR);
	correct(l, T0);
	append_one(l, 2, LEDGER_CERTIFICATE, T0 + 1);
	ledger_close(l);
	assert_good(2);
}

/* A correction cannot be taken away, moved or changed unnoticed. */
static void
test_tampered(void **state)
{
	static const char *const all[] = {"DELETE FROM correction",
	    "UPDATE correction SET time = time + 1",
	    "UPDATE correction SET newest = newest - 1",
	    "UPDATE correction SET issued = issued - 1",
	    "UPDATE correction SET after = 2", "UPDATE correction SET id = 2",
	    "UPDATE correction SET hash = zeroblob(32)",
	    "UPDATE correction SET previous = zeroblob(32)"};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct dci_failure f = {0};
		int64_t rows;

		make_corrected();
		sql(all[i]);
		struct ledger *l = ledger_open_readonly(path, &f);
		assert_non_null(l);
		if (ledger_check(l, &rows, &f) == 0)
			fail_msg("not found: %s", all[i]);
		assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
		ledger_close(l);
	}
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_correction),
	    TEST(test_end),
	    TEST(test_issued),
	    TEST(test_empty),
	    TEST(test_tampered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
