/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulated service without its server: requests, switches of faults,
 * releases, and who may change what. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "sim/pcs_control.h"
#include "sim/pcs_release.h"

#define SGX "/sgx/certification/v4/"
#define TDX "/tdx/certification/v4/"

#define TEST_TIME INT64_C(1790000000)

static void
requests_are_read(void **state)
{
	static const struct {
		const char *path, *query;
		int status;
		enum pcs_document document;
	} cases[] = {
	    {SGX "tcb", "fmspc=00906ed50000", 200, PCS_TCB},
	    {SGX "tcb", "fmspc=00906ED50000&update=early", 200, PCS_TCB},
	    {SGX "tcb", "unknown=1&fmspc=00906ED50000", 200, PCS_TCB},
	    {TDX "tcb", "fmspc=00906ED50000", 200, PCS_TDX_TCB},
	    {SGX "qe/identity", NULL, 200, PCS_QE},
	    {SGX "qe/identity", "", 200, PCS_QE},
	    {TDX "qe/identity", "tcbEvaluationDataNumber=0", 200, PCS_TDX_QE},
	    {SGX "pckcrl", "ca=processor", 200, PCS_PCK_CRL},
	    {"/IntelSGXRootCA.der", NULL, 200, PCS_ROOT_CRL},
	    {SGX "tcb", NULL, 400, 0},
	    {SGX "tcb", "fmspc", 400, 0},
	    {SGX "tcb", "FMSPC=00906ed50000&ca=platform", 200, PCS_TCB},
	    {SGX "tcb", "fmspc=00906ed5000", 400, 0},
	    {SGX "tcb", "fmspc=00906ed500000", 400, 0},
	    {SGX "tcb", "fmspc=00906ed50000&update=", 400, 0},
	    {SGX "qe/identity", "tcbEvaluationDataNumber=-1", 400, 0},
	    {SGX "qe/identity", "tcbEvaluationDataNumber=4294967296", 400, 0},
	    {SGX "pckcrl", "ca=Platform", 400, 0},
	    {SGX "pckcrl", "ca=platform&encoding=DER", 400, 0},
	    {SGX "crl", "uri=", 404, 0},
	    {TDX "pckcrl", "ca=platform", 404, 0},
	    {SGX "qve/identity", NULL, 404, 0},
	    {SGX, NULL, 404, 0},
	    {"", NULL, 404, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pcs_refusal why = {NULL, NULL};
		struct pcs_request r;

		assert_int_equal(pcs_request_read(&r, cases[i].path,
				     cases[i].query, false, &why),
		    cases[i].status);
		if (cases[i].status == 200)
			assert_int_equal(r.document, cases[i].document);
		else
			assert_non_null(why.message);
	}
}

static enum pcs_encoding
encoding(const char *query, bool pccs)
{
	struct pcs_refusal why;
	struct pcs_request r;

	assert_int_equal(
	    pcs_request_read(&r, SGX "pckcrl", query, pccs, &why), 200);
	return r.encoding;
}

static void
dialects_differ_in_the_encoding_of_lists(void **state)
{
	(void)state;
	assert_int_equal(encoding("ca=platform", false), PCS_PEM);
	assert_int_equal(encoding("ca=platform&encoding=pem", false), PCS_PEM);
	assert_int_equal(encoding("ca=platform&encoding=der", false), PCS_DER);
	assert_int_equal(encoding("ca=platform", true), PCS_HEX);
	assert_int_equal(encoding("ca=platform&encoding=pem", true), PCS_HEX);
	assert_int_equal(encoding("ca=platform&encoding=der", true), PCS_DER);
}

static void
add(struct pcs_faults *faults, const char *text)
{
	struct dci_failure f;

	assert_int_equal(pcs_faults_add(faults, text, strlen(text), &f), 0);
}

static void
faults_hit_what_they_name(void **state)
{
	struct pcs_faults faults = {.n = 0};
	struct pcs_effects e;

	(void)state;
	add(&faults, "slow=7:tcb");
	add(&faults, "500:all:2");
	pcs_faults_hit(&e, &faults, PCS_TCB);
	assert_int_equal(e.delay, 7);
	assert_int_equal(e.status, 500);
	assert_string_equal(e.names, "slow,500");
	pcs_faults_hit(&e, &faults, PCS_QE);
	assert_int_equal(e.delay, 0);
	assert_int_equal(e.status, 500);
	pcs_faults_hit(&e, &faults, PCS_QE);
	assert_int_equal(e.status, 0);
	assert_string_equal(e.names, "");
	pcs_faults_hit(&e, &faults, PCS_TCB);
	assert_int_equal(e.delay, 7);
	assert_int_equal(e.status, 0);
}

static void
wrong_switches_are_refused(void **state)
{
	static const char *const wrong[] = {"", "nonsense", ":tcb", "=1",
	    "slow=", "slow=0", "slow=-1", "slow=86401", "close=1",
	    "404:", "404:nonsense", "404:tcb:", "404:tcb:0",
	    "404:tcb:1:", "404 ", "slow=1:tcb:x"};
	struct pcs_faults faults = {.n = 0};
	struct dci_failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    pcs_faults_add(&faults, wrong[i], strlen(wrong[i]), &f),
		    -1);
		assert_int_equal(f.code, DCI_USAGE);
	}
	assert_int_equal(faults.n, 0);
	for (size_t i = 0; i < PCS_FAULTS_MAX; i++)
		add(&faults, "close");
	assert_int_equal(pcs_faults_add(&faults, "close", 5, &f), -1);
}

