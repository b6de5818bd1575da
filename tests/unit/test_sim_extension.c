/* SPDX-License-Identifier: BSD-3-Clause */
/* The SGX extension of the simulated PCK certificate, byte by byte. */
#include "sim_check.h"

#include "sim/pki.h"

static struct bytes
extension_of(X509 *leaf)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);
	int at = X509_get_ext_by_OBJ(leaf, oid, -1);

	ASN1_OBJECT_free(oid);
	assert_true(at >= 0);
	const ASN1_OCTET_STRING *s =
	    X509_EXTENSION_get_data(X509_get_ext(leaf, at));
	return (struct bytes){
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

/* The value of the entry 1.2.840.113741.1.13.1.SUFFIX: what follows its OID
 * up to the given number of bytes. */
static void
assert_entry(struct bytes extension, const char *suffix, size_t suffix_n,
    const char *value, size_t n)
{
	uint8_t oid[32] = {0x06, (uint8_t)(9 + suffix_n), 0x2a, 0x86, 0x48,
	    0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

	memcpy(oid + 11, suffix, suffix_n);
	const uint8_t *at =
	    memmem(extension.p, extension.n, oid, 11 + suffix_n);
	assert_non_null(at);
	at += 11 + suffix_n;
	assert_true((size_t)(extension.p + extension.n - at) >= n);
	assert_memory_equal(at, value, n);
}

#define ENTRY(e, suffix, value) \
	assert_entry(e, suffix, sizeof(suffix) - 1, value, sizeof(value) - 1)

static X509 *
leaf_of(const struct sim_spec *spec)
{
	struct sim_pki pki = {0};

	assert_true(pki_keys(&pki));
	assert_true(pki_certificates(&pki, spec));
	X509 *leaf = pki.certificate[SIM_KEY_PCK];
	assert_true(X509_up_ref(leaf));
	pki_free(&pki);
	return leaf;
}

static void
entries_have_intels_types(void **state)
{
	struct sim_spec spec;

	(void)state;
	sim_spec_default(&spec, TEST_TIME);
	X509 *leaf CLEANUP(cleanup_x509) = leaf_of(&spec);
	struct bytes e = extension_of(leaf);

	ENTRY(e, "\x01", "\x04\x10");
	ENTRY(e, "\x02\x01", "\x02\x01\x0c");
	ENTRY(e, "\x02\x05", "\x02\x02\x00\xff");
	ENTRY(e, "\x02\x10", "\x02\x01\x00");
	ENTRY(e, "\x02\x11", "\x02\x01\x0d");
	ENTRY(e, "\x02\x12", "\x04\x10\x0c\x0c\x03\x03\xff\xff\x01\x00");
	ENTRY(e, "\x03", "\x04\x02\x00\x00");
	ENTRY(e, "\x04", "\x04\x06SIM\x00\x00\x01");
	ENTRY(e, "\x05", "\x0a\x01\x01");
	ENTRY(e, "\x06", "\x04\x10");
	ENTRY(e, "\x07\x01", "\x01\x01\xff");
	ENTRY(e, "\x07\x02", "\x01\x01\x00");
	ENTRY(e, "\x07\x03", "\x01\x01\xff");
}

static void
processor_ca_leaf_has_five_entries(void **state)
{
	static const uint8_t platform_instance[] = {0x06, 0x0a, 0x2a, 0x86,
	    0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, 0x06};
	struct sim_spec spec;
	char issuer[256];

	(void)state;
	sim_spec_default(&spec, TEST_TIME);
	spec.processor_ca = true;
	X509 *leaf CLEANUP(cleanup_x509) = leaf_of(&spec);
	struct bytes e = extension_of(leaf);
	assert_null(
	    memmem(e.p, e.n, platform_instance, sizeof(platform_instance)));
	X509_NAME_oneline(X509_get_issuer_name(leaf), issuer, sizeof(issuer));
	assert_non_null(strstr(issuer, "SGX PCK Processor CA"));
}

static void
two_platforms_differ(void **state)
{
	struct sim_spec spec;

	(void)state;
	sim_spec_default(&spec, TEST_TIME);
	X509 *a CLEANUP(cleanup_x509) = leaf_of(&spec);
	X509 *b CLEANUP(cleanup_x509) = leaf_of(&spec);
	assert_false(bytes_equal(extension_of(a), extension_of(b)));
	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(a),
				 X509_get0_serialNumber(b)),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(entries_have_intels_types),
	    cmocka_unit_test(processor_ca_leaf_has_five_entries),
	    cmocka_unit_test(two_platforms_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
