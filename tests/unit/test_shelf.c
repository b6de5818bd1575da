/* SPDX-License-Identifier: BSD-3-Clause */
/* The ledger stores the collateral that rows name, and no other. */
#include "tests/unit/ledger_fixture.h"

#include "issuer/collateral_text.h"
#include "issuer/shelf.h"

#define NAMES 4

/* A shelf lives as long as its process. */
static struct shelf *
new_shelf(void)
{
	static struct shelf *volatile live_on[8];
	static size_t n;

	assert_true(n < sizeof(live_on) / sizeof(live_on[0]));
	return live_on[n++] = shelf_new();
}

/* Sets that differ in one document, of n bytes. */
static void
fill(struct shelf *s, const char *names, size_t n, int64_t now)
{
	struct writer w CLEANUP(writer_free) = writer_new(COLLATERAL_TEXT_MAX);
	uint8_t *document = calloc(1, n);

	collateral_file_begin(&w, true);
	for (; *names != '\0'; names++) {
		struct dci_collateral c = {0};

		document[0] = (uint8_t)*names;
		c.doc[DCI_DOC_TCB_INFO].data = document;
		c.doc[DCI_DOC_TCB_INFO].n = n;
		collateral_text_add(&w, &c);
	}
	assert_true(shelf_fill(s, (struct bytes){w.data, w.n}, now));
	free(document);
}

static void
name_of(uint8_t out[static 32], char name, size_t n)
{
	uint8_t *document = calloc(1, n);
	struct dci_collateral c = {0};

	document[0] = (uint8_t)name;
	c.doc[DCI_DOC_TCB_INFO].data = document;
	c.doc[DCI_DOC_TCB_INFO].n = n;
	collateral_digest(out, &c);
	free(document);
}

/* A row that names it, in a batch of its own: whether the ledger took it. */
static bool
row_taken(struct shelf *s, struct ledger *l, char name, size_t n)
{
	static uint32_t seed;
	struct dci_failure f = {0};
	int64_t id;

	struct ledger_row row = row_make(++seed, LEDGER_SECRET);
	name_of(row.snapshot_digest, name, n);
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(shelf_put(s, l, row.snapshot_digest, &f), 0);
	bool taken = ledger_append(
			 l, &row, (struct bytes){0}, NULL, 0, T0, &id, &f) == 0;
	if (taken)
		assert_int_equal(ledger_commit(l, &f), 0);
	else
		ledger_rollback(l);
	shelf_settle(s, taken);
	assert_true(taken || f.code == DCI_LEDGER_CONTENT);
	return taken;
}

static bool
is_stored(struct ledger *l, char name, size_t n)
{
	struct ledger_documents d;
	struct dci_failure f;
	uint8_t digest[32];

	name_of(digest, name, n);
	bool stored = ledger_get_snapshot(l, digest, &d, &f) == 0;
	ledger_documents_free(&d);
	return stored;
}

static void
only_what_a_row_names_is_stored(void **state)
{
	struct ledger *l = open_new();
	struct shelf *s = new_shelf();

	(void)state;
	fill(s, "ab", 10, T0);
	assert_true(row_taken(s, l, 'a', 10));
	assert_true(row_taken(s, l, 'a', 10));
	assert_true(is_stored(l, 'a', 10));
	assert_false(is_stored(l, 'b', 10));
	assert_false(row_taken(s, l, 'c', 10));
	ledger_close(l);
}

static void
what_was_rolled_back_is_put_again(void **state)
{
	struct ledger *l = open_new();
	struct shelf *s = new_shelf();
	struct dci_failure f;
	uint8_t digest[32];

	(void)state;
	fill(s, "a", 20, T0);
	name_of(digest, 'a', 20);
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(shelf_put(s, l, digest, &f), 0);
	ledger_rollback(l);
	shelf_settle(s, false);
	assert_false(is_stored(l, 'a', 20));
	assert_true(row_taken(s, l, 'a', 20));
	ledger_close(l);
}

static void
what_was_replaced_stays_a_while(void **state)
{
	struct ledger *l = open_new();
	struct shelf *s = new_shelf();

	(void)state;
	fill(s, "ab", 30, T0);
	fill(s, "b", 30, T0 + 1);
	assert_true(row_taken(s, l, 'a', 30));
	fill(s, "c", 30, T0 + 1 + LIMIT_SHELF_SECONDS);
	fill(s, "c", 30, T0 + 2 + LIMIT_SHELF_SECONDS);
	assert_true(row_taken(s, l, 'b', 30));
	fill(s, "c", 30, T0 + 2 + 2 * LIMIT_SHELF_SECONDS);
	fill(s, "cb", 30, T0 + 3 + 2 * LIMIT_SHELF_SECONDS);
	assert_true(row_taken(s, l, 'b', 30));
	fill(s, "c", 31, T0 + 4 + 2 * LIMIT_SHELF_SECONDS);
	fill(s, "c", 31, T0 + 6 + 3 * LIMIT_SHELF_SECONDS);
	assert_false(row_taken(s, l, 'c', 30));
	assert_true(row_taken(s, l, 'c', 31));
	ledger_close(l);
}

/* Whoever publishes something new all the time does not fill the memory. */
static void
what_was_replaced_is_bounded(void **state)
{
	const size_t n = LIMIT_PUBLISHED / 3;
	struct ledger *l = open_new();
	struct shelf *s = new_shelf();

	(void)state;
	for (char name = 'a'; name <= 'h'; name++)
		fill(s, (char[]){name, '\0'}, n, T0);
	struct dci_failure f;
	uint8_t digest[32];
	assert_int_equal(ledger_begin(l, &f), 0);
	/* h is current; g, f and e are not, and d would be too much. */
	for (char name = 'd'; name <= 'h'; name += 4) {
		name_of(digest, name, n);
		assert_int_equal(shelf_put(s, l, digest, &f), 0);
		assert_int_equal(is_stored(l, name, n), name == 'h');
	}
	ledger_rollback(l);
	ledger_close(l);
}

static void
what_is_malformed_is_refused(void **state)
{
	struct shelf *s = new_shelf();

	(void)state;
	assert_false(shelf_fill(s, (struct bytes){(const uint8_t *)"", 0}, T0));
	assert_false(shelf_fill(
	    s, (struct bytes){(const uint8_t *)"\0\1\0\0\0", 5}, T0));
	assert_false(
	    shelf_fill(s, (struct bytes){(const uint8_t *)"\2", 1}, T0));
	assert_true(
	    shelf_fill(s, (struct bytes){(const uint8_t *)"\1", 1}, T0));
}

int
main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(only_what_a_row_names_is_stored),
	    TEST(what_was_rolled_back_is_put_again),
	    TEST(what_was_replaced_stays_a_while),
	    TEST(what_was_replaced_is_bounded),
	    TEST(what_is_malformed_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
