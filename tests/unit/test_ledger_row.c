/* SPDX-License-Identifier: BSD-3-Clause */
/* The encoded row: exact, total, one form for one row. */
#include "ledger_fixture.h"

#include "ledger/fields.h"

static struct writer
encoded(const struct ledger_row *row)
{
	struct writer w = writer_new(2 * LEDGER_ROW_MAX);

	ledger_row_encode(&w, row);
	return w;
}

static void
assert_round(const struct ledger_row *row)
{
	struct writer w CLEANUP(writer_free) = encoded(row);
	struct ledger_row back;

	assert_false(w.failed);
	assert_true(ledger_row_decode(&back, (struct bytes){w.data, w.n}));
	struct writer again CLEANUP(writer_free) = encoded(&back);
	assert_int_equal(again.n, w.n);
	assert_memory_equal(again.data, w.data, w.n);
	for (size_t i = 0; i < FIELDS; i++) {
		const struct bytes *a = field_in(row, &fields[i]);
		const struct bytes *b = field_in(&back, &fields[i]);

		switch (fields[i].type) {
		case FIELD_FIXED:
			assert_memory_equal(a, b, fields[i].size);
			break;
		case FIELD_TEXT:
		case FIELD_BLOB:
		case FIELD_CHAIN:
		case FIELD_OPTIONAL:
			assert_true(bytes_equal(*a, *b));
			assert_int_equal(a->p == NULL && a->n == 0 &&
					     fields[i].type == FIELD_OPTIONAL,
			    b->p == NULL);
			break;
		default:
			assert_int_equal(field_number(row, &fields[i]),
			    field_number(&back, &fields[i]));
			break;
		}
	}
}

static void
test_round(void **state)
{
	struct ledger_row row = row_make(1, LEDGER_CERTIFICATE);

	(void)state;
	assert_round(&row);
	row = row_make(2, LEDGER_SECRET);
	assert_round(&row);
	row.claims.p = NULL;
	row.claims.n = 0;
	assert_round(&row);
	/* There and empty is not the same as not there. */
	row.claims.p = (const uint8_t *)"";
	assert_round(&row);
	row.entry =
	    (struct bytes){(const uint8_t *)"\xc3\xa4\xf0\x9f\x94\x91", 6};
	assert_round(&row);
	assert_string_equal(fields[FIELD_INDEX_CHAIN].column, "chain");
}

static void
test_cut_and_longer(void **state)
{
	struct ledger_row row = row_make(1, LEDGER_CERTIFICATE), back;
	struct writer w CLEANUP(writer_free) = encoded(&row);

	(void)state;
	for (size_t n = 0; n < w.n; n++) {
		/* On the heap, so that a sanitizer sees a byte too far. */
		uint8_t *copy = malloc(n + 1);
		memcpy(copy, w.data, n);
		copy = realloc(copy, n == 0 ? 1 : n);
		assert_false(ledger_row_decode(&back, (struct bytes){copy, n}));
		free(copy);
	}
	writer_u8(&w, 0);
	assert_false(ledger_row_decode(&back, (struct bytes){w.data, w.n}));
}

/* What decodes encodes to the same bytes: there is one form only. */
static void
test_flips(void **state)
{
	struct ledger_row row = row_make(1, LEDGER_CERTIFICATE), back;
	struct writer w CLEANUP(writer_free) = encoded(&row);
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < w.n * 8; i++) {
		w.data[i / 8] ^= (uint8_t)(1 << i % 8);
		if (ledger_row_decode(&back, (struct bytes){w.data, w.n})) {
			struct writer again CLEANUP(writer_free) =
			    encoded(&back);
			assert_int_equal(again.n, w.n);
			assert_memory_equal(again.data, w.data, w.n);
			taken++;
		}
		w.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(taken > 0);
}

static void
assert_refused(const struct ledger_row *row, const char *column)
{
	struct writer w CLEANUP(writer_free) = encoded(row);
	const struct field *wrong = fields_wrong(row);

	assert_true(w.failed);
	assert_non_null(wrong);
	assert_string_equal(wrong->column, column);
}

static void
test_bounds(void **state)
{
	static uint8_t large[LEDGER_ROW_MAX];
	struct ledger_row row;

	(void)state;
#define REFUSED(column, change)                        \
	do {                                           \
		row = row_make(1, LEDGER_CERTIFICATE); \
		change;                                \
		assert_refused(&row, column);          \
	} while (0)
	REFUSED("kind", row.kind = 0);
	REFUSED("kind", row.kind = 3);
	REFUSED("evaluated", row.evaluated = -1);
	REFUSED("newest_issued", row.newest_issued = INT64_MAX);
	REFUSED("debug", row.debug = 2);
	REFUSED("quote_padding", row.quote_padding = 16385);
	REFUSED("quote", row.quote.p = large; row.quote.n = 16385);
	REFUSED("chain", row.pck_chain.p = large; row.pck_chain.n = 16385);
	REFUSED("csr", row.csr.p = NULL);
	REFUSED("csr", row.kind = LEDGER_SECRET);
	REFUSED("peer", row.peer.p = large; row.peer.n = 1);
	memset(large, 'a', sizeof(large));
	REFUSED("entry", row.entry.p = large; row.entry.n = 256);
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xe0\x80\x80",
	    "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5", "a\xc3", "\xe2\x82"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		REFUSED("verdict", row.verdict.p = (const uint8_t *)bad[i];
			row.verdict.n = strlen(bad[i]));
	/* Each field good, all of it too long. */
	row = row_make(1, LEDGER_CERTIFICATE);
	row.record = (struct bytes){large, LEDGER_ROW_MAX};
	struct writer w CLEANUP(writer_free) = encoded(&row);
	assert_true(w.failed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_cut_and_longer),
	    cmocka_unit_test(test_flips),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
