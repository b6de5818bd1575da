/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral that is kept fresh: what is there is replaced by what is newer,
 * and by nothing else. */
#include "keeper_fixture.h"

static int
start(void **state)
{
	if (setup(state) != 0)
		return -1;
	keeper_start();
	want(1);
	pump();
	prove(1);
	assert_int_equal(keeper_count(keeper), 1);
	source.all = 0;
	changed_n = 0;
	forget_log();
	return 0;
}

/* What is in use is still what was there at first, and good. */
static void
assert_old(void)
{
	assert_int_equal(
	    described(0, DCI_DOC_TCB_INFO).dates.issued, TEST_TIME);
	assert_good(0);
	assert_int_equal(changed_n, 0);
}

static void
newer_documents_replace_older_ones_together(void **state)
{
	(void)state;
	now += 6 * HOUR;
	issue();
	pass(0);
	assert_int_equal(source.all, 4);
	assert_int_equal(changed_n, 1);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
	assert_int_equal(described(0, DCI_DOC_ROOT_CA_CRL).dates.issued, now);
	assert_int_equal(lines("collateral-fetched", "from="), 4);
	assert_good(0);
	pass(HOUR);
	assert_int_equal(source.all, 4);
}

static void
what_is_still_the_same_changes_nothing(void **state)
{
	(void)state;
	pass(6 * HOUR);
	assert_int_equal(source.all, 4);
	assert_old();
	assert_int_equal(logged_n, 0);
	keeper_refresh(keeper);
	pump();
	assert_int_equal(source.all, 8);
	assert_old();
}

static void
source_that_is_down_for_an_hour_is_asked_ever_less_often(void **state)
{
	(void)state;
	now += 6 * HOUR;
	source_fails(DCI_SOURCE_UNREACHABLE);
	for (int i = 0; i < 60; i++)
		pass(60);
	/* After 0, 1, 3, 7, 15, 31 minutes, more or less. */
	assert_in_range(source.all, 4 * 5, 4 * 8);
	/* One line for each attempt, whatever it was for. */
	unsigned attempts = source.all / 4;
	assert_int_equal(source.all, 4 * attempts);
	assert_int_equal(
	    lines("collateral-fetch-failed", "code=source-unreachable"),
	    attempts);
	assert_int_equal(
	    lines("collateral-fetch-failed", "documents=4"), attempts);
	assert_int_equal(
	    lines("collateral-fetch-failed",
		"in_use_until=2026-10-21T14:13:20Z next_try=2026-"),
	    attempts);
	assert_old();
	source_fails(DCI_OK);
	issue();
	for (int i = 0; i < 75; i++)
		pass(60);
	assert_int_equal(
	    described(0, DCI_DOC_TCB_INFO).dates.issued, TEST_TIME + 7 * HOUR);
}

/* Those that were not due at the same time join the others. */
static void
many_platforms_do_not_make_many_lines_of_an_outage(void **state)
{
	(void)state;
	config.platforms_per_minute = 100;
	keeper_stop();
	keeper_start();
	for (uint8_t i = 2; i <= 30; i++) {
		want(i);
		pump();
		prove(i);
		pass(60);
	}
	source_fails(DCI_SOURCE_TIMEOUT);
	source.fails[FETCH_ROOT_CRL] = DCI_SOURCE_NAME_UNKNOWN;
	pass(7 * HOUR);
	forget_log();
	source.all = 0;
	for (int i = 0; i < 24 * 60; i++)
		pass(60);
	assert_in_range(source.all, 33 * 18, 33 * 32);
	assert_int_equal(lines("collateral-fetch-failed",
			     "documents=32 code=source-timeout"),
	    source.all / 33);
	assert_int_equal(
	    lines("collateral-fetch-failed", ""), 2 * (source.all / 33));
	/* One that is an own fault has its own line. */
	source_fails(DCI_OK);
	source.fails[FETCH_QE_IDENTITY] = DCI_SOURCE_NOT_FOUND;
	forget_log();
	keeper_refresh(keeper);
	pump();
	assert_int_equal(lines("collateral-fetch-failed", ""), 1);
	assert_int_equal(lines("collateral-fetch-failed",
			     "document=\"QE identity\" code=source-not-found"),
	    1);
}

