/* SPDX-License-Identifier: BSD-3-Clause */
/* When the Proxy Verifier asks for its certificate, and who may ask it how
 * often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "verifier/bucket.h"
#include "verifier/renewal.h"

#define DAY ((int64_t)86400)

static const uint32_t numbers[] = {
    0, 1, 17, 4319, 8640, 65536, 1234567, UINT32_MAX / 2, UINT32_MAX};

#define FOR_EACH_NUMBER(i) \
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)

static void
first_attempt_at_once(void **state)
{
	struct renewal r;

	(void)state;
	renewal_start(&r, 1000);
	assert_true(renewal_is_due(&r, 1000, 0));
}

static void
renews_at_half_with_jitter(void **state)
{
	struct renewal r;
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	FOR_EACH_NUMBER(i)
	{
		renewal_start(&r, 1000);
		renewal_succeeded(&r, 1000, 1000 + DAY, numbers[i]);
		assert_in_range(r.due, 1000 + DAY / 2 - DAY / 20,
		    1000 + DAY / 2 + DAY / 20);
		assert_false(renewal_is_due(&r, r.due - 1, 1000 + DAY));
		assert_true(renewal_is_due(&r, r.due, 1000 + DAY));
		least = r.due < least ? r.due : least;
		most = r.due > most ? r.due : most;
	}
	/* It is jitter, and not one number. */
	assert_true(most - least > DAY / 20);
}

static void
short_lifetimes_do_not_loop(void **state)
{
	struct renewal r;

	(void)state;
	for (int64_t left = -5; left < 40; left++) {
		FOR_EACH_NUMBER(i)
		{
			renewal_start(&r, 1000);
			renewal_succeeded(&r, 1000, 1000 + left, numbers[i]);
			assert_true(r.due > 1000);
			if (left > 4)
				assert_true(r.due < 1000 + left);
		}
	}
}

static void
failures_wait_longer_each(void **state)
{
	struct renewal r;
	int64_t now = 1000;

	(void)state;
	renewal_start(&r, now);
	for (unsigned n = 0; n < 40; n++) {
		int64_t wait = n < 9 ? 1 << n : RENEWAL_RETRY_MAX;

		if (wait > RENEWAL_RETRY_MAX)
			wait = RENEWAL_RETRY_MAX;
		renewal_failed(&r, now, numbers[n % 9]);
		assert_int_equal(r.failures, n + 1);
		assert_in_range(r.due - now, wait - wait / 4, wait + wait / 4);
		now = r.due;
	}
	renewal_succeeded(&r, now, now + DAY, 0);
	assert_int_equal(r.failures, 0);
}

/* At half of 24 hours there is time for hundreds of attempts. */
static void
many_attempts_before_the_end(void **state)
{
	struct renewal r;
	int64_t now = 1000, end = 1000 + DAY;
	unsigned attempts = 0;

	(void)state;
	renewal_start(&r, now);
	renewal_succeeded(&r, now, end, UINT32_MAX);
	for (now = r.due; now < end; now = r.due, attempts++)
		renewal_failed(&r, now, UINT32_MAX);
	assert_true(attempts > 100);
}

static void
strangers_cannot_replace_a_good_key(void **state)
{
	struct renewal r;

	(void)state;
	renewal_start(&r, 1000);
	renewal_succeeded(&r, 1000, 1000 + DAY, 0);
	int64_t due = r.due;
	assert_false(renewal_requested(&r, 2000, true));
	assert_int_equal(r.due, due);
}

static void
strangers_cannot_hurry_much(void **state)
{
	struct renewal r;

	(void)state;
	renewal_start(&r, 1000);
	for (int i = 0; i < 12; i++)
		renewal_failed(&r, 1000, 0);
	assert_true(r.due > 1000 + RENEWAL_REQUEST_MIN);
	assert_true(renewal_requested(&r, 1001, false));
	assert_int_equal(r.due, 1000 + RENEWAL_REQUEST_MIN);
	assert_true(renewal_requested(&r, 1004, false));
	assert_int_equal(r.due, 1000 + RENEWAL_REQUEST_MIN);
	renewal_failed(&r, 1005, 0);
	assert_true(renewal_requested(&r, 1100, false));
	assert_int_equal(r.due, 1100);
}

static void
a_clock_set_back_does_not_wait_for_years(void **state)
{
	struct renewal r;
	int64_t far = 4102444800; /* 2100 */

	(void)state;
	renewal_start(&r, far);
	renewal_succeeded(&r, far, far + DAY, 0);
	assert_false(renewal_is_due(&r, far, far + DAY));
	assert_true(renewal_is_due(&r, 1795424983, far + DAY));
	renewal_start(&r, far);
	renewal_failed(&r, far, 0);
	assert_true(renewal_is_due(&r, 1795424983, 0));
}

