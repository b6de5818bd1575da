/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole verifications in a world of our own: everything that genuine vectors
 * do not have, above all what is revoked and what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/err.h>

#include "tests/unit/dcap_pki.h"

static struct dci_verification v;

static void
verify_at(const struct wishes *wish, int64_t now,
    const struct dci_tolerance *tolerance)
{
	struct world world;

	world_make(&world, wish);
	dci_verify_quote(&v, world.quote.data, world.quote.n, world.snapshot,
	    now, tolerance, NULL);
	world_free(&world);
}

static void
expect(const struct wishes *wish, enum dci_status status, enum dci_code code)
{
	verify_at(wish, WORLD_NOW, NULL);
	if (v.failure.code != code)
		print_error("%s: %s\n", dci_code_name(v.failure.code),
		    v.failure.sentence);
	assert_int_equal(v.failure.code, code);
	assert_int_equal(v.status, status);
	/* Left-over errors would confuse SSL_get_error(). */
	assert_int_equal(ERR_peek_error(), 0);
	const struct dci_check *failed = dci_checks_failed(&v.checks);
	if (code == DCI_OK)
		assert_null(failed);
	else
		assert_non_null(failed);
}

static void
expect_flaw(enum who who, enum flaw flaw, enum dci_code code)
{
	struct wishes wish = sound;

	wish.flawed = who;
	wish.flaw = flaw;
	expect(&wish, DCI_STATUS_INVALID, code);
}

static void
a_sound_quote_of_each_version_is_up_to_date(void **state)
{
	struct wishes wish = sound;

	(void)state;
	for (wish.version = 3; wish.version <= 5; wish.version++) {
		expect(&wish, DCI_STATUS_UP_TO_DATE, DCI_OK);
		assert_true(v.parsed && v.has_platform && v.has_tcb &&
			    v.has_dates && v.platform_ca &&
			    v.has_configuration);
		assert_true(v.smt_enabled);
		assert_false(v.debug);
		assert_int_equal(v.fmspc[1], 0x90);
		assert_int_equal(v.pce_svn, 5);
		assert_int_equal(v.tcb_evaluation, 17);
		assert_int_equal(v.qe_evaluation, 18);
		assert_int_equal(v.shortfalls, 0);
		assert_int_equal(v.platform_advisories.n, 1);
		assert_string_equal(
		    v.earliest_what, "root CA's revocation list");
	}
}

static void
debug_is_reported_and_no_reason_to_refuse(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.debug = true;
	expect(&wish, DCI_STATUS_UP_TO_DATE, DCI_OK);
	assert_true(v.debug);
}

static void
revoked_certificates_make_the_quote_revoked(void **state)
{
	static const enum dci_code codes[WHO] = {
	    [CA] = DCI_PCK_INTERMEDIATE_REVOKED,
	    [PCK] = DCI_PCK_REVOKED,
	    [SIGNER] = DCI_TCB_SIGNER_REVOKED,
	};

	(void)state;
	for (enum who who = CA; who < WHO; who++) {
		struct wishes wish = sound;

		wish.revoked[who] = true;
		expect(&wish, DCI_STATUS_REVOKED, codes[who]);
	}
}

static void
revoked_levels_make_the_quote_revoked(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.tcb_status = "Revoked";
	expect(&wish, DCI_STATUS_REVOKED, DCI_TCB_REVOKED);
	assert_true(v.has_tcb);
	wish = sound;
	wish.qe_status = "Revoked";
	expect(&wish, DCI_STATUS_REVOKED, DCI_QE_REVOKED);
}

static void
revocation_outranks_an_expiry_found_before(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.crl_next_update = "20250601000000Z";
	expect(&wish, DCI_STATUS_INVALID, DCI_ROOT_CRL_EXPIRED);
	assert_true(v.has_tcb);
	wish.tcb_status = "Revoked";
	expect(&wish, DCI_STATUS_REVOKED, DCI_TCB_REVOKED);
	wish.tcb_status = "UpToDate";
	wish.revoked[SIGNER] = true;
	expect(&wish, DCI_STATUS_REVOKED, DCI_TCB_SIGNER_REVOKED);
	/* Found in a list that has expired. */
	wish.revoked[SIGNER] = false;
	wish.revoked[PCK] = true;
	expect(&wish, DCI_STATUS_REVOKED, DCI_PCK_REVOKED);
}

