/* SPDX-License-Identifier: BSD-3-Clause */
/* The ledger's rules: chain, evidence, clock, batches, formats, tampering. */
#include "ledger_fixture.h"

#include <sqlite3.h>

#include "base/limits.h"

#define ASSERT_CODE(call, want)                                                \
	do {                                                                   \
		assert_int_equal(call, -1);                                    \
		if (f.code != (want))                                          \
			fail_msg("%s: %s", dci_code_name(f.code), f.sentence); \
		assert_true(strlen(f.sentence) > 20);                          \
	} while (0)

/* --- the chain of hashes, recomputed without the ledger's code ------------ */

static void
le(uint8_t *out, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> 8 * i);
}

static size_t
column_add(uint8_t *to, sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_NULL:
		le(to, 0xffffffff, 4);
		return 4;
	case SQLITE_INTEGER:
		le(to, 8, 4);
		le(to + 4, (uint64_t)sqlite3_column_int64(s, i), 8);
		return 12;
	default:
		break;
	}
	const void *p = sqlite3_column_blob(s, i);
	size_t n = (size_t)sqlite3_column_bytes(s, i);
	le(to, n, 4);
	if (n > 0)
		memcpy(to + 4, p, n);
	return 4 + n;
}

/* The order that PROTOCOL.md gives. */
static const char columns[] =
    "id time kind request_id evaluated newest_issued tee status binding "
    "assurance debug mrenclave mrsigner isv_prod_id isv_svn evidence policy "
    "snapshot peer entry verdict quote chain quote_padding claims spki csr "
    "record certificate serial not_after previous hash ";

static int
chain_recompute(void)
{
	static uint8_t all[512 * 1024];
	uint8_t previous[32] = {0}, hash[32];
	char names[1024] = "";
	sqlite3_stmt *s;
	sqlite3 *db;
	int rows = 0;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT * FROM entry ORDER BY id", -1, &s, NULL),
	    SQLITE_OK);
	for (int i = 0; i < sqlite3_column_count(s); i++) {
		strcat(names, sqlite3_column_name(s, i));
		strcat(names, " ");
	}
	assert_string_equal(names, columns);
	while (sqlite3_step(s) == SQLITE_ROW) {
		int n = sqlite3_column_count(s) - 2;
		size_t used = 32;

		memcpy(all, previous, 32);
		for (int i = 0; i < n; i++)
			used += column_add(all + used, s, i);
		sha256(hash, all, used);
		assert_memory_equal(sqlite3_column_blob(s, n), previous, 32);
		assert_memory_equal(sqlite3_column_blob(s, n + 1), hash, 32);
		memcpy(previous, hash, 32);
		rows++;
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
	return rows;
}

static void
test_chain(void **state)
{
	struct ledger *l = open_new();

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(
		    append_one(l, i,
			i % 3 == 0 ? LEDGER_SECRET : LEDGER_CERTIFICATE,
			T0 + i),
		    i + 1);
	assert_int_equal(chain_recompute(), 20);
	ledger_close(l);
	assert_good(20);
}

/* --- rules ---------------------------------------------------------------- */

static void
test_evidence(void **state)
{
	struct ledger *l = open_new();
	struct ledger_row row = row_make(1, LEDGER_CERTIFICATE);
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	assert_false(ledger_evidence_used(l, row.evidence_digest, &f));
	/* Released secrets may repeat it, before and after. */
	append_one(l, 1, LEDGER_SECRET, T0);
	append_one(l, 1, LEDGER_SECRET, T0);
	assert_false(ledger_evidence_used(l, row.evidence_digest, &f));
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(append(l, 1, LEDGER_CERTIFICATE, T0, &id, &f), 0);
	assert_int_equal(id, 3);
	assert_true(ledger_evidence_used(l, row.evidence_digest, &f));
	ASSERT_CODE(
	    append(l, 1, LEDGER_CERTIFICATE, T0, &id, &f), DCI_EVIDENCE_REUSED);
	/* The batch goes on. */
	assert_int_equal(append(l, 2, LEDGER_CERTIFICATE, T0, &id, &f), 0);
	assert_int_equal(id, 4);
	assert_int_equal(ledger_commit(l, &f), 0);
	append_one(l, 1, LEDGER_SECRET, T0);
	assert_int_equal(ledger_begin(l, &f), 0);
	ASSERT_CODE(
	    append(l, 1, LEDGER_CERTIFICATE, T0, &id, &f), DCI_EVIDENCE_REUSED);
	assert_int_equal(ledger_commit(l, &f), 0);
	assert_int_equal(chain_recompute(), 5);
	ledger_close(l);
	assert_good(5);
}