/* --- buckets --- */

static struct bucket_key
key_of(const char *text)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return bucket_key_of((struct sockaddr *)&four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return bucket_key_of((struct sockaddr *)&six);
}

static unsigned
takes(struct buckets *b, const char *address, int64_t now, unsigned tries)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tries; i++)
		n += buckets_take(b, key_of(address), 1, now);
	return n;
}

static void
a_bucket_holds_a_second(void **state)
{
	struct buckets *b = buckets_new(10);

	(void)state;
	assert_non_null(b);
	assert_int_equal(takes(b, "192.0.2.1", 5000, 20), 10);
	assert_int_equal(takes(b, "192.0.2.2", 5000, 20), 10);
	assert_int_equal(takes(b, "192.0.2.1", 5100, 20), 1);
	assert_int_equal(takes(b, "192.0.2.1", 5600, 20), 5);
	assert_int_equal(takes(b, "192.0.2.1", 999999, 20), 10);
	assert_int_equal(takes(b, "192.0.2.1", 5000, 20), 0);
	buckets_free(b);
}

static void
sites_of_ipv6_are_one(void **state)
{
	struct buckets *b = buckets_new(10);

	(void)state;
	assert_non_null(b);
	assert_int_equal(takes(b, "2001:db8::1", 5000, 20), 10);
	assert_int_equal(takes(b, "2001:db8::ffff:2", 5000, 20), 0);
	assert_int_equal(takes(b, "2001:db8:0:1::1", 5000, 20), 10);
	assert_int_equal(takes(b, "::ffff:192.0.2.1", 5000, 20), 10);
	assert_int_equal(takes(b, "192.0.2.1", 5000, 20), 0);
	buckets_free(b);
}

static void
more_addresses_than_slots(void **state)
{
	struct buckets *b = buckets_new(1);
	unsigned n = 0;

	(void)state;
	assert_non_null(b);
	for (uint64_t i = 0; i < 100000; i++)
		n += buckets_take(
		    b, (struct bucket_key){AF_INET, i}, 1, (int64_t)i);
	assert_int_equal(n, 100000);
	buckets_free(b);
}

static void
resumes_where_it_was(void **state)
{
	struct renewal r;

	(void)state;
	FOR_EACH_NUMBER(i)
	{
		struct renewal fresh;

		renewal_succeeded(&fresh, 1000, 1000 + DAY, numbers[i]);
		renewal_resumed(
		    &r, 1000 + DAY / 4, 1000, 1000 + DAY, numbers[i]);
		assert_int_equal(r.due, fresh.due);
		assert_int_equal(r.failures, 0);
		assert_false(renewal_is_due(&r, 1000 + DAY / 4, 1000 + DAY));
		/* What was missed is due at once. */
		renewal_resumed(
		    &r, 1000 + DAY * 3 / 4, 1000, 1000 + DAY, numbers[i]);
		assert_int_equal(r.due, 1000 + DAY * 3 / 4);
		assert_true(renewal_is_due(&r, 1000 + DAY * 3 / 4, 1000 + DAY));
	}
}

static void
large_requests_cost_more(void **state)
{
	struct buckets *b = buckets_new(10);

	(void)state;
	assert_non_null(b);
	assert_true(buckets_take(b, key_of("192.0.2.1"), 7, 5000));
	assert_false(buckets_take(b, key_of("192.0.2.1"), 4, 5000));
	/* That one took nothing. */
	assert_true(buckets_take(b, key_of("192.0.2.1"), 3, 5000));
	assert_false(buckets_take(b, key_of("192.0.2.1"), 1, 5000));
	/* Never more than a bucket holds. */
	assert_true(buckets_take(b, key_of("192.0.2.1"), 1000, 6000));
	assert_false(buckets_take(b, key_of("192.0.2.1"), 1, 6000));
	buckets_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_attempt_at_once),
	    cmocka_unit_test(renews_at_half_with_jitter),
	    cmocka_unit_test(resumes_where_it_was),
	    cmocka_unit_test(short_lifetimes_do_not_loop),
	    cmocka_unit_test(failures_wait_longer_each),
	    cmocka_unit_test(many_attempts_before_the_end),
	    cmocka_unit_test(strangers_cannot_replace_a_good_key),
	    cmocka_unit_test(strangers_cannot_hurry_much),
	    cmocka_unit_test(a_clock_set_back_does_not_wait_for_years),
	    cmocka_unit_test(a_bucket_holds_a_second),
	    cmocka_unit_test(sites_of_ipv6_are_one),
	    cmocka_unit_test(more_addresses_than_slots),
	    cmocka_unit_test(large_requests_cost_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
