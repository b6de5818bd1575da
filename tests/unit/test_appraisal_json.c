/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "appraisal/json.h"
#include "appraisal/text.h"

static json_t *
record(const struct dci_appraisal *a)
{
	struct writer w CLEANUP(writer_free) = writer_new(APPRAISAL_JSON_MAX);
	json_error_t e;

	appraisal_json(&w, a);
	assert_false(w.failed);
	json_t *r =
	    json_loadb((const char *)w.data, w.n, JSON_REJECT_DUPLICATES, &e);
	if (r == NULL)
		print_error("%s\n", e.text);
	assert_non_null(r);
	return r;
}

static const char *
text_of(const json_t *r, const char *key)
{
	return json_string_value(json_object_get(r, key));
}

static void
what_was_not_found_out_is_absent(void **state)
{
	static struct dci_appraisal a;

	(void)state;
	a = (struct dci_appraisal){.time = 1};
	dci_fail(&a.failure, DCI_QUOTE_MALFORMED, "It is \"none\".");
	json_t *r = record(&a);
	assert_int_equal(json_object_size(r), 8);
	assert_string_equal(text_of(r, "time"), "1970-01-01T00:00:01Z");
	assert_string_equal(text_of(r, "verdict"), "Invalid");
	assert_string_equal(text_of(r, "code"), "quote-malformed");
	assert_string_equal(text_of(r, "sentence"), "It is \"none\".");
	assert_non_null(text_of(r, "remedy"));
	assert_string_equal(text_of(r, "source"), "quote");
	assert_int_equal(json_array_size(json_object_get(r, "checks")), 0);
	json_decref(r);
}

static void
checks_come_in_the_order_of_the_appraisal(void **state)
{
	static struct dci_appraisal a;

	(void)state;
	a = (struct dci_appraisal){.has_evidence = true,
	    .has_policy = true,
	    .admitted = true,
	    .evidence_bound = true,
	    .entry_name = "proxy-verifier",
	    .assurance = DCI_ASSURANCE_SIMULATED};
	a.evidence.has_csr_key = true;
	dci_checks_pass(&a.policy_checks, DCI_CHECK_QUOTE_FORM, NULL);
	dci_checks_add(&a.verification.checks, DCI_CHECK_PCK_CHAIN,
	    DCI_TOLERATED, DCI_PCK_CHAIN_MALFORMED);
	dci_checks_skip(&a.evidence_checks, DCI_CHECK_TLS_KEY, "because");
	json_t *r = record(&a);
	const json_t *checks = json_object_get(r, "checks");
	const json_t *first = json_array_get(checks, 0);
	const json_t *second = json_array_get(checks, 1);
	const json_t *third = json_array_get(checks, 2);

	assert_int_equal(json_array_size(checks), 3);
	assert_string_equal(text_of(first, "check"), "tls-key");
	assert_string_equal(text_of(first, "outcome"), "skipped");
	assert_string_equal(text_of(first, "found"), "because");
	assert_null(text_of(first, "code"));
	assert_string_equal(text_of(second, "check"), "pck-chain");
	assert_string_equal(text_of(second, "code"), "pck-chain-malformed");
	assert_non_null(text_of(second, "remedy"));
	assert_string_equal(text_of(third, "check"), "quote-form");
	assert_int_equal(json_object_size(third), 3);
	assert_string_equal(text_of(r, "source"), "dice");
	assert_int_equal(strlen(text_of(r, "csr_key")), 64);
	const json_t *policy = json_object_get(r, "policy");
	assert_string_equal(text_of(policy, "entry"), "proxy-verifier");
	assert_string_equal(text_of(policy, "assurance"), "simulated");
	assert_string_equal(text_of(policy, "binding"), "evidence");
	json_decref(r);
}

static void
a_refusal_by_policy_names_no_entry(void **state)
{
	static struct dci_appraisal a;

	(void)state;
	a = (struct dci_appraisal){.has_policy = true};
	json_t *r = record(&a);
	const json_t *policy = json_object_get(r, "policy");
	assert_int_equal(json_object_size(policy), 2);
	assert_true(json_is_false(json_object_get(policy, "admitted")));
	json_decref(r);
}

static void
text_has_verdict_then_code_and_no_control_characters(void **state)
{
	static struct dci_appraisal a;
	static const char *const advisories[] = {"INTEL\x1b[1m", "SA\nx"};
	struct writer w CLEANUP(writer_free) = writer_new(APPRAISAL_JSON_MAX);

	(void)state;
	a = (struct dci_appraisal){.time = 1};
	a.verification.status = DCI_STATUS_REVOKED;
	a.verification.has_tcb = true;
	a.verification.platform_advisories =
	    (struct dci_advisories){2, advisories};
	a.verification.shortfalls = 1;
	a.verification.shortfall[0] = (struct dci_shortfall){
	    .component = 17, .have = 1, .need = 2, .type = "\x07type"};
	dci_fail(&a.failure, DCI_TCB_REVOKED, "Revoked, really.");
	appraisal_text(&w, &a);
	writer_u8(&w, 0);
	assert_false(w.failed);
	const char *text = (const char *)w.data;
	assert_int_equal(
	    strncmp(text, "Revoked\ntcb-revoked Revoked, really.\n", 37), 0);
	assert_non_null(strstr(text, "INTEL?[1m, SA?x\n"));
	assert_non_null(strstr(text, "PCE SVN (?type): has 1, needs 2\n"));
}

static void
levels_and_documents_stand_beside_a_tcb_that_is_absent(void **state)
{
	static struct dci_appraisal a;
	struct dci_verification *v = &a.verification;

	(void)state;
	a = (struct dci_appraisal){.time = 1};
	v->has_newest = true;
	v->newest = (struct dci_level){
	    .status = DCI_STATUS_UP_TO_DATE, .component = {12}, .pce_svn = 13};
	v->shortfalls = 1;
	v->shortfall[0] =
	    (struct dci_shortfall){.component = 1, .have = 3, .need = 12};
	v->dated_n = 1;
	v->dated[0] = (struct dci_dated){DCI_CHECK_PCK_CHAIN_DATES,
	    "PCK certificate", {.issued = 0, .next_update = 60}};
	json_t *r = record(&a);
	const json_t *levels = json_object_get(r, "levels");
	const json_t *document =
	    json_array_get(json_object_get(r, "documents"), 0);

	assert_null(json_object_get(r, "tcb"));
	assert_null(json_object_get(r, "dates"));
	assert_null(json_object_get(levels, "reached"));
	assert_string_equal(
	    text_of(json_object_get(levels, "newest"), "status"), "UpToDate");
	assert_int_equal(
	    json_array_size(json_object_get(levels, "shortfalls")), 1);
	assert_string_equal(text_of(document, "check"), "pck-chain-dates");
	assert_string_equal(text_of(document, "what"), "PCK certificate");
	assert_string_equal(
	    text_of(document, "next_update"), "1970-01-01T00:01:00Z");
	json_decref(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_not_found_out_is_absent),
	    cmocka_unit_test(checks_come_in_the_order_of_the_appraisal),
	    cmocka_unit_test(
		levels_and_documents_stand_beside_a_tcb_that_is_absent),
	    cmocka_unit_test(a_refusal_by_policy_names_no_entry),
	    cmocka_unit_test(
		text_has_verdict_then_code_and_no_control_characters),
	};

	return cmocka_run_group_tests_name("appraisal_json", tests, NULL, NULL);
}
