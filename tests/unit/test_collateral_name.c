/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of documents: what is shared has one name. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "collateral/fetch.h"

static const struct dci_platform_id sgx = {
    .tee = DCI_TEE_SGX,
    .fmspc = {0x00, 0x90, 0x6e, 0xd5},
    .platform_ca = true,
};
static const struct dci_platform_id tdx = {
    .tee = DCI_TEE_TDX,
    .fmspc = {0x90, 0xc0, 0x6f},
};

static bool
same(enum fetch_item item, const struct dci_platform_id *a,
    const struct dci_platform_id *b)
{
	struct fetch_name x = fetch_name_of(item, a, UPDATE_STANDARD);
	struct fetch_name y = fetch_name_of(item, b, UPDATE_STANDARD);

	return memcmp(&x, &y, sizeof(x)) == 0;
}

static void
what_a_document_does_not_go_by_is_not_in_its_name(void **state)
{
	struct dci_platform_id other = sgx, processor = sgx;

	(void)state;
	other.fmspc[5] = 1;
	processor.platform_ca = false;
	assert_false(same(FETCH_TCB_INFO, &sgx, &other));
	assert_true(same(FETCH_TCB_INFO, &sgx, &processor));
	assert_true(same(FETCH_QE_IDENTITY, &sgx, &other));
	assert_false(same(FETCH_QE_IDENTITY, &sgx, &tdx));
	assert_true(same(FETCH_PCK_CRL, &processor, &tdx));
	assert_false(same(FETCH_PCK_CRL, &sgx, &processor));
	assert_true(same(FETCH_ROOT_CRL, &sgx, &tdx));
}

static void
assert_text(const char *expected, enum fetch_item item,
    const struct dci_platform_id *platform, enum source_update update)
{
	struct fetch_name name = fetch_name_of(item, platform, update);
	char text[64];

	fetch_name_text(text, sizeof(text), &name);
	assert_string_equal(text, expected);
}

static void
names_for_people(void **state)
{
	(void)state;
	assert_text("TCB info of SGX platform 00906ED50000", FETCH_TCB_INFO,
	    &sgx, UPDATE_STANDARD);
	assert_text("early TCB info of TDX platform 90C06F000000",
	    FETCH_TCB_INFO, &tdx, UPDATE_EARLY);
	assert_text("QE identity", FETCH_QE_IDENTITY, &sgx, UPDATE_STANDARD);
	assert_text(
	    "early TD QE identity", FETCH_QE_IDENTITY, &tdx, UPDATE_EARLY);
	assert_text(
	    "PCK CRL of the platform CA", FETCH_PCK_CRL, &sgx, UPDATE_EARLY);
	assert_text("PCK CRL of the processor CA", FETCH_PCK_CRL, &tdx,
	    UPDATE_STANDARD);
	assert_text("root CA CRL", FETCH_ROOT_CRL, &sgx, UPDATE_EARLY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_document_does_not_go_by_is_not_in_its_name),
	    cmocka_unit_test(names_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
