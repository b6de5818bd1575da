/* SPDX-License-Identifier: BSD-3-Clause */
/* RA_TLS_* variables: what Gramine documents, and where we are stricter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"

#define HEX_A "AAAAAAAAAAAAAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* --- a stand-in for the environment --- */

static struct {
	const char *name, *value;
} variables[16];
static size_t count;

static void
clear(void)
{
	count = 0;
}

static void
set(const char *name, const char *value)
{
	variables[count].name = name;
	variables[count++].value = value;
}

static const char *
lookup(const char *name)
{
	for (size_t i = count; i-- > 0;) {
		if (strcmp(variables[i].name, name) == 0)
			return variables[i].value;
	}
	return NULL;
}

static void
set_all(const char *mrenclave, const char *mrsigner, const char *prod_id,
    const char *svn)
{
	clear();
	set("RA_TLS_MRENCLAVE", mrenclave);
	set("RA_TLS_MRSIGNER", mrsigner);
	set("RA_TLS_ISV_PROD_ID", prod_id);
	set("RA_TLS_ISV_SVN", svn);
}

static struct dci_policy *
good(void)
{
	struct dci_failure f = {.code = DCI_OK};
	struct dci_policy *p = dci_policy_from_environment(lookup, &f);

	if (p == NULL)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
	/* Every environment policy can be written out and read back. */
	struct dci_policy *again =
	    dci_policy_parse(p->text, p->text_size, "canonical", &f);
	if (again == NULL)
		fail_msg("%s in:\n%s", f.sentence, p->text);
	assert_string_equal(again->text, p->text);
	assert_memory_equal(again->digest, p->digest, 32);
	assert_true(again->from_environment);
	assert_int_equal(again->admits_any, p->admits_any);
	assert_int_equal(again->entries, p->entries);
	assert_true(again->tolerance.grace == p->tolerance.grace);
	if (p->entries > 0)
		assert_memory_equal(again->entry, p->entry, sizeof(*p->entry));
	dci_policy_free(again);
	return p;
}

static void
bad(enum dci_code code, const char *contains)
{
	struct dci_failure f = {.code = DCI_OK};

	assert_null(dci_policy_from_environment(lookup, &f));
	if (f.code != code || strstr(f.sentence, contains) == NULL)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
	assert_null(dci_policy_from_environment(lookup, NULL));
}

static void
test_nothing_set_admits_nobody(void **state)
{
	(void)state;
	clear();
	struct dci_policy *p = good();

	assert_int_equal(p->entries, 0);
	assert_false(p->admits_any);
	assert_true(p->from_environment);
	assert_int_equal(p->tolerance.grace, 0);
	dci_policy_free(p);
	/* The other three do not make an exception. */
	set("RA_TLS_ALLOW_OUTDATED_TCB_INSECURE", "1");
	set("RA_TLS_ALLOW_HW_CONFIG_NEEDED", "1");
	set("RA_TLS_ALLOW_SW_HARDENING_NEEDED", "1");
	p = good();
	assert_int_equal(p->entries, 0);
	assert_true(p->tolerance.grace == DCI_UNLIMITED);
	dci_policy_free(p);
}

static void
test_all_four(void **state)
{
	(void)state;
	uint8_t a[32], b[32];

	memset(a, 0xaa, 32);
	memset(b, 0xbb, 32);
	set_all(HEX_A, HEX_B, "7", "65535");
	struct dci_policy *p = good();
	const struct dci_policy_entry *e = &p->entry[0];
	assert_int_equal(p->entries, 1);
	assert_string_equal(e->name, "ra-tls-environment");
	assert_int_equal(e->mrenclaves, 1);
	assert_memory_equal(e->mrenclave[0], a, 32);
	assert_int_equal(e->mrsigners, 1);
	assert_memory_equal(e->mrsigner[0], b, 32);
	assert_false(e->any_isv_prod_id);
	assert_int_equal(e->isv_prod_id, 7);
	assert_int_equal(e->min_isv_svn, 65535);
	assert_false(e->debug);
	assert_true(e->any_advisory);
	assert_int_equal(e->ttl, 86400);
	assert_false(p->require_evidence_binding);
	assert_false(p->admits_any);
	assert_true(p->from_environment);
	dci_policy_free(p);
}

static void
test_any_counts_as_configured(void **state)
{
	(void)state;
	set_all("any", "any", "any", "any");
	struct dci_policy *p = good();
	const struct dci_policy_entry *e = &p->entry[0];

	assert_int_equal(p->entries, 1);
	assert_string_equal(e->name, "ra-tls-environment");
	assert_true(dci_policy_entry_unpinned(e));
	assert_true(e->any_isv_prod_id);
	assert_int_equal(e->min_isv_svn, 0);
	assert_false(e->debug);
	assert_false(p->admits_any);
	dci_policy_free(p);
	/* With debug allowed this is still no exception. */
	set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
	p = good();
	assert_true(p->entry[0].debug);
	assert_false(p->admits_any);
	dci_policy_free(p);
}

static void
test_the_exception(void **state)
{
	(void)state;
	clear();
	set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
	struct dci_policy *p = good();
	const struct dci_policy_entry *e = &p->entry[0];

	assert_true(p->admits_any);
	assert_int_equal(p->entries, 1);
	assert_string_equal(e->name, "any-enclave");
	assert_true(dci_policy_entry_unpinned(e));
	assert_true(e->any_isv_prod_id);
	assert_int_equal(e->min_isv_svn, 0);
	assert_true(e->debug);
	/* The TCB is another matter. */
	assert_int_equal(e->tcb, 1u << DCI_STATUS_UP_TO_DATE);
	dci_policy_free(p);
}

