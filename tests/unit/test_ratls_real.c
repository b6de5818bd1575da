/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence in certificates that Gramine, rats-tls and the Intel SGX SDK made on
 * real hardware, whole and damaged. */
#include "ratls_sample.h"

struct real {
	const char *file;
	enum dci_evidence_source source;
	bool legacy_too;
	size_t quote_size, claims_size;
};

static void
real_certificate(const struct real *r)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n = 0;
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};

	sample_vector(r->file, &der, &n);
	if (dci_evidence_parse(&e, der, n, &checks, &f) < 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(e.source, r->source);
	assert_int_equal(e.quote_size, r->quote_size);
	assert_int_equal(e.claims_size, r->claims_size);
	assert_false(e.has_csr_key);
	const struct dci_check *legacy =
	    sample_check(&checks, DCI_CHECK_LEGACY_EVIDENCE);
	assert_int_equal(legacy != NULL, r->legacy_too);
	if (legacy != NULL) {
		assert_int_equal(legacy->outcome, DCI_SKIPPED);
		assert_true(legacy->found[0] != '\0');
	}
	assert_int_equal(
	    sample_check(&checks, DCI_CHECK_TLS_CERTIFICATE_SIGNATURE)->outcome,
	    DCI_SKIPPED);
	assert_int_equal(
	    sample_check(&checks, DCI_CHECK_TLS_CERTIFICATE_DATES)->outcome,
	    DCI_SKIPPED);
	struct dci_quote q;
	if (dci_quote_parse(&q, e.quote, e.quote_size, &f) < 0 ||
	    dci_evidence_bound(&e, &q, &checks, &f) < 0)
		fail_msg("%s", f.sentence);
	assert_null(dci_checks_failed(&checks));
}

static void
test_real_gramine(void **state)
{
	(void)state;
	real_certificate(
	    &(struct real){"gramine.der", DCI_EVIDENCE_DICE, true, 4734, 51});
}

static void
test_real_rats_tls(void **state)
{
	(void)state;
	real_certificate(
	    &(struct real){"rats-tls.der", DCI_EVIDENCE_DICE, false, 4734, 81});
}

static void
test_real_intel_sdk(void **state)
{
	(void)state;
	real_certificate(&(struct real){
	    "intel-sgxsdk.der", DCI_EVIDENCE_DICE, false, 4600, 51});
}

/* Gramine's legacy evidence, once its DICE extension is called otherwise. */
static void
test_real_gramine_legacy(void **state)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n = 0;
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	(void)state;
	sample_vector("gramine.der", &der, &n);
	uint8_t *oid = memmem(der, n, ratls_oid_dice.p, ratls_oid_dice.n);
	assert_non_null(oid);
	oid[5] = 0x7f;
	assert_int_equal(dci_evidence_parse(&e, der, n, &checks, &f), 0);
	assert_int_equal(e.source, DCI_EVIDENCE_LEGACY);
	assert_null(e.claims);
	assert_null(sample_check(&checks, DCI_CHECK_LEGACY_EVIDENCE));
	struct dci_quote q;
	assert_int_equal(dci_quote_parse(&q, e.quote, e.quote_size, &f), 0);
	assert_int_equal(dci_evidence_bound(&e, &q, &checks, &f), 0);
}

static void
real_truncated(const char *file)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n = 0;
	struct dci_evidence e;

	sample_vector(file, &der, &n);
	for (size_t i = 0; i < n; i++) {
		struct dci_checks checks = {.n = 0};
		struct dci_failure f;
		/* A copy, so that a sanitizer sees reads past the end. */
		uint8_t *cut CLEANUP(cleanup_free) = malloc(i > 0 ? i : 1);

		assert_non_null(cut);
		memcpy(cut, der, i);
		assert_int_equal(
		    dci_evidence_parse(&e, cut, i, &checks, &f), -1);
		assert_int_equal(f.code, DCI_TLS_CERTIFICATE_MALFORMED);
	}
}

static void
test_truncation(void **state)
{
	(void)state;
	real_truncated("rats-tls.der");
	real_truncated("gramine.der");
}

/* Whatever a single byte becomes: no crash, and a verdict with a reason. What
 * passes nevertheless still binds this very key. */
static void
test_single_bytes(void **state)
{
	static const uint8_t masks[] = {0x01, 0x20, 0x80, 0xff};
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n = 0;

	(void)state;
	sample_vector("gramine.der", &der, &n);
	for (size_t i = 0; i < n * sizeof(masks); i++) {
		struct dci_evidence e;
		struct dci_checks checks = {.n = 0};
		struct dci_failure f = {.code = DCI_OK};
		uint8_t mask = masks[i % sizeof(masks)];

		der[i / sizeof(masks)] ^= mask;
		int rc = dci_evidence_parse(&e, der, n, &checks, &f);
		assert_int_equal(rc == 0, f.code == DCI_OK);
		assert_int_equal(rc == 0, dci_checks_failed(&checks) == NULL);
		if (rc == 0) {
			assert_true(e.quote >= der);
			assert_true(e.quote + e.quote_size <= der + n);
			assert_true(e.spki >= der && e.spki_size == 120);
		}
		der[i / sizeof(masks)] ^= mask;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_real_gramine),
	    cmocka_unit_test(test_real_rats_tls),
	    cmocka_unit_test(test_real_intel_sdk),
	    cmocka_unit_test(test_real_gramine_legacy),
	    cmocka_unit_test(test_truncation),
	    cmocka_unit_test(test_single_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
