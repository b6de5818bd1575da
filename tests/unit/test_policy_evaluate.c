/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is admitted, who is not, and what is said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"

#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HEX_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static struct dci_policy *
policy(const char *text)
{
	struct dci_failure f;
	struct dci_policy *p = dci_policy_parse(text, strlen(text), "f", &f);

	if (p == NULL)
		fail_msg("%s", f.sentence);
	return p;
}

/* MRENCLAVE a..a, MRSIGNER b..b, product 1, SVN 2, UpToDate. */
static struct dci_subject
subject(void)
{
	struct dci_subject s = {.tee = DCI_TEE_SGX,
	    .isv_prod_id = 1,
	    .isv_svn = 2,
	    .flags = DCI_ATTRIBUTE_INIT | DCI_ATTRIBUTE_MODE64,
	    .status = DCI_STATUS_UP_TO_DATE};

	memset(s.mrenclave, 0xaa, 32);
	memset(s.mrsigner, 0xbb, 32);
	return s;
}

static const char exact[] =
    "enclave \"exact\" { mrenclave = \"" HEX_A "\" mrsigner = \"" HEX_B
    "\" isv_prod_id = 1 min_isv_svn = 2 }";

/* Admitted by that entry, in both ways of asking. */
static void
admitted(const char *text, const struct dci_subject *s, size_t by)
{
	struct dci_policy *p = policy(text);
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};
	size_t entry = 99;

	if (dci_policy_evaluate(p, s, &entry, &checks, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(entry, by);
	assert_null(dci_checks_failed(&checks));
	assert_true(dci_policy_admits(p, by, s));
	assert_int_equal(dci_policy_evaluate(p, s, &entry, NULL, NULL), 0);
	dci_policy_free(p);
}

/* Refused with that code; by no entry alone either. */
static void
refused(const char *text, const struct dci_subject *s, enum dci_code code,
    const char *contains)
{
	struct dci_policy *p = policy(text);
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};
	size_t entry = 99;

	assert_int_equal(dci_policy_evaluate(p, s, &entry, &checks, &f), -1);
	assert_int_equal(entry, 99);
	if (f.code != code || strstr(f.sentence, contains) == NULL)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
	assert_non_null(dci_checks_failed(&checks));
	assert_int_equal(dci_checks_failed(&checks)->code, code);
	/* Whole, with the remedy. */
	assert_non_null(strstr(f.sentence, dci_code_meaning(code)));
	assert_non_null(strstr(f.sentence, dci_code_remedy(code)));
	for (size_t i = 0; i <= p->entries; i++)
		assert_false(dci_policy_admits(p, i, s));
	assert_int_equal(dci_policy_evaluate(p, s, &entry, NULL, NULL), -1);
	dci_policy_free(p);
}

static void
test_exact_match(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	admitted(exact, &s, 0);
	s.isv_svn = 3;
	admitted(exact, &s, 0);
}

static void
test_empty_policy(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	refused("", &s, DCI_POLICY_EMPTY, "Add an enclave section");
}

static void
test_measurements(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	admitted("enclave \"e\" { mrenclave = {\"" HEX_C "\", \"" HEX_A "\"} }",
	    &s, 0);
	admitted("enclave \"e\" { mrsigner = {\"" HEX_C "\", \"" HEX_B "\"} }",
	    &s, 0);
	refused("enclave \"name\" { mrenclave = \"" HEX_C "\" }", &s,
	    DCI_POLICY_MRENCLAVE_NOT_ALLOWED,
	    "Expected: " HEX_C ". Found: " HEX_A ".");
	refused("enclave \"name\" { mrenclave = \"" HEX_C "\" }", &s,
	    DCI_POLICY_MRENCLAVE_NOT_ALLOWED, "enclave \"name\"");
	refused("enclave \"e\" { mrenclave = {\"" HEX_B "\", \"" HEX_C "\"} }",
	    &s, DCI_POLICY_MRENCLAVE_NOT_ALLOWED,
	    "Expected: " HEX_B " or " HEX_C ". Found: " HEX_A);
	refused("enclave \"e\" { mrsigner = {\"" HEX_A "\", \"" HEX_C
		"\", \"0000000000000000000000000000000000000000000000000000"
		"000000000000\"} }",
	    &s, DCI_POLICY_MRSIGNER_NOT_ALLOWED, HEX_A ", .... Found: " HEX_B);
	/* Every bit counts. */
	for (unsigned i = 0; i < 256; i++) {
		struct dci_subject t = subject();

		t.mrenclave[i / 8] ^= (uint8_t)(1 << i % 8);
		refused(exact, &t, DCI_POLICY_MRENCLAVE_NOT_ALLOWED, "");
		t = subject();
		t.mrsigner[i / 8] ^= (uint8_t)(1 << i % 8);
		refused(exact, &t, DCI_POLICY_MRSIGNER_NOT_ALLOWED, "");
	}
}