static void
test_some_but_not_all(void **state)
{
	(void)state;
	static const char *const names[] = {"RA_TLS_MRENCLAVE",
	    "RA_TLS_MRSIGNER", "RA_TLS_ISV_PROD_ID", "RA_TLS_ISV_SVN"};

	for (unsigned mask = 1; mask < 15; mask++) {
		char missing[128] = "Missing: ";

		clear();
		/* Not even with this. */
		set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
		for (unsigned i = 0; i < 4; i++) {
			size_t n = strlen(missing);

			if ((mask >> i & 1) != 0)
				set(names[i], "any");
			else
				snprintf(missing + n, sizeof(missing) - n,
				    "%s%s", n > 9 ? ", " : "", names[i]);
		}
		memcpy(missing + strlen(missing), ".", 2);
		bad(DCI_ENV_INCOMPLETE, missing);
	}
}

static void
test_malformed(void **state)
{
	(void)state;
	static const char *const measurements[] = {"", "ANY", "ab", HEX_A "0",
	    " " HEX_A, HEX_A " ", "0x" HEX_A, "any ",
	    "gaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	static const char *const numbers[] = {"", "ANY", "65536", "-1", "+1",
	    "010", "0x10", " 1", "1 ", "one", "18446744073709551617"};

	for (size_t i = 0; i < sizeof(measurements) / sizeof(char *); i++) {
		set_all(measurements[i], "any", "any", "any");
		bad(DCI_ENV_MALFORMED,
		    "RA_TLS_MRENCLAVE: expected 64 hexadecimal digits or "
		    "\"any\", found \"");
		set_all("any", measurements[i], "any", "any");
		bad(DCI_ENV_MALFORMED, "RA_TLS_MRSIGNER: expected 64");
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(char *); i++) {
		set_all("any", "any", numbers[i], "any");
		bad(DCI_ENV_MALFORMED,
		    "RA_TLS_ISV_PROD_ID: expected a decimal number from 0 to "
		    "65535");
		set_all("any", "any", "any", numbers[i]);
		bad(DCI_ENV_MALFORMED, "RA_TLS_ISV_SVN: expected a decimal");
	}
	/* What cannot be shown is not. */
	set_all("\x1b[31m", "any", "any", "any");
	bad(DCI_ENV_MALFORMED, "found \"?[31m\"");
}

/* Exactly "1" is true (Gramine), whatever else seems to say so. */
static void
test_only_1_is_true(void **state)
{
	(void)state;
	static const char *const no[] = {
	    "", "0", "true", "TRUE", "yes", "01", " 1", "1 ", "11"};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		set_all("any", "any", "any", "any");
		set("RA_TLS_ALLOW_OUTDATED_TCB_INSECURE", no[i]);
		set("RA_TLS_ALLOW_HW_CONFIG_NEEDED", no[i]);
		set("RA_TLS_ALLOW_SW_HARDENING_NEEDED", no[i]);
		set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", no[i]);
		struct dci_policy *p = good();
		assert_int_equal(p->entry[0].tcb, 1u << DCI_STATUS_UP_TO_DATE);
		assert_false(p->entry[0].debug);
		assert_int_equal(p->tolerance.grace, 0);
		dci_policy_free(p);
	}
}

/* The table of Gramine's ra_tls_verify_dcap.c:182-216: each status and the
 * variables that it needs, for all sixteen combinations. */
static void
test_mapping(void **state)
{
	(void)state;
	enum { OUTDATED = 1, CONFIG = 2, HARDENING = 4, DEBUG = 8, NEVER = 16 };
	static const unsigned needs[DCI_STATUSES] = {
	    [DCI_STATUS_INVALID] = NEVER,
	    [DCI_STATUS_REVOKED] = NEVER,
	    [DCI_STATUS_UP_TO_DATE] = 0,
	    [DCI_STATUS_CONFIGURATION_NEEDED] = CONFIG,
	    [DCI_STATUS_OUT_OF_DATE] = OUTDATED,
	    [DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED] = OUTDATED | CONFIG,
	    [DCI_STATUS_SW_HARDENING_NEEDED] = HARDENING,
	    [DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED] =
		CONFIG | HARDENING,
	    [DCI_STATUS_TD_RELAUNCH_ADVISED] = NEVER,
	    [DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] = NEVER,
	};

	for (unsigned have = 0; have < 16; have++) {
		set_all(HEX_A, "any", "any", "any");
		set("RA_TLS_ALLOW_OUTDATED_TCB_INSECURE",
		    have & OUTDATED ? "1" : "0");
		set("RA_TLS_ALLOW_HW_CONFIG_NEEDED", have & CONFIG ? "1" : "0");
		set("RA_TLS_ALLOW_SW_HARDENING_NEEDED",
		    have & HARDENING ? "1" : "0");
		set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE",
		    have & DEBUG ? "1" : "0");
		struct dci_policy *p = good();
		for (unsigned s = 0; s < DCI_STATUSES; s++)
			assert_int_equal(
			    p->entry[0].tcb >> s & 1, (needs[s] & ~have) == 0);
		assert_int_equal(p->entry[0].tcb >> DCI_STATUSES, 0);
		assert_int_equal(p->entry[0].debug, (have & DEBUG) != 0);
		assert_true(p->tolerance.grace ==
			    (have & OUTDATED ? DCI_UNLIMITED : 0));
		dci_policy_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_set_admits_nobody),
	    cmocka_unit_test(test_all_four),
	    cmocka_unit_test(test_any_counts_as_configured),
	    cmocka_unit_test(test_the_exception),
	    cmocka_unit_test(test_some_but_not_all),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_only_1_is_true),
	    cmocka_unit_test(test_mapping),
	};

	return cmocka_run_group_tests_name(
	    "policy from the environment", tests, NULL, NULL);
}
