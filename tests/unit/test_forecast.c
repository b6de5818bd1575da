/* SPDX-License-Identifier: BSD-3-Clause */
/* What a TCB recovery does to a delegation, before it happens. */
#include "tests/unit/sim_check.h"

#include "forecast/forecast.h"

#define RECOVERY      "2026-09-01T00:00:00Z" /* 20 days before TEST_TIME */
#define RECOVERY_TIME INT64_C(1788220800)
#define LEVELS_MAX    16

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)
CLEANUP_TYPE(cleanup_policy, struct dci_policy, dci_policy_free)

static struct dci_policy *
policy_of(const char *tcb)
{
	char text[512];
	struct dci_failure f;

	snprintf(text, sizeof(text),
	    "enclave \"pv\" { mrenclave = any mrsigner = any tcb = {%s} }",
	    tcb);
	struct dci_policy *p = dci_policy_parse(text, strlen(text), "test", &f);
	if (p == NULL)
		print_error("%s\n", f.sentence);
	assert_non_null(p);
	return p;
}

static struct dci_snapshot *
snapshot_of(const struct sim_platform *p)
{
	struct sim_collateral c;
	struct dci_anchor anchor;
	struct dci_failure f;
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	assert_int_equal(sim_root_pem(p, &pem, &n, &f), 0);
	assert_int_equal(dci_anchor_from_pem(&anchor, pem, n, &f), 0);
	assert_int_equal(sim_collateral_make(&c, p, &f), 0);
	struct dci_collateral view = sim_collateral_view(&c);
	struct dci_snapshot *s = dci_snapshot_new(&view, &anchor);
	assert_non_null(s);
	assert_int_equal(dci_snapshot_check(s, &f), 0);
	sim_collateral_free(&c);
	return s;
}

/* The platform's collateral after a recovery that asks for two more in TCB
 * component 3; what was the newest level has that status then. */
static struct dci_snapshot *
recovered(const struct sim_platform *p, const char *status, int64_t until)
{
	struct sim_spec spec = *sim_spec_of(p);
	struct sim_tcb_level level[LEVELS_MAX];
	struct dci_failure f;

	assert_in_range(spec.n_tcb_levels, 1, LEVELS_MAX - 1);
	memcpy(
	    level + 1, spec.tcb_levels, spec.n_tcb_levels * sizeof(level[0]));
	level[0] = level[1];
	level[0].tcb.component[2] += 2;
	level[0].date = RECOVERY;
	level[1].status = status;
	level[1].advisories = "INTEL-SA-09999";
	spec.tcb_levels = level;
	spec.n_tcb_levels++;
	spec.tcb_evaluation++;
	if (until != 0)
		spec.tcb_info.to = until;
	struct sim_platform *with CLEANUP(cleanup_platform) =
	    sim_vary(p, &spec, &f);
	assert_non_null(with);
	return snapshot_of(with);
}

struct scene {
	struct sim_platform *platform;
	struct dci_snapshot *standard;
	uint8_t *quote;
	size_t n;
};

static void
scene_make(struct scene *s)
{
	static const uint8_t data[DCI_REPORT_DATA_SIZE];
	struct dci_failure f;

	s->platform = test_platform();
	s->standard = snapshot_of(s->platform);
	assert_int_equal(
	    sim_quote(s->platform, NULL, data, &s->quote, &s->n, &f), 0);
}

static void
scene_free(struct scene *s)
{
	free(s->quote);
	dci_snapshot_free(s->standard);
	sim_close(s->platform);
}

static struct forecast
forecast_of(const struct scene *s, const char *tcb,
    const struct dci_snapshot *early, int64_t now)
{
	struct dci_policy *policy CLEANUP(cleanup_policy) = policy_of(tcb);
	struct forecast_subject subject = {
	    .quote = {s->quote, s->n}, .policy = policy};
	struct forecast f;

	forecast_make(&f, &subject, now, s->standard, early, NULL);
	return f;
}

static void
without_early_documents_nothing_changes(void **state)
{
	struct scene s;

	(void)state;
	scene_make(&s);
	struct forecast f = forecast_of(&s, "UpToDate", NULL, TEST_TIME);
	assert_int_equal(f.now.status, DCI_STATUS_UP_TO_DATE);
	assert_true(f.now.admitted);
	assert_false(f.changes);
	assert_false(forecast_falls_out(&f));
	f = forecast_of(&s, "UpToDate", s.standard, TEST_TIME);
	assert_false(f.changes);
	scene_free(&s);
}

