/* SPDX-License-Identifier: BSD-3-Clause */
/* When documents are asked for again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "collateral/schedule.h"

#define NOW INT64_C(1790000000)
#define DAY 86400

static int64_t
pause_of(int64_t refresh, int64_t left, uint32_t random)
{
	struct schedule s = {.failures = 3};

	schedule_succeeded(&s, NOW, refresh, NOW + left, random);
	assert_int_equal(s.failures, 0);
	assert_int_equal(s.last, NOW);
	return s.due - NOW;
}

static void
success_waits_for_the_refresh_or_half_of_what_is_left(void **state)
{
	(void)state;
	assert_int_equal(pause_of(DAY, 30 * DAY, 0), DAY);
	assert_int_equal(pause_of(DAY, DAY, 0), DAY / 2);
	assert_int_equal(pause_of(DAY, 10, 0), SCHEDULE_PAUSE_MIN);
	assert_int_equal(pause_of(DAY, -10, 0), SCHEDULE_PAUSE_MIN);
	assert_int_equal(pause_of(0, 30 * DAY, 0), SCHEDULE_PAUSE_MIN);
}

static void
jitter_is_within_a_tenth_and_never_late(void **state)
{
	int64_t least = DAY, most = 0;

	(void)state;
	for (uint32_t random = 0; random < 100000; random += 7) {
		int64_t pause = pause_of(DAY, 30 * DAY, random);

		assert_in_range(pause, DAY - DAY / 10, DAY);
		least = pause < least ? pause : least;
		most = pause > most ? pause : most;
	}
	assert_in_range(
	    pause_of(DAY, 30 * DAY, UINT32_MAX), DAY - DAY / 10, DAY);
	assert_true(most - least > DAY / 11);
}

static void
failures_wait_ever_longer(void **state)
{
	static const int64_t pauses[] = {
	    60, 120, 240, 480, 960, 1920, 3600, 3600, 3600};
	struct schedule s;

	(void)state;
	for (uint32_t random = 0; random < 5000; random += 77) {
		schedule_start(&s, NOW);
		for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]);
		     i++) {
			schedule_failed(&s, NOW, 0, random);
			assert_in_range(s.due - NOW, pauses[i] - pauses[i] / 4,
			    pauses[i] + pauses[i] / 4 + 1);
		}
	}
	for (int i = 0; i < 1000; i++)
		schedule_failed(&s, NOW, 0, UINT32_MAX);
	assert_in_range(s.due - NOW, 2700, 4500);
}

static void
what_the_source_asks_for_is_granted_within_bounds(void **state)
{
	struct schedule s;

	(void)state;
	schedule_start(&s, NOW);
	schedule_failed(&s, NOW, 500, 0);
	assert_int_equal(s.due, NOW + 500);
	schedule_start(&s, NOW);
	schedule_failed(&s, NOW, 1, 30);
	assert_int_equal(s.due, NOW + 75);
	schedule_failed(&s, NOW, INT64_MAX, 0);
	assert_int_equal(s.due, NOW + SCHEDULE_RETRY_AFTER_MAX);
}

static void
due(void **state)
{
	struct schedule s;

	(void)state;
	schedule_start(&s, NOW);
	assert_true(schedule_is_due(&s, NOW));
	schedule_succeeded(&s, NOW, DAY, NOW + 30 * DAY, 0);
	assert_false(schedule_is_due(&s, NOW));
	assert_false(schedule_is_due(&s, NOW + DAY - 1));
	assert_true(schedule_is_due(&s, NOW + DAY));
	/* The clock was ahead by a year, and is set right. */
	assert_false(schedule_is_due(&s, NOW - 300));
	assert_true(schedule_is_due(&s, NOW - 301));
}

static void
pace(void **state)
{
	struct pace p = {0};

	(void)state;
	assert_true(pace_allows(&p, NOW, 2));
	assert_true(pace_allows(&p, NOW + 59, 2));
	assert_false(pace_allows(&p, NOW + 59, 2));
	assert_true(pace_allows(&p, NOW + 60, 2));
	assert_true(pace_allows(&p, NOW - 10, 2)); /* set back */
	assert_false(pace_allows(&p, NOW + 200, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		success_waits_for_the_refresh_or_half_of_what_is_left),
	    cmocka_unit_test(jitter_is_within_a_tenth_and_never_late),
	    cmocka_unit_test(failures_wait_ever_longer),
	    cmocka_unit_test(what_the_source_asks_for_is_granted_within_bounds),
	    cmocka_unit_test(due),
	    cmocka_unit_test(pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
