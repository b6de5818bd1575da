/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of two versions of a document stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "collateral/merge.h"

#define NOW  INT64_C(1790000000)
#define DAYS 86400

/* Issued that many days ago, for 30 days. */
static struct dci_described
json(uint32_t evaluation, int days_ago)
{
	struct dci_described d = {.evaluation = evaluation};

	d.dates.issued = NOW - days_ago * DAYS;
	d.dates.next_update = d.dates.issued + 30 * DAYS;
	d.valid = d.dates;
	return d;
}

static struct dci_described
crl(const char *number, size_t size, int days_ago)
{
	struct dci_described d = json(0, days_ago);

	memcpy(d.crl_number, number, size);
	d.crl_number_size = size;
	return d;
}

static void
assert_merge(enum merge expected, enum dci_code code, enum fetch_item item,
    struct dci_described old, struct dci_described new)
{
	struct dci_failure why = {.code = DCI_OK};

	assert_int_equal(merge_decide(item, &old, &new, NOW, &why), expected);
	assert_int_equal(why.code, code);
}

#define TAKEN(item, old, new) assert_merge(MERGE_TAKE, DCI_OK, item, old, new)
#define ROLLBACK(item, old, new) \
	assert_merge(MERGE_REFUSE, DCI_COLLATERAL_ROLLBACK, item, old, new)

static void
first_one_is_taken(void **state)
{
	struct dci_described d = json(17, 1);
	struct dci_failure why;

	(void)state;
	assert_int_equal(
	    merge_decide(FETCH_TCB_INFO, NULL, &d, NOW, &why), MERGE_TAKE);
	d = json(17, 31); /* expired: better than none, to say so exactly */
	assert_int_equal(
	    merge_decide(FETCH_TCB_INFO, NULL, &d, NOW, &why), MERGE_TAKE);
}

static void
json_goes_by_evaluation_number_then_by_date(void **state)
{
	static const enum fetch_item items[] = {
	    FETCH_TCB_INFO, FETCH_QE_IDENTITY};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		TAKEN(items[i], json(17, 2), json(17, 1));
		TAKEN(items[i], json(17, 2), json(18, 2));
		TAKEN(items[i], json(17, 1), json(18, 2));
		ROLLBACK(items[i], json(17, 1), json(17, 2));
		ROLLBACK(items[i], json(18, 2), json(17, 1));
		ROLLBACK(items[i], json(18, 1), json(17, 2));
		assert_merge(
		    MERGE_SAME, DCI_OK, items[i], json(17, 1), json(17, 1));
	}
}

static void
lists_go_by_number_then_by_date(void **state)
{
	static const enum fetch_item items[] = {FETCH_PCK_CRL, FETCH_ROOT_CRL};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		TAKEN(items[i], crl("\x02", 1, 2), crl("\x03", 1, 2));
		TAKEN(items[i], crl("\x02", 1, 2), crl("\x02", 1, 1));
		TAKEN(items[i], crl("\xff", 1, 2), crl("\x01\x00", 2, 2));
		TAKEN(items[i], crl("", 0, 2), crl("\x01", 1, 2));
		ROLLBACK(items[i], crl("\x03", 1, 2), crl("\x02", 1, 1));
		ROLLBACK(items[i], crl("\x02", 1, 1), crl("\x02", 1, 2));
		ROLLBACK(items[i], crl("\x01\x00", 2, 2), crl("\xff", 1, 1));
		assert_merge(MERGE_SAME, DCI_OK, items[i], crl("\x02", 1, 1),
		    crl("\x02", 1, 1));
	}
}

/* Whoever can hold back documents must not gain by it. */
static void
older_is_not_taken_even_if_newer_has_expired(void **state)
{
	(void)state;
	ROLLBACK(FETCH_TCB_INFO, json(18, 40), json(17, 1));
	ROLLBACK(FETCH_PCK_CRL, crl("\x03", 1, 40), crl("\x02", 1, 1));
}

static void
expired_is_not_taken_for_what_is_not(void **state)
{
	(void)state;
	assert_merge(MERGE_REFUSE, DCI_COLLATERAL_EXPIRED, FETCH_TCB_INFO,
	    json(17, 29), json(18, 31));
	TAKEN(FETCH_TCB_INFO, json(17, 33), json(17, 31));
}

static void
future_is_refused(void **state)
{
	struct dci_described future = json(18, 0);
	struct dci_failure why;

	(void)state;
	future.valid.issued = NOW + 301;
	assert_merge(MERGE_REFUSE, DCI_COLLATERAL_NOT_YET_VALID, FETCH_TCB_INFO,
	    json(17, 1), future);
	assert_int_equal(merge_decide(FETCH_TCB_INFO, NULL, &future, NOW, &why),
	    MERGE_REFUSE);
	assert_int_equal(why.code, DCI_COLLATERAL_NOT_YET_VALID);
}

/* Quotes must not fail because of a clock that is a little behind. */
static void
near_future_waits_where_that_is_possible(void **state)
{
	struct dci_described soon = json(18, 0);
	struct dci_failure why;

	(void)state;
	soon.valid.issued = NOW + 300;
	assert_merge(MERGE_WAIT, DCI_OK, FETCH_TCB_INFO, json(17, 1), soon);
	TAKEN(FETCH_TCB_INFO, json(17, 31), soon);
	assert_int_equal(
	    merge_decide(FETCH_TCB_INFO, NULL, &soon, NOW, &why), MERGE_TAKE);
}

static void
same_document_with_a_longer_chain_is_taken(void **state)
{
	struct dci_described brief = json(17, 1), longer = json(17, 1);

	(void)state;
	brief.valid.next_update = NOW + 5 * DAYS;
	TAKEN(FETCH_TCB_INFO, brief, longer);
	assert_merge(MERGE_SAME, DCI_OK, FETCH_TCB_INFO, longer, brief);
}

static void
sentences_name_both(void **state)
{
	struct dci_described old = json(18, 1), new = json(17, 1);
	struct dci_failure why;

	(void)state;
	merge_decide(FETCH_TCB_INFO, &old, &new, NOW, &why);
	assert_non_null(strstr(why.sentence, "17"));
	assert_non_null(strstr(why.sentence, "18"));
	old = crl("\x0a\xbc", 2, 1);
	new = crl("\x0a\xbb", 2, 1);
	merge_decide(FETCH_PCK_CRL, &old, &new, NOW, &why);
	assert_non_null(strstr(why.sentence, "0x0abc"));
	assert_non_null(strstr(why.sentence, "0x0abb"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_one_is_taken),
	    cmocka_unit_test(json_goes_by_evaluation_number_then_by_date),
	    cmocka_unit_test(lists_go_by_number_then_by_date),
	    cmocka_unit_test(older_is_not_taken_even_if_newer_has_expired),
	    cmocka_unit_test(expired_is_not_taken_for_what_is_not),
	    cmocka_unit_test(future_is_refused),
	    cmocka_unit_test(near_future_waits_where_that_is_possible),
	    cmocka_unit_test(same_document_with_a_longer_chain_is_taken),
	    cmocka_unit_test(sentences_name_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
