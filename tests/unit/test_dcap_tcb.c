/* SPDX-License-Identifier: BSD-3-Clause */
/* TCB levels: matching, convergence, shortfalls (spec: section 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dcap/tcb.h"

#define UP  DCI_STATUS_UP_TO_DATE
#define SW  DCI_STATUS_SW_HARDENING_NEEDED
#define CO  DCI_STATUS_CONFIGURATION_NEEDED
#define CS  DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED
#define OUT DCI_STATUS_OUT_OF_DATE
#define OC  DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED
#define REV DCI_STATUS_REVOKED

static void
convergence_follows_the_table(void **state)
{
	static const enum dci_status table[][4] = {
	    /* platform, then with UpToDate, OutOfDate, Revoked */
	    {UP, UP, OUT, REV},
	    {SW, SW, OUT, REV},
	    {CO, CO, OC, REV},
	    {CS, CS, OC, REV},
	    {OUT, OUT, OUT, REV},
	    {OC, OC, OC, REV},
	    {REV, REV, REV, REV},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum dci_status platform = table[i][0];

		assert_int_equal(tcb_converge(platform, UP), table[i][1]);
		assert_int_equal(tcb_converge(platform, OUT), table[i][2]);
		assert_int_equal(tcb_converge(platform, REV), table[i][3]);
	}
}

/* Two levels; the newer asks for 2 everywhere and PCESVN 10, the older for 1
 * and 5. */
static struct tcb_level two_levels[2];
static const struct tcb_info info = {.n = 2, .level = two_levels};

static void
levels_init(void)
{
	memset(two_levels, 0, sizeof(two_levels));
	memset(two_levels[0].sgx, 2, TCB_COMPONENTS);
	memset(two_levels[1].sgx, 1, TCB_COMPONENTS);
	two_levels[0].pce_svn = 10;
	two_levels[1].pce_svn = 5;
	two_levels[0].category[3] = "BIOS";
	two_levels[0].type[3] = "Early Microcode Update";
}

static struct pck
platform(uint8_t component, uint16_t pce_svn)
{
	struct pck pck = {.pce_svn = pce_svn};

	memset(pck.components, component, sizeof(pck.components));
	return pck;
}

static void
exact_values_reach_the_level(void **state)
{
	struct pck pck = platform(2, 10);

	(void)state;
	levels_init();
	assert_ptr_equal(tcb_match(&info, &pck), &two_levels[0]);
	pck = platform(255, UINT16_MAX);
	assert_ptr_equal(tcb_match(&info, &pck), &two_levels[0]);
}

static void
one_below_in_any_place_misses_the_level(void **state)
{
	(void)state;
	levels_init();
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		struct pck pck = platform(255, UINT16_MAX);

		pck.components[i] = 1;
		assert_ptr_equal(tcb_match(&info, &pck), &two_levels[1]);
		pck.components[i] = 0;
		assert_null(tcb_match(&info, &pck));
	}
	struct pck pck = platform(255, 9);
	assert_ptr_equal(tcb_match(&info, &pck), &two_levels[1]);
	pck.pce_svn = 4;
	assert_null(tcb_match(&info, &pck));
}

static void
shortfalls_are_against_the_newest_level(void **state)
{
	struct dci_shortfall lacks[TCB_COMPONENTS + 1];
	struct pck pck = platform(2, 9);

	(void)state;
	levels_init();
	pck.components[3] = 1;
	assert_int_equal(tcb_shortfalls(lacks, &info, &pck), 2);
	assert_int_equal(lacks[0].component, 4);
	assert_int_equal(lacks[0].have, 1);
	assert_int_equal(lacks[0].need, 2);
	assert_string_equal(lacks[0].category, "BIOS");
	assert_int_equal(lacks[1].component, 17);
	assert_int_equal(lacks[1].need, 10);
	pck = platform(2, 10);
	assert_int_equal(tcb_shortfalls(lacks, &info, &pck), 0);
	pck = platform(0, 0);
	assert_int_equal(tcb_shortfalls(lacks, &info, &pck), 17);
}

static void
qe_level_is_the_first_not_above(void **state)
{
	struct qe_level level[] = {{.isv_svn = 8}, {.isv_svn = 6}};
	struct qe_identity q = {.n = 2, .level = level};

	(void)state;
	assert_ptr_equal(qe_match(&q, UINT16_MAX), &level[0]);
	assert_ptr_equal(qe_match(&q, 8), &level[0]);
	assert_ptr_equal(qe_match(&q, 7), &level[1]);
	assert_ptr_equal(qe_match(&q, 6), &level[1]);
	assert_null(qe_match(&q, 5));
}

static void
status_names_are_words_both_ways(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DCI_STATUSES; i++)
		assert_int_equal(dci_status_by_name(dci_status_name(i)), i);
	assert_int_equal(dci_status_by_name("uptodate"), DCI_STATUSES);
	assert_string_equal(dci_status_name(DCI_STATUSES), "Invalid");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(convergence_follows_the_table),
	    cmocka_unit_test(exact_values_reach_the_level),
	    cmocka_unit_test(one_below_in_any_place_misses_the_level),
	    cmocka_unit_test(shortfalls_are_against_the_newest_level),
	    cmocka_unit_test(qe_level_is_the_first_not_above),
	    cmocka_unit_test(status_names_are_words_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
