/* SPDX-License-Identifier: BSD-3-Clause */
/* Flaws that were published in other verifiers: spec dcap.md, section 12, by
 * number, from 14 on.  What is about TDX alone comes with TDX. */
#include <stdlib.h>
#include <time.h>

#include "tests/unit/flaws.h"

static struct scene s;
static struct sim_spec spec;

static int
setup(void **state)
{
	(void)state;
	sim_spec_default(&spec, NOW);
	scene_make(&s, NULL);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_free(&s);
	return 0;
}

static void
evaluation_number_can_be_demanded(void **state)
{
	struct dci_tolerance t = {.min_tcb_evaluation = 17};

	(void)state;
	judge(&s, &t);
	expect_verdict(DCI_STATUS_UP_TO_DATE, DCI_OK);
	t.min_tcb_evaluation = 18;
	judge(&s, &t);
	expect_verdict(DCI_STATUS_INVALID, DCI_TCB_EVALUATION_TOO_LOW);
}

static void
root_crl_matters(void **state)
{
	(void)state;
	spec.revoked_pck_ca = true;
	scene_vary(&s, &spec);
	expect_revoked(&s, DCI_PCK_INTERMEDIATE_REVOKED);
	spec.revoked_pck_ca = false;
	scene_vary(&s, &spec);
	text_edit(&s.doc[DCI_DOC_ROOT_CA_CRL], "SGX Root CA", "SGX Root CB");
	expect_invalid(&s, DCI_ROOT_CRL_SIGNATURE_INVALID);
	writer_free(&s.doc[DCI_DOC_ROOT_CA_CRL]);
	expect_invalid(&s, DCI_ROOT_CRL_MISSING);
}

static void
no_crl_at_all(void **state)
{
	(void)state;
	writer_free(&s.doc[DCI_DOC_PCK_CRL]);
	expect_invalid(&s, DCI_PCK_CRL_MISSING);
	put(&s.doc[DCI_DOC_PCK_CRL], "", 0);
	expect_invalid(&s, DCI_PCK_CRL_MISSING);
	scene_collateral(&s);
	writer_free(&s.doc[DCI_DOC_PCK_CRL_CHAIN]);
	expect_invalid(&s, DCI_PCK_CRL_CHAIN_MISSING);
}

static void
no_sgx_extension(void **state)
{
	X509 *leaf = cert_of(&s, SIM_KEY_PCK);

	(void)state;
	X509_EXTENSION_free(
	    X509_delete_ext(leaf, X509_get_ext_count(leaf) - 1));
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_EXTENSION_MALFORMED);
}

static void
a_failure_ends_it(void **state)
{
	struct dci_tolerance all = {.grace = DCI_UNLIMITED};

	(void)state;
	spec.tcb = sim_tcb_level_of("SWHardeningNeeded")->tcb;
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_SW_HARDENING_NEEDED);
	s.part[PART_QE_SIGNATURE].data[40] ^= 1;
	expect_invalid(&s, DCI_QE_REPORT_SIGNATURE_INVALID);
	assert_ptr_equal(
	    dci_checks_failed(&v.checks), &v.checks.item[v.checks.n - 1]);
	/* Expiry counts with every status, not only with UpToDate. */
	scene_quote(&s, 3);
	s.now = spec.tcb_info.to + 1;
	judge(&s, NULL);
	assert_int_equal(v.status, DCI_STATUS_INVALID);
	judge(&s, &all);
	expect_verdict(DCI_STATUS_SW_HARDENING_NEEDED, DCI_OK);
	assert_int_equal(v.expired_by, 1);
}

static void
debug_is_said(void **state)
{
	(void)state;
	spec.tamper.debug = true;
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	assert_true(v.debug);
}

static void
header_before_signatures(void **state)
{
	static const struct {
		uint16_t version;
		size_t at;
		uint8_t value;
		enum dci_code code;
	} cases[] = {
	    {3, 0, 2, DCI_QUOTE_VERSION_UNSUPPORTED},
	    {3, 0, 6, DCI_QUOTE_VERSION_UNSUPPORTED},
	    {3, 2, 3, DCI_QUOTE_KEY_TYPE_UNSUPPORTED},
	    {3, 4, 0x81, DCI_QUOTE_TEE_UNSUPPORTED},
	    {4, 4, 0x81, DCI_TDX_NOT_SUPPORTED},
	    {5, 4, 0x81, DCI_TDX_NOT_SUPPORTED},
	    {5, 48, 2, DCI_QUOTE_BODY_MISMATCH},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		scene_quote(&s, cases[i].version);
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.part[PART_SIGNED].data[cases[i].at] = cases[i].value;
		body_sign(&s);
		expect_invalid(&s, cases[i].code);
		assert_int_equal(v.checks.n, 1);
		assert_false(v.parsed);
	}
}

static void
status_is_handed_on(void **state)
{
	(void)state;
	for (enum dci_status i = DCI_STATUS_UP_TO_DATE;
	     i <= DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED; i++) {
		spec.tcb = sim_tcb_level_of(dci_status_name(i))->tcb;
		scene_vary(&s, &spec);
		expect(&s, i);
		assert_int_equal(v.platform_status, i);
		assert_int_equal(v.tcb_status, i);
	}
}

