/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral that is kept fresh: platforms that are wanted. */
#include "keeper_fixture.h"

static void
first_platform_is_fetched_verified_and_stored(void **state)
{
	struct dci_platform_id id, expected = id_of(1);

	(void)state;
	keeper_start();
	assert_int_equal(keeper_count(keeper), 0);
	want(1);
	assert_int_equal(changed_n, 0); /* never from within */
	pump();
	assert_int_equal(changed_n, 1);
	assert_int_equal(missing_n, 0);
	assert_int_equal(source.all, FETCH_ITEMS);
	assert_int_equal(keeper_count(keeper), 1);
	keeper_get(keeper, 0, &id);
	assert_memory_equal(id.fmspc, expected.fmspc, 6);
	assert_true(id.platform_ca);
	assert_good(0);
	/* The chain that it was asked for with is public. */
	assert_false(store_has(folder, UPDATE_STANDARD, &expected));
	prove(1);
	assert_true(store_has(folder, UPDATE_STANDARD, &expected));
	assert_int_equal(changed_n, 1);
	assert_int_equal(lines("collateral-fetched", ""), 4);
	assert_int_equal(lines("collateral-fetched",
			     "document=\"TCB info of SGX platform "
			     "53494D000001\" tee=SGX fmspc=53494D000001 "
			     "issued=2026-09-21T14:13:20Z "
			     "next_update=2026-10-21T14:13:20Z "
			     "tcb_evaluation="),
	    1);
}

static void
waiters_share_a_fetch(void **state)
{
	(void)state;
	keeper_start();
	source.holds = true;
	want(1);
	want(1);
	pump();
	want(1);
	pump();
	assert_int_equal(changed_n, 0);
	source_go_on();
	pump();
	assert_int_equal(source.all, FETCH_ITEMS);
	assert_int_equal(changed_n, 1);
	/* It came in between: told at once. */
	want(1);
	pump();
	assert_int_equal(source.all, FETCH_ITEMS);
	assert_int_equal(changed_n, 2);
}

static void
platforms_share_documents(void **state)
{
	(void)state;
	keeper_start();
	want(1);
	want(2);
	pump();
	assert_int_equal(source.asked[FETCH_TCB_INFO], 2);
	assert_int_equal(source.all, 5);
	want(3);
	pump();
	assert_int_equal(source.all, 6);
	assert_int_equal(keeper_count(keeper), 3);
	for (size_t i = 0; i < 3; i++)
		assert_good(i);
}

static void
platform_of_the_other_ca_needs_another_list(void **state)
{
	struct dci_platform_id processor = id_of(1);

	(void)state;
	processor.platform_ca = false;
	keeper_start();
	want(1);
	pump();
	/* The simulated source has the platform CA's list only. */
	keeper_want(keeper, &processor);
	pump();
	assert_int_equal(source.asked[FETCH_PCK_CRL], 2);
	assert_int_equal(source.all, 5);
	assert_int_equal(missing_code, DCI_COLLATERAL_OF_OTHER_PLATFORM);
	assert_int_equal(keeper_count(keeper), 1);
}

static void
without_a_source_nothing_is_asked(void **state)
{
	(void)state;
	from.kind = SOURCE_NONE;
	keeper_start();
	want(1);
	assert_int_equal(missing_n, 0);
	pump();
	assert_int_equal(missing_n, 1);
	assert_int_equal(missing_code, DCI_COLLATERAL_UNAVAILABLE);
	assert_int_equal(source.all, 0);
}

static void
unknown_platform_is_remembered_for_a_while(void **state)
{
	struct dci_platform_id id = id_of(9);

	(void)state;
	keeper_start();
	want(1);
	pump();
	source.fails[FETCH_TCB_INFO] = DCI_SOURCE_NOT_FOUND;
	want(9);
	pump();
	assert_int_equal(missing_n, 1);
	assert_int_equal(missing_code, DCI_SOURCE_NOT_FOUND);
	assert_memory_equal(missing_id.fmspc, id.fmspc, 6);
	unsigned asked = source.all;
	for (int i = 0; i < 5; i++) {
		want(9);
		pass(100);
	}
	assert_int_equal(missing_n, 6);
	assert_int_equal(missing_code, DCI_SOURCE_NOT_FOUND);
	assert_int_equal(source.all, asked);
	pass(KEEPER_UNKNOWN_SECONDS - 500);
	source.fails[FETCH_TCB_INFO] = DCI_OK;
	want(9);
	pump();
	assert_int_equal(missing_n, 6);
	assert_int_equal(keeper_count(keeper), 2);
}