static void
other_failures_leave_the_expiry_as_the_reason(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.crl_next_update = "20250601000000Z";
	wish.fmspc = "000000000000";
	expect(&wish, DCI_STATUS_INVALID, DCI_ROOT_CRL_EXPIRED);
	assert_false(v.has_tcb);
	wish.crl_next_update = sound.crl_next_update;
	expect(&wish, DCI_STATUS_INVALID, DCI_TCB_INFO_MISMATCH);
}

static void
expiry_is_tolerated_as_far_as_asked(void **state)
{
	struct dci_tolerance t = {.grace = 100};
	struct wishes wish = sound;
	int64_t end;

	(void)state;
	wish.tcb_next_update = "2025-06-01T00:00:00Z";
	assert_true(rfc3339_decode(&end, wish.tcb_next_update, 20));
	verify_at(&wish, end, NULL);
	assert_int_equal(v.status, DCI_STATUS_UP_TO_DATE);
	assert_int_equal(v.expired_by, 0);
	assert_int_equal(v.earliest_next_update, end);
	assert_string_equal(v.earliest_what, "TCB info");
	verify_at(&wish, end + 1, NULL);
	assert_int_equal(v.failure.code, DCI_TCB_INFO_EXPIRED);
	verify_at(&wish, end + 100, &t);
	assert_int_equal(v.status, DCI_STATUS_UP_TO_DATE);
	assert_int_equal(v.failure.code, DCI_OK);
	assert_int_equal(v.expired_by, 100);
	verify_at(&wish, end + 101, &t);
	assert_int_equal(v.failure.code, DCI_TCB_INFO_EXPIRED);
	t.grace = DCI_UNLIMITED;
	verify_at(&wish, INT64_MAX, &t);
	assert_int_equal(v.status, DCI_STATUS_UP_TO_DATE);
	verify_at(&wish, 0, &t);
	assert_int_equal(v.failure.code, DCI_PCK_CHAIN_NOT_YET_VALID);
}

static void
each_expired_certificate_is_found(void **state)
{
	static const enum dci_code codes[WHO] = {
	    [ROOT] = DCI_PCK_CHAIN_EXPIRED,
	    [CA] = DCI_PCK_CHAIN_EXPIRED,
	    [PCK] = DCI_PCK_CHAIN_EXPIRED,
	    [SIGNER] = DCI_TCB_INFO_CHAIN_EXPIRED,
	};

	(void)state;
	for (enum who who = ROOT; who < WHO; who++) {
		struct wishes wish = sound;

		wish.not_after[who] = "20250601000000Z";
		expect(&wish, DCI_STATUS_INVALID, codes[who]);
	}
}

static void
levels_converge(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.tcb_status = "ConfigurationNeeded";
	expect(&wish, DCI_STATUS_CONFIGURATION_NEEDED, DCI_OK);
	wish.qe_status = "OutOfDate";
	expect(&wish, DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED, DCI_OK);
	assert_int_equal(v.platform_status, DCI_STATUS_CONFIGURATION_NEEDED);
	assert_int_equal(v.qe_status, DCI_STATUS_OUT_OF_DATE);
}

static void
unlisted_levels_are_not_supported(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.tcb_svn = 6;
	expect(&wish, DCI_STATUS_INVALID, DCI_TCB_NOT_SUPPORTED);
	assert_int_equal(v.shortfalls, 17);
	wish = sound;
	wish.qe_svn = 6;
	expect(&wish, DCI_STATUS_INVALID, DCI_QE_NOT_SUPPORTED);
	wish.tcb_status = "Revoked";
	expect(&wish, DCI_STATUS_REVOKED, DCI_TCB_REVOKED);
}