static void
test_secrets_are_bounded(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	for (unsigned i = 0; i < LIMIT_SECRETS_PER_EVIDENCE - 1; i++)
		append_one(l, 1, LEDGER_SECRET, T0);
	ledger_close(l);
	/* A restart forgets nothing. */
	l = open_new();
	assert_int_equal(ledger_begin(l, &f), 0);
	assert_int_equal(append(l, 1, LEDGER_SECRET, T0, &id, &f), 0);
	ASSERT_CODE(append(l, 1, LEDGER_SECRET, T0, &id, &f),
	    DCI_SECRET_RELEASED_TOO_OFTEN);
	/* The batch goes on: other evidence, and a certificate on this. */
	assert_int_equal(append(l, 2, LEDGER_SECRET, T0, &id, &f), 0);
	assert_int_equal(append(l, 1, LEDGER_CERTIFICATE, T0, &id, &f), 0);
	assert_int_equal(ledger_commit(l, &f), 0);
	ledger_close(l);
	assert_good(LIMIT_SECRETS_PER_EVIDENCE + 2);
}

static void
test_serial(void **state)
{
	struct ledger *l = open_new();
	struct ledger_row row = row_make(2, LEDGER_CERTIFICATE);
	struct dci_failure f = {0};
	uint8_t serial[16] = {0, 1}; /* that of seed 1 */
	int64_t id;

	(void)state;
	append_one(l, 1, LEDGER_CERTIFICATE, T0);
	assert_int_equal(ledger_begin(l, &f), 0);
	ASSERT_CODE(
	    ledger_append(l, &row, (struct bytes){certificate_bytes, 10},
		serial, T0, T0, &id, &f),
	    DCI_SERIAL_REUSED);
	ledger_rollback(l);
	ledger_close(l);
	assert_good(1);
}

static void
test_clock(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	assert_int_equal(ledger_newest(l), 0);
	append_one(l, 1, LEDGER_CERTIFICATE, T0);
	assert_int_equal(ledger_newest(l), T0);
	append_one(l, 2, LEDGER_CERTIFICATE, T0 - 300);
	assert_int_equal(ledger_newest(l), T0);
	assert_int_equal(ledger_begin(l, &f), 0);
	ASSERT_CODE(append(l, 3, LEDGER_CERTIFICATE, T0 - 301, &id, &f),
	    DCI_CLOCK_BEHIND);
	/* The clock does not creep back five minutes a row. */
	ASSERT_CODE(
	    append(l, 3, LEDGER_SECRET, T0 - 600, &id, &f), DCI_CLOCK_BEHIND);
	assert_int_equal(append(l, 3, LEDGER_CERTIFICATE, T0, &id, &f), 0);

	/* Collateral that is newer than the clock moves the bound. */
	struct ledger_row row = row_make(4, LEDGER_SECRET);
	row.newest_issued = T0 + 200;
	assert_int_equal(ledger_append(l, &row, (struct bytes){NULL, 0}, NULL,
			     0, T0, &id, &f),
	    0);
	assert_int_equal(ledger_newest(l), T0 + 200);
	row.newest_issued = T0 + 301;
	ASSERT_CODE(ledger_append(
			l, &row, (struct bytes){NULL, 0}, NULL, 0, T0, &id, &f),
	    DCI_CLOCK_BEHIND);
	assert_int_equal(ledger_newest(l), T0 + 200);
	assert_int_equal(ledger_commit(l, &f), 0);
	ledger_close(l);

	/* It is remembered. */
	l = ledger_open(path, &f);
	assert_non_null(l);
	assert_int_equal(ledger_newest(l), T0 + 200);
	assert_int_equal(ledger_begin(l, &f), 0);
	ASSERT_CODE(append(l, 9, LEDGER_CERTIFICATE, T0 - 101, &id, &f),
	    DCI_CLOCK_BEHIND);
	ledger_rollback(l);
	ledger_close(l);
	l = ledger_open_readonly(path, &f);
	assert_int_equal(ledger_newest(l), T0 + 200);
	ledger_close(l);
}