static void
failed_first_fetch_is_tried_again_soon_and_by_a_refresh(void **state)
{
	(void)state;
	keeper_start();
	source_fails(DCI_SOURCE_UNREACHABLE);
	want(1);
	pump();
	assert_int_equal(missing_n, 1);
	assert_int_equal(missing_code, DCI_SOURCE_UNREACHABLE);
	unsigned asked = source.all;
	want(1);
	pass(KEEPER_PAUSE_SECONDS - 1);
	assert_int_equal(source.all, asked);
	assert_int_equal(missing_n, 2);
	source_fails(DCI_OK);
	keeper_refresh(keeper);
	want(1);
	pump();
	assert_int_equal(keeper_count(keeper), 1);
	/* Nothing is left of it but what is wanted: no request by itself. */
	source_fails(DCI_SOURCE_UNREACHABLE);
	want(2);
	pump();
	asked = source.asked[FETCH_TCB_INFO];
	pass(HOUR);
	assert_int_equal(source.asked[FETCH_TCB_INFO], asked);
}

static void
unknown_platform_is_forgotten_when_the_clock_is_set_back(void **state)
{
	(void)state;
	now += 365 * DAYS;
	keeper_start();
	source.fails[FETCH_TCB_INFO] = DCI_SOURCE_NOT_FOUND;
	want(1);
	pump();
	assert_int_equal(missing_n, 1);
	now -= 365 * DAYS;
	source.fails[FETCH_TCB_INFO] = DCI_OK;
	want(1);
	pump();
	assert_int_equal(keeper_count(keeper), 1);
}

static void
new_platforms_are_limited_in_rate(void **state)
{
	(void)state;
	config.platforms_per_minute = 3;
	keeper_start();
	for (uint8_t i = 1; i <= 5; i++)
		want(i);
	pump();
	assert_int_equal(keeper_count(keeper), 3);
	assert_int_equal(missing_n, 2);
	assert_int_equal(missing_code, DCI_TOO_MANY_NEW_PLATFORMS);
	/* Known ones do not count, and the next minute is another one. */
	want(1);
	pass(60);
	want(5);
	pump();
	assert_int_equal(keeper_count(keeper), 4);
	assert_int_equal(missing_n, 2);
}

static void
platforms_are_limited_in_number_and_idle_ones_make_room(void **state)
{
	struct dci_platform_id first = id_of(1), second = id_of(2);

	(void)state;
	config.platforms_max = 2;
	config.refresh = 30 * DAYS;
	keeper_start();
	want(1);
	want(2);
	want(3);
	pump();
	prove(1);
	prove(2);
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(missing_code, DCI_TOO_MANY_PLATFORMS);
	pass(KEEPER_IDLE_SECONDS);
	keeper_used(keeper, &first);
	want(3);
	pump();
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(
	    lines("collateral-platform-removed", "fmspc=53494D000002"), 1);
	assert_true(store_has(folder, UPDATE_STANDARD, &first));
	assert_false(store_has(folder, UPDATE_STANDARD, &second));
	missing_n = 0;
	want(2);
	pump();
	assert_int_equal(missing_n, 1);
	assert_int_equal(missing_code, DCI_TOO_MANY_PLATFORMS);
}

static void
platform_without_a_genuine_quote_makes_room_at_once(void **state)
{
	struct dci_platform_id third = id_of(3);

	(void)state;
	config.platforms_max = 2;
	keeper_start();
	want(1);
	want(2);
	pump();
	prove(1);
	pass(KEEPER_UNPROVEN_SECONDS - 1);
	want(3);
	pump();
	assert_int_equal(missing_code, DCI_TOO_MANY_PLATFORMS);
	pass(1);
	want(3);
	pump();
	assert_int_equal(missing_n, 1);
	assert_int_equal(keeper_count(keeper), 2);
	assert_int_equal(lines("collateral-platform-removed",
			     "fmspc=53494D000002 message=\"no genuine quote"),
	    1);
	prove(3);
	assert_true(store_has(folder, UPDATE_STANDARD, &third));
	/* Those that are proven stay. */
	pass(DAYS);
	want(4);
	pump();
	assert_int_equal(missing_n, 2);
	assert_int_equal(keeper_count(keeper), 2);
}

/* It is not stored, not refreshed, and not there after a start. */
static void
platform_without_a_genuine_quote_is_forgotten(void **state)
{
	struct dci_platform_id id;

	(void)state;
	config.refresh = HOUR / 2;
	keeper_start();
	want(1);
	want(2);
	pump();
	prove(1);
	pass(KEEPER_FORGET_SECONDS - 1);
	assert_int_equal(keeper_count(keeper), 2);
	changed_n = 0;
	pass(1);
	assert_int_equal(keeper_count(keeper), 1);
	assert_int_equal(changed_n, 1);
	unsigned asked = source.asked[FETCH_TCB_INFO];
	pass(HOUR);
	assert_int_equal(source.asked[FETCH_TCB_INFO], asked + 1);
	/* It may come again. */
	want(2);
	pump();
	assert_int_equal(keeper_count(keeper), 2);
	keeper_stop();
	from.kind = SOURCE_NONE;
	keeper_start();
	assert_int_equal(keeper_count(keeper), 1);
	keeper_get(keeper, 0, &id);
	assert_int_equal(id.fmspc[5], 1);
}