static void
what_the_source_asks_for_is_heard(void **state)
{
	(void)state;
	now += 6 * HOUR;
	source_fails(DCI_SOURCE_TOO_MANY_REQUESTS);
	source.retry_after = 3000;
	pass(0);
	assert_int_equal(source.all, 4);
	for (int i = 0; i < 49; i++)
		pass(60);
	assert_int_equal(source.all, 4);
	pass(60);
	assert_int_equal(source.all, 8);
}

static void
old_documents_stay_until_they_expire_and_this_is_said(void **state)
{
	(void)state;
	source_fails(DCI_SOURCE_UNREACHABLE);
	for (int day = 0; day < 22; day++)
		pass(DAYS);
	assert_int_equal(lines("collateral-expires", ""), 0);
	for (int hour = 0; hour < 8 * 24 - 1; hour++)
		pass(HOUR);
	assert_old();
	/* In the last seven days, for four documents, once a day. */
	assert_int_equal(lines("collateral-expires", ""), 4 * 7);
	assert_int_equal(
	    lines("collateral-expires", "document=\"QE identity\" "), 7);
	assert_int_equal(
	    lines("collateral-expires", "next_update=2026-10-21T14:13:20Z"),
	    4 * 7);
	assert_int_equal(lines("collateral-expired", ""), 0);
	for (int hour = 0; hour < 48; hour++)
		pass(HOUR);
	/* They were good in their last second. */
	assert_int_equal(lines("collateral-expires", ""), 4 * 8);
	/* Each once, and then all together every hour. */
	assert_int_equal(lines("collateral-expired", ""), 4 + 46);
	assert_int_equal(lines("collateral-expired", "documents=4"), 46);
	/* The verification will say it, not a gap. */
	assert_old();
	source_fails(DCI_OK);
	issue();
	keeper_refresh(keeper);
	pump();
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
}

static void
older_documents_are_refused(void **state)
{
	(void)state;
	now += HOUR;
	issue();
	source.spec.tcb_info.from = TEST_TIME - DAYS;
	source.spec.qe_evaluation--;
	source.spec.pck_crl.from = TEST_TIME - 1;
	source.spec.root_crl.from = TEST_TIME - 1;
	keeper_refresh(keeper);
	pump();
	assert_int_equal(source.all, 4);
	assert_old();
	assert_int_equal(
	    lines("collateral-rollback", "code=collateral-rollback"), 4);
	assert_int_equal(lines("collateral-rollback", "in_use_until="), 4);
	assert_int_equal(described(0, DCI_DOC_QE_IDENTITY).evaluation,
	    source.spec.qe_evaluation + 1);
}

static void
refused(const char *code)
{
	char text[64];

	snprintf(text, sizeof(text), "code=%s ", code);
	now += HOUR;
	forget_log();
	source.all = 0;
	keeper_refresh(keeper);
	pump();
	assert_true(source.all >= 4);
	assert_int_equal(
	    described(0, DCI_DOC_TCB_INFO).dates.issued, TEST_TIME);
	assert_int_equal(lines("collateral-refused", text), 1);
	assert_int_equal(lines("collateral-refused", "in_use_until="), 1);
}

static void
bad_documents_are_refused_and_the_old_ones_stay(void **state)
{
	static const uint8_t other[6] = {1, 2, 3, 4, 5, 6};

	(void)state;
	now += HOUR;
	source.spec.tcb_info = (struct sim_validity){now, now + 30 * DAYS};
	source.spec.tamper.tcb_info_signature = true;
	refused("tcb-info-signature-invalid");
	source.spec.tamper.tcb_info_signature = false;
	source.as = other;
	refused("collateral-of-other-platform");
	source.as = NULL;
	source.truncates = true;
	refused("tcb-info-malformed");
	source.truncates = false;
	source.spec.tcb_info = (struct sim_validity){now, now + 1};
	refused("collateral-expired");
	source.spec.tcb_info =
	    (struct sim_validity){now + 2 * HOUR, now + 30 * DAYS};
	refused("collateral-not-yet-valid");
	assert_old();
	/* And then one that is good. */
	issue();
	keeper_refresh(keeper);
	pump();
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued, now);
	assert_int_equal(changed_n, 1);
}

static void
document_of_the_near_future_is_taken_when_it_begins(void **state)
{
	(void)state;
	now += HOUR;
	source.spec.tcb_info =
	    (struct sim_validity){now + 200, now + 30 * DAYS};
	keeper_refresh(keeper);
	pump();
	assert_old();
	for (int i = 0; i < 20; i++)
		pass(30);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).dates.issued,
	    TEST_TIME + HOUR + 200);
	assert_int_equal(lines("collateral-refused", ""), 0);
}