static void
test_product_and_version(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	s.isv_prod_id = 2;
	refused(exact, &s, DCI_POLICY_ISV_PROD_ID_NOT_ALLOWED,
	    "Expected: 1. Found: 2.");
	s = subject();
	s.isv_svn = 1;
	refused(exact, &s, DCI_POLICY_ISV_SVN_TOO_LOW,
	    "Expected: at least 2. Found: 1.");
}

static void
test_attributes_come_first(void **state)
{
	(void)state;
	const uint64_t good = DCI_ATTRIBUTE_INIT | DCI_ATTRIBUTE_MODE64;
	static const char lax[] =
	    "enclave \"e\" { mrenclave = any debug = true }";

	for (uint64_t flags = 0; flags < 64; flags++) {
		struct dci_subject s = subject();

		s.flags = flags;
		if ((flags & 0x35) == good)
			admitted(lax, &s, 0);
		else
			refused(
			    lax, &s, DCI_POLICY_ATTRIBUTES_NOT_ALLOWED, "INIT");
	}
	struct dci_subject s = subject();
	s.flags |= DCI_ATTRIBUTE_PROVISION_KEY;
	refused("", &s, DCI_POLICY_ATTRIBUTES_NOT_ALLOWED, "PROVISION_KEY set");
}

static void
test_debug(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	s.flags |= DCI_ATTRIBUTE_DEBUG;
	refused(exact, &s, DCI_POLICY_DEBUG_NOT_ALLOWED, "a debug enclave");
	admitted("enclave \"e\" { mrenclave = any }"
		 "enclave \"d\" { mrenclave = any debug = true }",
	    &s, 1);
}

static void
test_tdx(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	s.tee = DCI_TEE_TDX;
	refused("enclave \"e\" { mrenclave = any }", &s,
	    DCI_POLICY_TEE_UNSUPPORTED, "Found: TDX");
	s.tee = (enum dci_tee)7;
	refused("enclave \"e\" { mrenclave = any }", &s,
	    DCI_POLICY_TEE_UNSUPPORTED, "unknown");
}

static void
test_statuses(void **state)
{
	(void)state;

	for (unsigned i = 0; i < DCI_STATUSES; i++) {
		struct dci_subject s = subject();
		const char *word = dci_status_name((enum dci_status)i);
		char text[128];

		s.status = (enum dci_status)i;
		if (i == DCI_STATUS_UP_TO_DATE)
			admitted(exact, &s, 0);
		else
			refused(
			    exact, &s, DCI_POLICY_TCB_STATUS_NOT_ALLOWED, word);
		if (i <= DCI_STATUS_REVOKED)
			continue;
		snprintf(text, sizeof(text),
		    "enclave \"e\" { mrenclave = any tcb = %s }", word);
		admitted(text, &s, 0);
	}
	/* Not even if an entry said so. */
	struct dci_policy *p = policy(exact);
	struct dci_subject s = subject();
	p->entry[0].tcb = UINT32_MAX;
	s.status = DCI_STATUS_INVALID;
	assert_false(dci_policy_admits(p, 0, &s));
	s.status = DCI_STATUS_REVOKED;
	assert_false(dci_policy_admits(p, 0, &s));
	s.status = DCI_STATUSES;
	assert_false(dci_policy_admits(p, 0, &s));
	s.status = (enum dci_status)1000;
	assert_false(dci_policy_admits(p, 0, &s));
	dci_policy_free(p);
}

