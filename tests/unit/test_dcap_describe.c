/* SPDX-License-Identifier: BSD-3-Clause */
/* What the documents of a snapshot say of themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "dcap_pki.h"

#define ISSUED 1735689600 /* 2025-01-01 */
#define UNTIL  1893456000 /* 2030-01-01 */

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

static struct dci_described
describe(const struct wishes *wish, enum dci_document document)
{
	struct dci_described out;
	struct world world;

	world_make(&world, wish);
	dci_snapshot_describe(&out, world.snapshot, document);
	world_free(&world);
	return out;
}

static void
documents_say_what_they_are(void **state)
{
	struct wishes wish = sound;

	(void)state;
	struct dci_described d = describe(&wish, DCI_DOC_TCB_INFO);
	assert_int_equal(d.failure.code, DCI_OK);
	assert_int_equal(d.dates.issued, ISSUED);
	assert_int_equal(d.dates.next_update, UNTIL);
	assert_int_equal(d.evaluation, 17);
	assert_int_equal(d.tee, DCI_TEE_SGX);
	assert_memory_equal(d.fmspc, "\x00\x90\x6e\xa1\x00\x00", 6);
	d = describe(&wish, DCI_DOC_QE_IDENTITY);
	assert_int_equal(d.evaluation, 18);
	assert_int_equal(d.tee, DCI_TEE_SGX);
	wish.qe_id = "TD_QE";
	d = describe(&wish, DCI_DOC_QE_IDENTITY);
	assert_int_equal(d.failure.code, DCI_OK);
	assert_int_equal(d.tee, DCI_TEE_TDX);
	d = describe(&wish, DCI_DOC_PCK_CRL);
	assert_int_equal(d.dates.next_update, UNTIL);
	assert_true(d.platform_ca);
	wish.processor = true;
	assert_false(describe(&wish, DCI_DOC_PCK_CRL).platform_ca);
	d = describe(&wish, DCI_DOC_ROOT_CA_CRL);
	assert_int_equal(d.failure.code, DCI_OK);
	assert_int_equal(d.dates.issued, ISSUED);
}

static void
identity_of_no_quoting_enclave_is_wrong(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.qe_id = "QVE";
	assert_int_equal(describe(&wish, DCI_DOC_QE_IDENTITY).failure.code,
	    DCI_QE_IDENTITY_MISMATCH);
}

static void
chain_that_ends_earlier_counts(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.not_after[SIGNER] = "20280101000000Z";
	struct dci_described d = describe(&wish, DCI_DOC_TCB_INFO);
	assert_int_equal(d.dates.next_update, UNTIL);
	assert_int_equal(d.valid.next_update, 1830297600);
	assert_int_equal(d.valid.issued, ISSUED);
	wish.not_after[CA] = "20270101000000Z";
	d = describe(&wish, DCI_DOC_PCK_CRL);
	assert_int_equal(d.valid.next_update, 1798761600);
	d = describe(&wish, DCI_DOC_ROOT_CA_CRL);
	assert_int_equal(d.valid.next_update, UNTIL);
}

static void
each_document_is_described_apart(void **state)
{
	struct wishes wish = sound;

	(void)state;
	wish.crl_by_other = true;
	assert_int_equal(describe(&wish, DCI_DOC_ROOT_CA_CRL).failure.code,
	    DCI_ROOT_CRL_SIGNATURE_INVALID);
	assert_int_equal(describe(&wish, DCI_DOC_PCK_CRL).failure.code,
	    DCI_PCK_CRL_SIGNATURE_INVALID);
	assert_int_equal(
	    describe(&wish, DCI_DOC_TCB_INFO).failure.code, DCI_OK);
	wish = sound;
	wish.revoked[SIGNER] = true;
	assert_int_equal(describe(&wish, DCI_DOC_TCB_INFO).failure.code,
	    DCI_TCB_SIGNER_REVOKED);
	assert_int_equal(describe(&wish, DCI_DOC_PCK_CRL).failure.code, DCI_OK);
}

static void
crl_numbers(void **state)
{
	static const struct {
		const char *der, *number; /* NULL: malformed */
	} all[] = {
	    {"020101", "01"},
	    {"020100", ""},
	    {"02020080", "80"},
	    {"0203010000", "010000"},
	    {"0214"
	     "7fffffffffffffffffffffffffffffffffffffff",
		"7fffffffffffffffffffffffffffffffffffffff"},
	    {"0215"
	     "00ffffffffffffffffffffffffffffffffffffffff",
		"ffffffffffffffffffffffffffffffffffffffff"},
	    {"0215"
	     "01ffffffffffffffffffffffffffffffffffffffff",
		NULL},
	    {"0201ff", NULL},
	    {"02020001", NULL},
	    {"02010100", NULL},
	    {"0200", NULL},
	    {"0500", NULL},
	};
	struct wishes wish = sound;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char hex[2 * DCI_CRL_NUMBER_MAX + 1];

		wish.crl_number = all[i].der;
		struct dci_described d = describe(&wish, DCI_DOC_PCK_CRL);
		if (all[i].number == NULL) {
			assert_int_equal(d.failure.code, DCI_PCK_CRL_MALFORMED);
			continue;
		}
		assert_int_equal(d.failure.code, DCI_OK);
		hex_encode(hex, d.crl_number, d.crl_number_size);
		assert_string_equal(hex, all[i].number);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(documents_say_what_they_are),
	    cmocka_unit_test(identity_of_no_quoting_enclave_is_wrong),
	    cmocka_unit_test(chain_that_ends_earlier_counts),
	    cmocka_unit_test(each_document_is_described_apart),
	    cmocka_unit_test(crl_numbers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