static void
evaluation_number_of_both_documents_counts(void **state)
{
	struct dci_tolerance t = {.min_tcb_evaluation = 17};

	(void)state;
	verify_at(&sound, WORLD_NOW, &t);
	assert_int_equal(v.status, DCI_STATUS_UP_TO_DATE);
	t.min_tcb_evaluation = 18;
	verify_at(&sound, WORLD_NOW, &t);
	assert_int_equal(v.failure.code, DCI_TCB_EVALUATION_TOO_LOW);
}

static void
the_quoting_enclave_is_checked(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.qe_id = "QVE";
	expect(&wish, DCI_STATUS_INVALID, DCI_QE_IDENTITY_MISMATCH);
	wish = sound;
	wish.qe_debug = true;
	expect(&wish, DCI_STATUS_INVALID, DCI_QE_REPORT_MISMATCH);
	wish = sound;
	wish.qe_report_tail = true;
	expect(&wish, DCI_STATUS_INVALID, DCI_QE_REPORT_DATA_MISMATCH);
}

static void
revocation_lists_must_be_plain(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.crl_delta = true;
	expect(&wish, DCI_STATUS_INVALID, DCI_ROOT_CRL_MALFORMED);
	wish = sound;
	wish.crl_no_number = true;
	expect(&wish, DCI_STATUS_INVALID, DCI_ROOT_CRL_MALFORMED);
	wish = sound;
	wish.crl_by_other = true;
	expect(&wish, DCI_STATUS_INVALID, DCI_ROOT_CRL_SIGNATURE_INVALID);
}

static void
certificates_out_of_form_are_refused(void **state)
{
	static const enum flaw malformed[] = {VERSION_1, DUPLICATE_EXTENSION,
	    ALGORITHM_INSIDE_DIFFERS, TRAILING_BYTE};
	static const enum flaw unacceptable[] = {NO_KEY_USAGE,
	    NO_BASIC_CONSTRAINTS, NO_SUBJECT_KEY_ID, NO_AUTHORITY_KEY_ID,
	    NO_DISTRIBUTION_POINTS, CRITICAL_UNKNOWN, CA_FLIPPED, USAGE_WRONG,
	    WRONG_NAME};

	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		for (enum who who = ROOT; who <= PCK; who++)
			expect_flaw(who, malformed[i], DCI_PCK_CHAIN_MALFORMED);
		expect_flaw(SIGNER, malformed[i], DCI_TCB_INFO_CHAIN_MALFORMED);
	}
	for (size_t i = 0; i < sizeof(unacceptable) / sizeof(enum flaw); i++) {
		for (enum who who = ROOT; who <= PCK; who++)
			expect_flaw(
			    who, unacceptable[i], DCI_PCK_CHAIN_UNACCEPTABLE);
		expect_flaw(
		    SIGNER, unacceptable[i], DCI_TCB_INFO_CHAIN_UNACCEPTABLE);
	}
	expect_flaw(ROOT, PATH_TOO_SHORT, DCI_PCK_CHAIN_UNACCEPTABLE);
}

static void
forged_signatures_are_refused(void **state)
{
	(void)state;
	for (enum who who = ROOT; who <= PCK; who++)
		expect_flaw(who, WRONG_SIGNER, DCI_PCK_CHAIN_SIGNATURE_INVALID);
	expect_flaw(SIGNER, WRONG_SIGNER, DCI_TCB_INFO_CHAIN_SIGNATURE_INVALID);
	expect_flaw(ROOT, KEY_OFF_CURVE, DCI_PCK_ROOT_UNTRUSTED);
	expect_flaw(CA, KEY_OFF_CURVE, DCI_PCK_CHAIN_SIGNATURE_INVALID);
	expect_flaw(PCK, KEY_OFF_CURVE, DCI_PCK_CHAIN_SIGNATURE_INVALID);
}