/* Revocation has to be believed at once, even if nothing else can be had. */
static void
revocation_list_is_taken_though_it_revokes_the_signer(void **state)
{
	(void)state;
	now += HOUR;
	source.spec.root_crl = (struct sim_validity){now, now + 30 * DAYS};
	source.spec.revoked_tcb_signer = true;
	keeper_refresh(keeper);
	pump();
	assert_int_equal(changed_n, 1);
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).failure.code,
	    DCI_TCB_SIGNER_REVOKED);
	assert_int_equal(lines("collateral-revoked", "TCB info"), 1);
	assert_int_equal(lines("collateral-revoked", "QE identity"), 1);
}

static void
shared_document_is_fetched_once_for_all(void **state)
{
	(void)state;
	want(2);
	want(3);
	pump();
	prove(2);
	prove(3);
	source.all = 0;
	changed_n = 0;
	now += HOUR;
	issue();
	keeper_refresh(keeper);
	pump();
	assert_int_equal(source.all, 6);
	assert_int_equal(changed_n, 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    described(i, DCI_DOC_ROOT_CA_CRL).dates.issued, now);
}

static void
clock_that_is_set_back_stops_nothing(void **state)
{
	(void)state;
	now += 365 * DAYS;
	issue();
	pass(0);
	now -= 364 * DAYS;
	source.all = 0;
	pass(0);
	assert_int_equal(source.all, 4);
}

static void
warnings_go_on_when_the_clock_was_ahead(void **state)
{
	(void)state;
	source_fails(DCI_SOURCE_UNREACHABLE);
	pass(29 * DAYS);
	assert_int_equal(lines("collateral-expires", ""), 4);
	pass(-4 * DAYS);
	assert_int_equal(lines("collateral-expires", ""), 8);
	pass(HOUR);
	assert_int_equal(lines("collateral-expires", ""), 8);
	pass(DAYS);
	assert_int_equal(lines("collateral-expires", ""), 12);
}

static void
early_documents_are_compared(void **state)
{
	(void)state;
	keeper_stop();
	config.early = true;
	keeper_start();
	want(2);
	pump();
	prove(2);
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(lines("collateral-early-differs", ""), 0);
	source.early = source.spec.tcb_evaluation + 1;
	now += HOUR;
	keeper_refresh(keeper);
	pump();
	assert_int_equal(lines("collateral-early-differs", ""), 2);
	assert_int_equal(lines("collateral-early-differs",
			     "fmspc=53494D000002 tcb_evaluation="),
	    1);
	keeper_refresh(keeper);
	pump();
	assert_int_equal(lines("collateral-early-differs", ""), 2);
	assert_int_equal(
	    lines("collateral-early-differs",
		"tcb_evaluation=17 qe_evaluation=17 early_tcb_evaluation=18 "
		"early_qe_evaluation=18"),
	    2);
	/* They are kept, and are not what is in use. */
	assert_int_equal(described(0, DCI_DOC_TCB_INFO).evaluation,
	    source.spec.tcb_evaluation);
	struct dci_platform_id id = id_of(1);
	assert_true(store_has(folder, UPDATE_EARLY, &id));
}

#define KEPT(f) cmocka_unit_test_setup_teardown(f, start, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    KEPT(newer_documents_replace_older_ones_together),
	    KEPT(what_is_still_the_same_changes_nothing),
	    KEPT(source_that_is_down_for_an_hour_is_asked_ever_less_often),
	    KEPT(many_platforms_do_not_make_many_lines_of_an_outage),
	    KEPT(what_the_source_asks_for_is_heard),
	    KEPT(old_documents_stay_until_they_expire_and_this_is_said),
	    KEPT(older_documents_are_refused),
	    KEPT(bad_documents_are_refused_and_the_old_ones_stay),
	    KEPT(document_of_the_near_future_is_taken_when_it_begins),
	    KEPT(revocation_list_is_taken_though_it_revokes_the_signer),
	    KEPT(shared_document_is_fetched_once_for_all),
	    KEPT(clock_that_is_set_back_stops_nothing),
	    KEPT(warnings_go_on_when_the_clock_was_ahead),
	    KEPT(early_documents_are_compared),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
