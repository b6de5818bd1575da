/* SPDX-License-Identifier: BSD-3-Clause */
/* What is found in a ledger that somebody has written to, and its format. */
#include "ledger_fixture.h"

#include <sqlite3.h>

/* --- tampering -------------------------------------------------------------
 */

static void
sql(const char *text)
{
	char *why = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, text, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", text, why);
	sqlite3_close(db);
}

static void
sql_refused(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_not_equal(
	    sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* Changes the ledger with its triggers out of the way. */
static void
tamper(const char *table, const char *text)
{
	static const char restore[] =
	    "CREATE TRIGGER %s_%s BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, "
	    "'the ledger is append-only'); END;";
	char drop[256], again[512];

	snprintf(drop, sizeof(drop),
	    "DROP TRIGGER %s_update; DROP TRIGGER %s_delete;", table, table);
	sql(drop);
	sql(text);
	snprintf(
	    again, sizeof(again), restore, table, "update", "UPDATE", table);
	sql(again);
	snprintf(
	    again, sizeof(again), restore, table, "delete", "DELETE", table);
	sql(again);
}

static void
make_five(void)
{
	unlink(path);
	char name[PATH_MAX + 8];
	snprintf(name, sizeof(name), "%s-wal", path);
	unlink(name);
	snprintf(name, sizeof(name), "%s-shm", path);
	unlink(name);
	struct ledger *l = open_new();
	for (uint32_t i = 0; i < 5; i++)
		append_one(
		    l, i, i == 2 ? LEDGER_SECRET : LEDGER_CERTIFICATE, T0);
	ledger_close(l);
	assert_good(5);
}

static void
assert_found(const char *what)
{
	struct dci_failure f = {0};
	struct ledger *l = ledger_open_readonly(path, &f);
	int64_t rows;

	if (l == NULL) {
		assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
		return;
	}
	if (ledger_check(l, &rows, &f) == 0)
		fail_msg("not found: %s", what);
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
	assert_true(rows < 5 || strstr(f.sentence, "Row") == NULL);
	ledger_close(l);
}

static void
test_tamper(void **state)
{
	static const struct {
		const char *table, *text;
	} all[] = {
	    {"entry", "UPDATE entry SET peer = '192.0.2.1:4712' WHERE id = 3"},
	    {"entry", "UPDATE entry SET csr = x'00' WHERE id = 1"},
	    {"entry", "UPDATE entry SET claims = NULL WHERE id = 4"},
	    {"entry", "UPDATE entry SET hash = zeroblob(32) WHERE id = 5"},
	    {"entry", "UPDATE entry SET previous = zeroblob(32) WHERE id = 2"},
	    {"entry", "DELETE FROM entry WHERE id = 3"},
	    {"entry", "DELETE FROM entry WHERE id = 1"},
	    {"entry", "UPDATE entry SET id = 9 WHERE id = 5"},
	    {"entry", "UPDATE entry SET id = -1 WHERE id = 1"},
	    {"chain", "UPDATE chain SET bytes = x'00'"},
	    {"chain", "DELETE FROM chain"},
	    {"policy", "UPDATE policy SET text = 'enclave'"},
	    {"policy", "DELETE FROM policy"},
	    {"document", "UPDATE document SET bytes = x'00' WHERE rowid = 2"},
	    {"document", "DELETE FROM document WHERE rowid = 2"},
	    {"snapshot", "UPDATE snapshot SET pck_crl = tcb_info"},
	    {"snapshot", "UPDATE snapshot SET root_ca_crl = NULL"},
	    {"snapshot", "DELETE FROM snapshot"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		make_five();
		if (strstr(all[i].text, "id = -1") != NULL)
			sql("PRAGMA ignore_check_constraints = on;"
			    "DROP TRIGGER entry_update;"
			    "UPDATE entry SET id = -1 WHERE id = 1;");
		else
			tamper(all[i].table, all[i].text);
		assert_found(all[i].text);
	}
}

/* An edit of the last row is seen when the next writer opens. */
static void
test_tamper_last(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	make_five();
	tamper("entry", "UPDATE entry SET entry = 'other' WHERE id = 5");
	assert_null(ledger_open(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
}

static void
test_append_only(void **state)
{
	static const char *const tables[] = {
	    "entry", "policy", "document", "chain", "snapshot"};
	char text[128];

	(void)state;
	make_five();
	for (size_t i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "DELETE FROM %s", tables[i]);
		sql_refused(text);
		snprintf(text, sizeof(text), "UPDATE %s SET rowid = rowid + 9",
		    tables[i]);
		sql_refused(text);
	}
	assert_good(5);
}

/* A writer refuses tables that lack a rule. */
static void
test_schema(void **state)
{
	static const char *const changes[] = {"DROP INDEX entry_evidence",
	    "DROP INDEX entry_secrets", "DROP TRIGGER entry_update",
	    "CREATE TRIGGER t AFTER INSERT ON entry BEGIN SELECT 1; END",
	    "CREATE TABLE other (a)"};
	struct dci_failure f = {0};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		make_five();
		sql(changes[i]);
		assert_null(ledger_open(path, &f));
		assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
		assert_found(changes[i]);
	}
}

static void
test_versions(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	make_five();
	sql("PRAGMA user_version = 3");
	assert_null(ledger_open(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_VERSION);
	assert_null(ledger_open_readonly(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_VERSION);
	sql("PRAGMA user_version = 2; PRAGMA application_id = 5");
	assert_null(ledger_open(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_VERSION);
	FILE *file = fopen(path, "w");
	fputs("This is no database, and it is longer than a header is: it goes "
	      "on and on, and never says SQLite format 3, and so on and on.",
	    file);
	fclose(file);
	assert_null(ledger_open(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
	assert_null(ledger_open_readonly(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
}

/* Version 1 lacked an index and a table: readers take it as it is, a writer
 * adds them. */
static void
test_upgrade(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	make_five();
	sql("DROP INDEX entry_live; DROP TABLE correction;"
	    "PRAGMA user_version = 1");
	assert_good(5);
	struct ledger *l = ledger_open(path, &f);
	if (l == NULL)
		fail_msg("%s", f.sentence);
	append_one(l, 6, LEDGER_CERTIFICATE, T0 + 60);
	ledger_close(l);
	assert_good(6);
	/* It is as if it had never been older. */
	l = ledger_open(path, &f);
	assert_non_null(l);
	ledger_close(l);
	sql("DROP INDEX entry_live");
	assert_null(ledger_open(path, &f));
	assert_int_equal(f.code, DCI_LEDGER_DAMAGED);
}

static void
test_modes(void **state)
{
	static const char *const suffix[] = {"", "-wal", "-shm"};
	char name[PATH_MAX + 8];
	struct stat st;

	(void)state;
	mode_t mask = umask(0);
	struct ledger *l = open_new();
	umask(mask);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++) {
			snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
			assert_int_equal(stat(name, &st), 0);
			assert_int_equal(st.st_mode & 07777, 0600);
			chmod(name, 0644);
		}
		ledger_close(l);
		l = open_new();
	}
	ledger_close(l);
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_tamper),
	    TEST(test_tamper_last),
	    TEST(test_append_only),
	    TEST(test_schema),
	    TEST(test_versions),
	    TEST(test_upgrade),
	    TEST(test_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