static void
advisories(struct dci_advisories *a, const char *first, const char *second)
{
	static const char *list[2];

	list[0] = first;
	list[1] = second;
	a->n = second != NULL ? 2 : first != NULL ? 1 : 0;
	a->id = list;
}

static void
test_advisories(void **state)
{
	(void)state;
	static const char some[] = "enclave \"e\" { mrenclave = any "
				   "advisories = {INTEL-SA-1, INTEL-SA-2} }";
	static const char none[] =
	    "enclave \"e\" { mrenclave = any advisories = {} }";
	static const char any[] = "enclave \"e\" { mrenclave = any }";
	struct dci_advisories list, empty = {.n = 0};
	struct dci_subject s = subject();

	/* Not at hand: not looked at. */
	admitted(none, &s, 0);
	s.platform_advisories = s.qe_advisories = &empty;
	admitted(none, &s, 0);

	advisories(&list, "INTEL-SA-2", "INTEL-SA-1");
	for (unsigned qe = 0; qe < 2; qe++) {
		s.platform_advisories = qe ? &empty : &list;
		s.qe_advisories = qe ? &list : &empty;
		admitted(any, &s, 0);
		admitted(some, &s, 0);
		refused(none, &s, DCI_POLICY_ADVISORY_NOT_ALLOWED,
		    "Expected: none. Found: INTEL-SA-2, INTEL-SA-1.");
	}
	advisories(&list, "INTEL-SA-1", "INTEL-SA-3");
	refused(some, &s, DCI_POLICY_ADVISORY_NOT_ALLOWED,
	    "Expected: only INTEL-SA-1, INTEL-SA-2. Found: INTEL-SA-3.");
	s.platform_advisories = NULL;
	refused(some, &s, DCI_POLICY_ADVISORY_NOT_ALLOWED, "INTEL-SA-3");
}

static void
test_evidence_binding(void **state)
{
	(void)state;
	static const char required[] = "require_evidence_binding = true "
				       "enclave \"e\" { mrenclave = any }";
	struct dci_subject s = subject();

	refused(required, &s, DCI_POLICY_BINDING_REQUIRED, "dci-client");
	admitted(exact, &s, 0);
	s.evidence_bound = true;
	admitted(required, &s, 0);
	admitted(exact, &s, 0);
}

static void
test_first_in_file_order_wins(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	admitted("enclave \"no\" { mrenclave = \"" HEX_C "\" }"
		 "enclave \"z\" { mrsigner = \"" HEX_B "\" }"
		 "enclave \"a\" { mrenclave = \"" HEX_A "\" }",
	    &s, 1);
}

/* The refusal is that of the entry that comes closest. */
static void
test_closest_entry(void **state)
{
	(void)state;
	struct dci_subject s = subject();
	static const char text[] =
	    "enclave \"far\" { mrenclave = \"" HEX_C "\" mrsigner = \"" HEX_C
	    "\" isv_prod_id = 9 }"
	    "enclave \"near\" { mrenclave = \"" HEX_A "\" min_isv_svn = 3 }"
	    "enclave \"as near\" { mrenclave = \"" HEX_C "\" }";

	refused(text, &s, DCI_POLICY_ISV_SVN_TOO_LOW, "enclave \"near\"");

	struct dci_policy *p = policy(text);
	struct dci_checks checks = {.n = 0};
	size_t entry;
	assert_int_equal(dci_policy_evaluate(p, &s, &entry, &checks, NULL), -1);
	/* Kind, attributes and the eight checks of that one entry. */
	assert_int_equal(checks.n, 10);
	unsigned failed = 0;
	for (size_t i = 0; i < checks.n; i++)
		failed += checks.item[i].outcome == DCI_FAIL;
	assert_int_equal(failed, 1);
	assert_int_equal(checks.item[2].id, DCI_CHECK_POLICY_MRENCLAVE);
	assert_string_equal(checks.item[2].expected, HEX_A);
	assert_string_equal(checks.item[2].found, HEX_A);
	assert_int_equal(checks.item[9].id, DCI_CHECK_POLICY_BINDING);
	assert_int_equal(checks.item[9].outcome, DCI_SKIPPED);
	dci_policy_free(p);
}