static void
test_misuse(void **state)
{
	struct ledger *l = open_new();
	struct ledger_row row = row_make(1, LEDGER_CERTIFICATE);
	struct bytes certificate = {certificate_bytes, 10};
	struct dci_failure f = {0};
	uint8_t serial[16] = {1};
	int64_t id;

	(void)state;
	ASSERT_CODE(append(l, 1, LEDGER_SECRET, T0, &id, &f), DCI_INTERNAL);
	ASSERT_CODE(ledger_commit(l, &f), DCI_INTERNAL);
	assert_int_equal(ledger_begin(l, &f), 0);
	ASSERT_CODE(ledger_begin(l, &f), DCI_INTERNAL);
	ASSERT_CODE(ledger_append(l, &row, certificate, NULL, T0, T0, &id, &f),
	    DCI_LEDGER_ROW);
	ASSERT_CODE(ledger_append(l, &row, (struct bytes){NULL, 0}, serial, T0,
			T0, &id, &f),
	    DCI_LEDGER_ROW);
	ASSERT_CODE(
	    ledger_append(l, &row, certificate, serial, -1, T0, &id, &f),
	    DCI_LEDGER_ROW);
	row.policy_digest[0] ^= 1;
	ASSERT_CODE(
	    ledger_append(l, &row, certificate, serial, T0, T0, &id, &f),
	    DCI_LEDGER_CONTENT);
	ledger_rollback(l);
	ASSERT_CODE(ledger_put_policy(l, row.policy_digest,
			(struct bytes){(const uint8_t *)"x", 1}, &f),
	    DCI_LEDGER_CONTENT);
	ledger_close(l);
	l = ledger_open_readonly(path, &f);
	ASSERT_CODE(ledger_begin(l, &f), DCI_INTERNAL);
	ASSERT_CODE(ledger_put_policy(l, policy_digest,
			(struct bytes){
			    (const uint8_t *)policy_text, strlen(policy_text)},
			&f),
	    DCI_INTERNAL);
	ledger_close(l);
	assert_good(0);
}

/* Two writers: the second to append is told, and no chain forks. */
static void
test_two_writers(void **state)
{
	struct ledger *a = open_new(), *b = open_new();
	struct dci_failure f = {0};
	int64_t id;

	(void)state;
	append_one(a, 1, LEDGER_CERTIFICATE, T0);
	assert_int_equal(ledger_begin(b, &f), 0);
	ASSERT_CODE(
	    append(b, 2, LEDGER_CERTIFICATE, T0, &id, &f), DCI_LEDGER_BUSY);
	ledger_rollback(b);
	append_one(a, 3, LEDGER_CERTIFICATE, T0);
	ledger_close(b);
	ledger_close(a);
	assert_good(2);
}

/* --- any sequence of operations ------------------------------------------- */

static uint64_t random_state = 88172645463325252ull;

static uint32_t
random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % n;
}

struct model {
	int64_t rows, newest;
	bool used[64];
};

static void
model_append(struct model *m, struct ledger *l)
{
	struct dci_failure f = {0};
	uint32_t seed = random_below(64);
	enum ledger_kind kind =
	    random_below(4) == 0 ? LEDGER_SECRET : LEDGER_CERTIFICATE;
	int64_t now = T0 + m->rows + (int64_t)random_below(800) - 600, id;
	int rc = append(l, seed, kind, now, &id, &f);

	if (now < m->newest - 300) {
		assert_int_equal(rc, -1);
		assert_int_equal(f.code, DCI_CLOCK_BEHIND);
	} else if (kind == LEDGER_CERTIFICATE && m->used[seed]) {
		assert_int_equal(rc, -1);
		assert_int_equal(f.code, DCI_EVIDENCE_REUSED);
	} else {
		assert_int_equal(rc, 0);
		assert_int_equal(id, ++m->rows);
		m->used[seed] |= kind == LEDGER_CERTIFICATE;
		if (now > m->newest)
			m->newest = now;
	}
	if (m->newest < T0 - 86400)
		m->newest = m->rows > 0 ? T0 - 86400 : 0;
}