static void
keys_inside_of_the_quote(void **state)
{
	EVP_PKEY *own = ec_generate(CURVE_P256);
	struct ec_point point;

	(void)state;
	/* An attestation key of the attacker's, everything else genuine. */
	assert_true(ec_export(&point, own));
	put(&s.part[PART_KEY], point.data + 1, 64);
	part_sign(&s, PART_SIGNED, PART_SIGNATURE, own);
	expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
	/* A QE report that vouches for it, signed by the same. */
	qe_vouch(&s, own);
	expect_invalid(&s, DCI_QE_REPORT_SIGNATURE_INVALID);
	/* And a whole PKI of the same names. */
	spec.tamper.foreign_root = true;
	scene_vary(&s, &spec);
	expect_invalid(&s, DCI_PCK_ROOT_UNTRUSTED);
	EVP_PKEY_free(own);
}

static void
crl_as(struct writer *w, const struct writer *der, bool hex, bool upper)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const uint8_t *p = der->data;
	char *text;

	put(w, "", 0);
	for (size_t i = 0; hex && i < der->n; i++)
		writer_printf(w, upper ? "%02X" : "%02x", der->data[i]);
	if (!hex) {
		X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der->n);
		assert_true(PEM_write_bio_X509_CRL(bio, crl));
		X509_CRL_free(crl);
		long n = BIO_get_mem_data(bio, &text);
		put(w, text, (size_t)n);
	}
	BIO_free(bio);
}

static void
crl_in_every_form(void **state)
{
	static const enum dci_document docs[] = {
	    DCI_DOC_ROOT_CA_CRL, DCI_DOC_PCK_CRL};

	(void)state;
	spec.revoked_pck = true;
	for (int revoked = 0; revoked < 2; revoked++) {
		for (unsigned form = 0; form < 3; form++) {
			for (size_t d = 0; d < 2; d++) {
				struct writer der = s.doc[docs[d]];

				s.doc[docs[d]] = writer_new(LIMIT_COLLATERAL);
				crl_as(
				    &s.doc[docs[d]], &der, form > 0, form == 2);
				writer_free(&der);
			}
			if (revoked)
				expect_revoked(&s, DCI_PCK_REVOKED);
			else
				expect(&s, DCI_STATUS_UP_TO_DATE);
			scene_collateral(&s);
		}
		scene_vary(&s, &spec);
	}
}

static void
nested_json_before_authentication(void **state)
{
	static const char *const opens[] = {"[", "{\"a\":"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct writer *w = &s.doc[DCI_DOC_TCB_INFO];

		put(w, "", 0);
		writer_text(w, "{\"tcbInfo\":{\"id\":");
		for (unsigned n = 0; n < 150000; n++)
			writer_text(w, opens[i]);
		expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
	}
}

static void
module_of_tdx_in_sgx(void **state)
{
	(void)state;
	doc_edit(&s, DCI_DOC_TCB_INFO, "\"id\":\"SGX\"",
	    "\"id\":\"SGX\",\"tdxModuleIdentities\":[]");
	expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
	/* Without a module a TCB info of TDX is malformed, not a crash. */
	scene_collateral(&s);
	doc_edit(&s, DCI_DOC_TCB_INFO, "\"id\":\"SGX\"", "\"id\":\"TDX\"");
	expect_invalid(&s, DCI_TCB_INFO_MALFORMED);
}

static void
local_time_zone(void **state)
{
	static const char *const zones[] = {
	    "UTC", "America/New_York", "Asia/Kolkata", "XXX-13", "YYY+11"};

	(void)state;
	for (size_t i = 0; i < COUNT(zones); i++) {
		setenv("TZ", zones[i], 1);
		tzset();
		scene_collateral(&s);
		s.now = spec.tcb_info.to;
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.now = spec.tcb_info.to + 1;
		judge(&s, NULL);
		assert_int_equal(v.status, DCI_STATUS_INVALID);
		s.now = spec.tcb_info.from;
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.now = spec.tcb_info.from - 1;
		judge(&s, NULL);
		assert_int_equal(v.status, DCI_STATUS_INVALID);
	}
	unsetenv("TZ");
	tzset();
}

#define FLAW(text, fn)                                  \
	{                                               \
		"flaw " text, fn, setup, teardown, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FLAW("14: evaluation number", evaluation_number_can_be_demanded),
	    FLAW("16: root CRL", root_crl_matters),
	    FLAW("17: no CRL at all", no_crl_at_all),
	    FLAW("18: missing SGX extension", no_sgx_extension),
	    FLAW("19: a failure ends it, expiry counts", a_failure_ends_it),
	    FLAW("20: debug is said", debug_is_said),
	    FLAW("21: header before signatures", header_before_signatures),
	    FLAW("22: status is handed on", status_is_handed_on),
	    FLAW("23: keys inside of the quote", keys_inside_of_the_quote),
	    FLAW("24: CRL as DER, PEM and hex", crl_in_every_form),
	    FLAW("25: nested JSON", nested_json_before_authentication),
	    FLAW("25: TDX module in SGX TCB info", module_of_tdx_in_sgx),
	    FLAW("26: local time zone", local_time_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