static void
a_recovery_is_dated_and_explained(void **state)
{
	struct scene s;
	char text[FORECAST_TEXT_MAX];
	static const uint8_t mrenclave[32] = {0xab};

	(void)state;
	scene_make(&s);
	struct dci_snapshot *early CLEANUP(cleanup_snapshot) =
	    recovered(s.platform, "OutOfDate", 0);
	struct forecast f = forecast_of(&s, "UpToDate", early, TEST_TIME);
	assert_true(f.now.admitted);
	assert_true(f.changes);
	assert_int_equal(f.then.status, DCI_STATUS_OUT_OF_DATE);
	assert_false(f.then.admitted);
	assert_int_equal(
	    f.then.failure.code, DCI_POLICY_TCB_STATUS_NOT_ALLOWED);
	assert_true(forecast_falls_out(&f));
	assert_non_null(strstr(f.then.why, "SGX TCB component 3 has "));
	assert_null(strstr(f.then.why, "component 4"));
	assert_int_equal(f.from, RECOVERY_TIME + FORECAST_LEAD);
	forecast_text(text, sizeof(text), mrenclave, &f);
	assert_non_null(strstr(text, "on, enclave ab00"));
	assert_non_null(strstr(text, "will be OutOfDate and gets no "
				     "certificate: SGX TCB component 3"));
	/* Overdue: from now on. */
	int64_t late = RECOVERY_TIME + FORECAST_LEAD + 5;
	f = forecast_of(&s, "UpToDate", early, late);
	assert_true(f.changes);
	assert_int_equal(f.from, late);
	scene_free(&s);
}

static void
what_the_policy_admits_stays(void **state)
{
	struct scene s;

	(void)state;
	scene_make(&s);
	struct dci_snapshot *early CLEANUP(cleanup_snapshot) =
	    recovered(s.platform, "OutOfDate", 0);
	struct forecast f =
	    forecast_of(&s, "UpToDate, OutOfDate", early, TEST_TIME);
	assert_true(f.changes);
	assert_true(f.then.admitted);
	assert_false(forecast_falls_out(&f));
	scene_free(&s);
}

static void
a_revocation_is_foretold(void **state)
{
	struct scene s;

	(void)state;
	scene_make(&s);
	struct dci_snapshot *early CLEANUP(cleanup_snapshot) =
	    recovered(s.platform, "Revoked", 0);
	struct forecast f =
	    forecast_of(&s, "UpToDate, OutOfDate", early, TEST_TIME);
	assert_true(f.changes);
	assert_int_equal(f.then.status, DCI_STATUS_REVOKED);
	assert_int_equal(f.then.failure.code, DCI_TCB_REVOKED);
	assert_true(forecast_falls_out(&f));
	scene_free(&s);
}

static void
early_documents_that_expired_foretell_nothing(void **state)
{
	struct scene s;

	(void)state;
	scene_make(&s);
	struct dci_snapshot *early CLEANUP(cleanup_snapshot) =
	    recovered(s.platform, "OutOfDate", TEST_TIME + 10);
	assert_true(forecast_of(&s, "UpToDate", early, TEST_TIME).changes);
	struct forecast f = forecast_of(&s, "UpToDate", early, TEST_TIME + 60);
	assert_true(f.now.admitted);
	assert_false(f.changes);
	scene_free(&s);
}

static void
expired_collateral_falls_out_now(void **state)
{
	struct scene s;

	(void)state;
	scene_make(&s);
	struct forecast f =
	    forecast_of(&s, "UpToDate", NULL, TEST_TIME + 400 * 86400);
	assert_int_equal(f.now.status, DCI_STATUS_INVALID);
	assert_false(f.now.admitted);
	assert_true(f.now.why[0] != '\0');
	assert_true(forecast_falls_out(&f));
	scene_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_early_documents_nothing_changes),
	    cmocka_unit_test(a_recovery_is_dated_and_explained),
	    cmocka_unit_test(what_the_policy_admits_stays),
	    cmocka_unit_test(a_revocation_is_foretold),
	    cmocka_unit_test(early_documents_that_expired_foretell_nothing),
	    cmocka_unit_test(expired_collateral_falls_out_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
