/* SPDX-License-Identifier: BSD-3-Clause */
/* Each fault breaks what it says, and nothing else. */
#include "sim_check.h"

static struct sim_platform *platform;

static int
setup(void **state)
{
	(void)state;
	platform = test_platform();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sim_close(platform);
	return 0;
}

static uint8_t *
faulty_quote(const char *fault, size_t *n)
{
	static const uint8_t zeros[DCI_REPORT_DATA_SIZE];
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    test_faulty(platform, fault);
	struct dci_failure f;
	uint8_t *quote;

	assert_int_equal(sim_quote(p, NULL, zeros, &quote, n, &f), 0);
	return quote;
}

static void
names_are_unique_and_complete(void **state)
{
	static const char *const promised[] = {"bad-signature", "bad-qe-report",
	    "bad-qe-hash", "bad-qe-identity", "qe-out-of-date", "revoked-pck",
	    "revoked-ca", "revoked-tcb-signer", "expired-tcb-info",
	    "expired-qe-identity", "expired-crl", "expired-pck",
	    "not-yet-valid", "tcb-out-of-date", "sw-hardening", "config-needed",
	    "config-and-sw-hardening", "out-of-date-config-needed",
	    "tcb-revoked", "tcb-not-supported", "wrong-fmspc", "wrong-root",
	    "wrong-tcb-signature", "truncated", "padded", "debug"};
	size_t n;
	const struct sim_fault *faults = sim_faults(&n);

	(void)state;
	for (size_t i = 0; i < sizeof(promised) / sizeof(promised[0]); i++)
		assert_non_null(sim_fault_find(promised[i]));
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(sim_fault_find(faults[i].name), &faults[i]);
		assert_null(strchr(faults[i].explanation, '\t'));
	}
	assert_null(sim_fault_find("no-such-fault"));
}

static void
signature_faults_break_one_signature_each(void **state)
{
	static const struct {
		const char *fault;
		bool quote, binding, qe;
	} cases[] = {
	    {"bad-signature", false, true, true},
	    {"bad-qe-report", true, true, false},
	    {"bad-qe-hash", true, false, true},
	    {"bad-qe-identity", true, true, true},
	    {"qe-out-of-date", true, true, true},
	    {"tcb-revoked", true, true, true},
	    {"wrong-root", true, true, true},
	    {"debug", true, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct test_quote t;
		size_t n;
		uint8_t *quote CLEANUP(cleanup_free) =
		    faulty_quote(cases[i].fault, &n);

		test_quote_split(&t, quote, n);
		assert_int_equal(test_quote_signature(&t), cases[i].quote);
		assert_int_equal(test_qe_binding(&t), cases[i].binding);
		assert_int_equal(test_qe_signature(&t), cases[i].qe);
	}
}

static void
lengths_change_as_said(void **state)
{
	size_t normal, truncated, padded, junk;
	uint8_t *a CLEANUP(cleanup_free) = faulty_quote("expired-crl", &normal);
	uint8_t *b CLEANUP(cleanup_free) =
	    faulty_quote("truncated", &truncated);
	uint8_t *c CLEANUP(cleanup_free) = faulty_quote("padded", &padded);
	uint8_t *d CLEANUP(cleanup_free) = faulty_quote("trailing-junk", &junk);

	(void)state;
	/* Certificates vary by a few bytes with their signatures: here they
	 * are all the same ones. */
	assert_memory_equal(a, b, 432);
	assert_int_equal(truncated, normal - 200);
	assert_int_equal(padded, normal + 256);
	assert_true(bytes_all_zero(c + normal, 256));
	assert_int_equal(junk, normal + 16);
	assert_false(bytes_all_zero(d + normal, 16));
}

static void
revocation_lists_the_certificate(void **state)
{
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    test_faulty(platform, "revoked-pck");
	struct sim_collateral c;
	struct dci_failure f;
	struct test_quote t;
	X509_REVOKED *entry;
	size_t n;

	(void)state;
	assert_int_equal(sim_collateral_make(&c, p, &f), 0);
	/* A quote without any fault has that very certificate. */
	uint8_t *quote CLEANUP(cleanup_free) = faulty_quote("debug", &n);
	test_quote_split(&t, quote, n);
	X509 *leaf CLEANUP(cleanup_x509) =
	    test_certificate(t.chain.p, t.chain.n, 0);
	const uint8_t *der = c.doc[DCI_DOC_PCK_CRL].data;
	X509_CRL *crl =
	    d2i_X509_CRL(NULL, &der, (long)c.doc[DCI_DOC_PCK_CRL].n);
	assert_non_null(crl);
	assert_int_equal(X509_CRL_get0_by_cert(crl, &entry, leaf), 1);
	X509_CRL_free(crl);
	sim_collateral_free(&c);
}

static void
foreign_root_has_the_same_name_and_another_key(void **state)
{
	struct test_quote t;
	struct dci_failure f;
	size_t n, pem_n;
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	uint8_t *quote CLEANUP(cleanup_free) = faulty_quote("wrong-root", &n);

	(void)state;
	assert_int_equal(sim_root_pem(platform, &pem, &pem_n, &f), 0);
	test_quote_split(&t, quote, n);
	X509 *ours CLEANUP(cleanup_x509) = test_certificate(pem, pem_n, 0);
	X509 *theirs CLEANUP(cleanup_x509) =
	    test_certificate(t.chain.p, t.chain.n, 2);
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(ours),
			     X509_get_subject_name(theirs)),
	    0);
	assert_int_not_equal(
	    EVP_PKEY_eq(X509_get0_pubkey(ours), X509_get0_pubkey(theirs)), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_unique_and_complete),
	    cmocka_unit_test(signature_faults_break_one_signature_each),
	    cmocka_unit_test(lengths_change_as_said),
	    cmocka_unit_test(revocation_lists_the_certificate),
	    cmocka_unit_test(foreign_root_has_the_same_name_and_another_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