static void
test_property(void **state)
{
	struct ledger *l = open_new();
	struct dci_failure f = {0};
	struct model m = {0}, before;

	(void)state;
	for (int round = 0; round < 400; round++) {
		before = m;
		assert_int_equal(ledger_begin(l, &f), 0);
		for (uint32_t n = random_below(6); n > 0; n--)
			model_append(&m, l);
		if (random_below(2) == 0) {
			ledger_rollback(l);
			m = before;
		} else {
			assert_int_equal(ledger_commit(l, &f), 0);
		}
		assert_int_equal(ledger_newest(l), m.newest);
		if (random_below(20) == 0) {
			ledger_close(l);
			l = ledger_open(path, &f);
			assert_non_null(l);
			assert_int_equal(ledger_newest(l), m.newest);
		}
	}
	assert_int_equal(chain_recompute(), m.rows);
	ledger_close(l);
	assert_good(m.rows);
}

/* --- reading ---------------------------------------------------------------
 */

static int
visit_seen(const struct ledger_entry *e, void *arg)
{
	struct ledger_entry *seen = arg;
	struct ledger_row want = row_make(7, e->row.kind);

	assert_true(bytes_equal(e->row.pck_chain, want.pck_chain));
	assert_true(bytes_equal(e->row.record, want.record));
	assert_true(bytes_equal(e->row.claims, want.claims));
	assert_true(bytes_equal(e->row.csr, want.csr));
	assert_int_equal(e->row.quote_padding, 3);
	assert_int_equal(e->row.isv_svn, 7);
	if (e->row.kind == LEDGER_CERTIFICATE)
		assert_int_equal(e->certificate.n, sizeof(certificate_bytes));
	else
		assert_null(e->certificate.p);
	seen->id = e->id;
	seen->time = e->time;
	return seen->not_after == 99 && e->id == 2 ? 42 : 0;
}

static void
test_read(void **state)
{
	struct ledger *l = open_new();
	struct ledger_entry seen = {0};
	struct dci_failure f = {0};
	uint8_t serial[16] = {0, 5};

	(void)state;
	append_one(l, 1, LEDGER_SECRET, T0);
	append_one(l, 5, LEDGER_CERTIFICATE, T0 + 1);
	append_one(l, 6, LEDGER_CERTIFICATE, T0 + 2);
	assert_int_equal(ledger_each(l, visit_seen, &seen, &f), 0);
	assert_int_equal(seen.id, 3);
	seen.not_after = 99;
	assert_int_equal(ledger_each(l, visit_seen, &seen, &f), 42);
	assert_int_equal(seen.id, 2);
	seen.not_after = 0;
	assert_int_equal(ledger_by_serial(l, serial, visit_seen, &seen, &f), 0);
	assert_int_equal(seen.time, T0 + 1);
	serial[0] = 9;
	assert_int_equal(ledger_by_serial(l, serial, visit_seen, &seen, &f), 1);
	assert_int_equal(ledger_by_id(l, 3, visit_seen, &seen, &f), 0);
	assert_int_equal(seen.id, 3);
	assert_int_equal(ledger_by_id(l, 4, visit_seen, &seen, &f), 1);
	assert_int_equal(ledger_by_id(l, 0, visit_seen, &seen, &f), 1);
	assert_int_equal(ledger_by_id(l, INT64_MIN, visit_seen, &seen, &f), 1);
	ledger_close(l);
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(t, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_chain),
	    TEST(test_evidence),
	    TEST(test_secrets_are_bounded),
	    TEST(test_serial),
	    TEST(test_clock),
	    TEST(test_misuse),
	    TEST(test_two_writers),
	    TEST(test_property),
	    TEST(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