static void
platform_that_somebody_waits_for_is_not_given_up(void **state)
{
	(void)state;
	config.platforms_max = 1;
	keeper_start();
	source.holds = true;
	want(1);
	pass(2 * KEEPER_FORGET_SECONDS);
	want(2);
	pump();
	assert_int_equal(missing_code, DCI_TOO_MANY_PLATFORMS);
	assert_int_equal(lines("collateral-platform-removed", ""), 0);
	issue();
	source_go_on();
	pump();
	assert_int_equal(changed_n, 1);
}

/* Many platforms that are not wanted must not make others wait. */
static void
refreshes_are_few_at_once_and_do_not_delay_what_is_wanted(void **state)
{
	(void)state;
	config.platforms_per_minute = 100;
	keeper_start();
	for (uint8_t i = 1; i <= 40; i++)
		want(i);
	pump();
	assert_int_equal(keeper_count(keeper), 40);
	unsigned asked = source.all;
	source.holds = true;
	keeper_refresh(keeper);
	pump();
	assert_int_equal(source.all, asked + KEEPER_REQUESTS);
	want(99);
	assert_int_equal(source.all, asked + KEEPER_REQUESTS + 1);
	source_go_on();
	pump();
	assert_int_equal(source.all, asked + 43 + 1);
	assert_int_equal(keeper_count(keeper), 41);
}

/* An operator who asks for it has just repaired the source. */
static void
refresh_is_not_lost_beside_one_that_is_on_its_way(void **state)
{
	(void)state;
	keeper_start();
	want(1);
	pump();
	unsigned asked = source.all;
	source.holds = true;
	keeper_refresh(keeper);
	pump();
	assert_int_equal(source.all, asked + 4);
	keeper_refresh(keeper);
	keeper_refresh(keeper);
	pump();
	assert_int_equal(source.all, asked + 4);
	source_go_on();
	pump();
	assert_int_equal(source.all, asked + 8);
}

static void
document_whose_signer_is_revoked_is_no_first_one(void **state)
{
	(void)state;
	source.spec.revoked_tcb_signer = true;
	keeper_start();
	want(1);
	pump();
	assert_int_equal(keeper_count(keeper), 0);
	assert_int_equal(missing_n, 1);
	assert_int_equal(missing_code, DCI_TCB_SIGNER_REVOKED);
}

/* Of 64 platforms, all must fit into what the collector publishes. */
static void
padding_is_not_kept(void **state)
{
	struct dci_platform_id id;

	(void)state;
	source.pads = true;
	keeper_start();
	want(1);
	pump();
	assert_int_equal(keeper_count(keeper), 1);
	assert_good(0);
	struct dci_collateral c = keeper_get(keeper, 0, &id);
	assert_in_range(c.doc[DCI_DOC_TCB_INFO].n, 1, 64 * 1024);
	/* The same once more is nothing new. */
	keeper_refresh(keeper);
	pump();
	assert_int_equal(changed_n, 1);
	assert_int_equal(lines("collateral-fetched", ""), 4);
}

static void
in_memory_only(void **state)
{
	(void)state;
	config.folder = -1;
	keeper_start();
	want(1);
	pump();
	keeper_reread(keeper);
	pump();
	assert_int_equal(keeper_count(keeper), 1);
	assert_int_equal(lines("collateral-not-stored", ""), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(first_platform_is_fetched_verified_and_stored),
	    TEST(waiters_share_a_fetch),
	    TEST(platforms_share_documents),
	    TEST(platform_of_the_other_ca_needs_another_list),
	    TEST(without_a_source_nothing_is_asked),
	    TEST(unknown_platform_is_remembered_for_a_while),
	    TEST(failed_first_fetch_is_tried_again_soon_and_by_a_refresh),
	    TEST(unknown_platform_is_forgotten_when_the_clock_is_set_back),
	    TEST(new_platforms_are_limited_in_rate),
	    TEST(platforms_are_limited_in_number_and_idle_ones_make_room),
	    TEST(platform_without_a_genuine_quote_makes_room_at_once),
	    TEST(platform_without_a_genuine_quote_is_forgotten),
	    TEST(platform_that_somebody_waits_for_is_not_given_up),
	    TEST(refreshes_are_few_at_once_and_do_not_delay_what_is_wanted),
	    TEST(refresh_is_not_lost_beside_one_that_is_on_its_way),
	    TEST(document_whose_signer_is_revoked_is_no_first_one),
	    TEST(padding_is_not_kept),
	    TEST(in_memory_only),
	};

	return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
