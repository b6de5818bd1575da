/* SPDX-License-Identifier: BSD-3-Clause */
/* Which appraisers wait for which platforms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "issuer/wants.h"

static struct dci_platform_id
platform(unsigned n)
{
	return (struct dci_platform_id){
	    .tee = n % 2 == 0 ? DCI_TEE_SGX : DCI_TEE_TDX,
	    .platform_ca = n / 2 % 2 == 0,
	    .fmspc = {(uint8_t)(n / 4)}};
}

static void
an_answer_goes_to_all_who_asked(void **state)
{
	static struct wants w;
	struct dci_platform_id a = platform(0), b = platform(1),
			       c = platform(2);

	(void)state;
	assert_true(wants_add(&w, 0, &a));
	assert_true(wants_add(&w, 63, &a));
	assert_true(wants_add(&w, 5, &b));
	assert_true(wants_add(&w, 5, &b));
	assert_true(wants_take(&w, &a) == (UINT64_C(1) << 63 | 1));
	assert_true(wants_take(&w, &a) == 0);
	assert_true(wants_take(&w, &c) == 0);
	assert_true(wants_take(&w, &b) == UINT64_C(1) << 5);
	assert_int_equal(w.n, 0);
}

static void
who_is_gone_is_forgotten(void **state)
{
	static struct wants w;
	struct dci_platform_id a = platform(0), b = platform(1);

	(void)state;
	assert_true(wants_add(&w, 1, &a));
	assert_true(wants_add(&w, 1, &b));
	assert_true(wants_add(&w, 2, &b));
	wants_forget(&w, 1);
	assert_int_equal(w.n, 1);
	assert_true(wants_take(&w, &a) == 0);
	assert_true(wants_take(&w, &b) == UINT64_C(1) << 2);
}

static void
there_is_a_bound(void **state)
{
	static struct wants w;

	(void)state;
	for (unsigned i = 0; i < WANTS_MAX; i++) {
		struct dci_platform_id p = platform(i);

		assert_true(wants_add(&w, i % WORKERS_MAX, &p));
	}
	struct dci_platform_id one = platform(7), more = platform(WANTS_MAX);
	assert_false(wants_add(&w, 0, &more));
	assert_true(wants_add(&w, 0, &one));
	assert_true(wants_take(&w, &one) == (UINT64_C(1) << 7 | 1));
	assert_true(wants_add(&w, 0, &more));
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		wants_forget(&w, i);
	assert_int_equal(w.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_goes_to_all_who_asked),
	    cmocka_unit_test(who_is_gone_is_forgotten),
	    cmocka_unit_test(there_is_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