static void
sgx_extension_is_exact(void **state)
{
	(void)state;
	for (enum flaw flaw = SGX_MISSING; flaw <= SGX_TRAILING; flaw++)
		expect_flaw(PCK, flaw, DCI_PCK_EXTENSION_MALFORMED);
	/* A Processor CA's certificate must not have the configuration. */
	struct wishes wish = sound;
	wish.processor = true;
	expect(&wish, DCI_STATUS_INVALID, DCI_PCK_EXTENSION_MALFORMED);
	wish.flawed = PCK;
	wish.flaw = SGX_NO_CONFIGURATION;
	expect(&wish, DCI_STATUS_UP_TO_DATE, DCI_OK);
	assert_false(v.platform_ca || v.has_configuration);
}

static void
a_quote_names_its_platform(void **state)
{
	struct world world;
	struct dci_platform_id id;
	struct dci_failure f;
	uint8_t fmspc[6];
	enum dci_tee tee;

	(void)state;
	world_make(&world, &sound);
	assert_int_equal(dci_quote_platform(&id, world.quote.data,
			     world.quote.n, &world.anchor, &f),
	    0);
	assert_true(id.platform_ca);
	assert_true(dci_snapshot_scope(world.snapshot, &tee, fmspc));
	assert_memory_equal(id.fmspc, fmspc, 6);
	assert_int_equal(dci_snapshot_check(world.snapshot, &f), 0);
	assert_int_equal(dci_quote_platform(&id, world.quote.data,
			     world.quote.n, &dci_anchor_intel, &f),
	    -1);
	assert_int_equal(f.code, DCI_PCK_ROOT_UNTRUSTED);
	world_free(&world);
}

static void
an_anchor_is_one_self_signed_certificate(void **state)
{
	struct writer root = W(), two = W(), leaf = W();
	struct dci_anchor anchor;
	struct dci_failure f;

	(void)state;
	put_pem(&root, ROOT, &sound);
	put_pem(&two, ROOT, &sound);
	put_pem(&two, ROOT, &sound);
	put_pem(&leaf, CA, &sound);
	assert_int_equal(
	    dci_anchor_from_pem(&anchor, root.data, root.n, &f), 0);
	assert_int_equal(dci_anchor_from_pem(&anchor, two.data, two.n, &f), -1);
	assert_int_equal(f.code, DCI_ROOT_MALFORMED);
	assert_int_equal(
	    dci_anchor_from_pem(&anchor, leaf.data, leaf.n, &f), -1);
	assert_int_equal(
	    dci_anchor_from_pem(&anchor, root.data, root.n - 2, &f), -1);
	assert_int_equal(dci_anchor_from_pem(&anchor, NULL, 0, &f), -1);
	assert_int_equal(f.code, DCI_ROOT_MALFORMED);
	writer_free(&root);
	writer_free(&two);
	writer_free(&leaf);
}

static int
setup(void **state)
{
	(void)state;
	keys_make();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	keys_free();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_sound_quote_of_each_version_is_up_to_date),
	    cmocka_unit_test(debug_is_reported_and_no_reason_to_refuse),
	    cmocka_unit_test(revoked_certificates_make_the_quote_revoked),
	    cmocka_unit_test(revoked_levels_make_the_quote_revoked),
	    cmocka_unit_test(revocation_outranks_an_expiry_found_before),
	    cmocka_unit_test(other_failures_leave_the_expiry_as_the_reason),
	    cmocka_unit_test(expiry_is_tolerated_as_far_as_asked),
	    cmocka_unit_test(each_expired_certificate_is_found),
	    cmocka_unit_test(levels_converge),
	    cmocka_unit_test(unlisted_levels_are_not_supported),
	    cmocka_unit_test(evaluation_number_of_both_documents_counts),
	    cmocka_unit_test(the_quoting_enclave_is_checked),
	    cmocka_unit_test(revocation_lists_must_be_plain),
	    cmocka_unit_test(certificates_out_of_form_are_refused),
	    cmocka_unit_test(forged_signatures_are_refused),
	    cmocka_unit_test(sgx_extension_is_exact),
	    cmocka_unit_test(a_quote_names_its_platform),
	    cmocka_unit_test(an_anchor_is_one_self_signed_certificate),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