static uint32_t
chosen(const struct pcs_releases *r, bool early, int64_t now)
{
	const struct pcs_request request = {
	    .document = PCS_TCB, .early = early};
	const struct pcs_release *release;
	struct pcs_refusal why;

	assert_int_equal(
	    pcs_release_choose(&release, r, &request, now, &why), 200);
	return release->number;
}

static void
recovery_becomes_standard_to_the_second(void **state)
{
	struct pcs_releases r;
	struct sim_spec spec;

	(void)state;
	sim_spec_default(&spec, TEST_TIME);
	pcs_releases_init(&r, &spec);
	assert_int_equal(chosen(&r, true, TEST_TIME), spec.tcb_evaluation);
	pcs_releases_recover(&r, &spec, TEST_TIME, true);
	assert_int_equal(chosen(&r, false, TEST_TIME - 1), spec.tcb_evaluation);
	assert_int_equal(chosen(&r, false, TEST_TIME), spec.tcb_evaluation + 1);
	assert_int_equal(
	    chosen(&r, true, TEST_TIME - 1), spec.tcb_evaluation + 1);
	/* One level more; no old one is still good. */
	assert_int_equal(r.list[1].n_tcb_levels, spec.n_tcb_levels + 1);
	assert_int_equal(r.list[1].n_qe_levels, spec.n_qe_levels + 1);
	for (size_t i = 1; i < r.list[1].n_tcb_levels; i++) {
		const struct sim_tcb_level *level = &r.list[1].tcb_levels[i];

		assert_true(strncmp(level->status, "OutOfDate", 9) == 0 ||
			    strcmp(level->status, "Revoked") == 0);
		assert_non_null(
		    strstr(level->advisories, PCS_RECOVERY_ADVISORY));
	}
}

static void
only_loopback_changes_anything(void **state)
{
	(void)state;
	assert_true(pcs_control_allows("127.0.0.1"));
	assert_true(pcs_control_allows("127.1.2.3"));
	assert_true(pcs_control_allows("::1"));
	assert_true(pcs_control_allows("::ffff:127.0.0.1"));
	assert_false(pcs_control_allows("128.0.0.1"));
	assert_false(pcs_control_allows("192.0.2.1"));
	assert_false(pcs_control_allows("::ffff:192.0.2.1"));
	assert_false(pcs_control_allows("::7f00:1"));
	assert_false(pcs_control_allows("2001:db8::1"));
	assert_false(pcs_control_allows(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_are_read),
	    cmocka_unit_test(dialects_differ_in_the_encoding_of_lists),
	    cmocka_unit_test(faults_hit_what_they_name),
	    cmocka_unit_test(wrong_switches_are_refused),
	    cmocka_unit_test(recovery_becomes_standard_to_the_second),
	    cmocka_unit_test(only_loopback_changes_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