/* With the longest of everything no text overflows and no sentence is cut. */
static void
test_longest_texts(void **state)
{
	(void)state;
	struct dci_subject s = subject();
	struct writer w CLEANUP(writer_free) = writer_new(1 << 20);

	writer_printf(&w, "enclave \"%064d\" { mrenclave = {", 0);
	for (unsigned i = 0; i < 64; i++)
		writer_printf(&w, "%s\"%064x\"", i > 0 ? "," : "", i);
	writer_text(&w, "} mrsigner = any tcb = {TDRelaunchAdvised,"
			"TDRelaunchAdvisedConfigurationNeeded,"
			"ConfigurationAndSWHardeningNeeded,"
			"SWHardeningNeeded, ConfigurationNeeded, OutOfDate,"
			"OutOfDateConfigurationNeeded} advisories = {");
	for (unsigned i = 0; i < 64; i++)
		writer_printf(&w, "%s\"%031u\"", i > 0 ? "," : "", i);
	writer_text(&w, "} }");
	writer_u8(&w, 0);
	refused((char *)w.data, &s, DCI_POLICY_MRENCLAVE_NOT_ALLOWED, "of 64");
	memset(s.mrenclave, 0, sizeof(s.mrenclave));
	refused((char *)w.data, &s, DCI_POLICY_TCB_STATUS_NOT_ALLOWED,
	    "Found: UpToDate");
	struct dci_advisories list;
	advisories(&list, "0123456789012345678901234567890", "B");
	s.platform_advisories = &list;
	s.status = DCI_STATUS_OUT_OF_DATE;
	refused((char *)w.data, &s, DCI_POLICY_ADVISORY_NOT_ALLOWED, "more");
}

static void
test_the_exception_admits_any(void **state)
{
	(void)state;
	struct dci_subject s = subject();

	s.flags |= DCI_ATTRIBUTE_DEBUG;
	admitted("origin = environment-any-enclave enclave \"any-enclave\" "
		 "{ mrenclave = any debug = true }",
	    &s, 0);
}

static void
test_subject_of(void **state)
{
	(void)state;
	static struct dci_verification v;
	struct dci_subject s;

	v.status = DCI_STATUS_UP_TO_DATE;
	dci_subject_of(&s, &v, true);
	/* Nothing was parsed: nothing can be said for it. */
	assert_int_equal(s.status, DCI_STATUS_INVALID);
	assert_false(s.evidence_bound);
	v.parsed = true;
	v.quote.tee = DCI_TEE_TDX;
	v.quote.report.mrenclave[0] = 1;
	v.quote.report.mrsigner[31] = 2;
	v.quote.report.isv_prod_id = 3;
	v.quote.report.isv_svn = 4;
	v.quote.report.flags = 5;
	dci_subject_of(&s, &v, true);
	assert_int_equal(s.tee, DCI_TEE_TDX);
	assert_int_equal(s.mrenclave[0], 1);
	assert_int_equal(s.mrsigner[31], 2);
	assert_int_equal(s.isv_prod_id, 3);
	assert_int_equal(s.isv_svn, 4);
	assert_int_equal(s.flags, 5);
	assert_int_equal(s.status, DCI_STATUS_UP_TO_DATE);
	assert_true(s.evidence_bound);
	assert_null(s.platform_advisories);
	v.has_tcb = true;
	dci_subject_of(&s, &v, false);
	assert_ptr_equal(s.platform_advisories, &v.platform_advisories);
	assert_ptr_equal(s.qe_advisories, &v.qe_advisories);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact_match),
	    cmocka_unit_test(test_empty_policy),
	    cmocka_unit_test(test_measurements),
	    cmocka_unit_test(test_product_and_version),
	    cmocka_unit_test(test_attributes_come_first),
	    cmocka_unit_test(test_debug),
	    cmocka_unit_test(test_tdx),
	    cmocka_unit_test(test_statuses),
	    cmocka_unit_test(test_advisories),
	    cmocka_unit_test(test_evidence_binding),
	    cmocka_unit_test(test_first_in_file_order_wins),
	    cmocka_unit_test(test_closest_entry),
	    cmocka_unit_test(test_longest_texts),
	    cmocka_unit_test(test_the_exception_admits_any),
	    cmocka_unit_test(test_subject_of),
	};

	return cmocka_run_group_tests_name(
	    "policy evaluation", tests, NULL, NULL);
}
