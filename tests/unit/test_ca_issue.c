/* SPDX-License-Identifier: BSD-3-Clause */
#include "ca_fixture.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "ca/profile.h"

static struct fixture x;
static struct ca *ca;

static int
set_up(void **state)
{
	struct dci_failure f = {0};

	(void)state;
	fixture_make(&x, false, NOW);
	ca = fixture_open(&x, NOW, &f);
	if (ca == NULL)
		fail_msg("%s", f.sentence);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	ca_close(ca);
	fixture_free(&x);
	return 0;
}

static X509 *
decode(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *cert = d2i_X509(NULL, &p, (long)der.n);

	assert_non_null(cert);
	assert_ptr_equal(p, der.p + der.n);
	return cert;
}

static X509 *
issue(const struct ca_leaf *leaf, struct ca_certificate *out)
{
	struct dci_failure f = {0};

	if (ca_issue(ca, leaf, NOW, out, &f) != 0)
		fail_msg("%s", f.sentence);
	return decode((struct bytes){out->der, out->n});
}

static int64_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

/* --- the certificate --- */

static void
has_serial_validity_names_and_key(void **state)
{
	(void)state;
	struct ca_certificate out, again;
	X509 *issuing = decode(ca_issuing_der(ca));

	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		struct ca_leaf leaf = leaf_example(c);
		X509 *cert = issue(&leaf, &out);
		const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
		struct ec_point point;

		assert_int_equal(X509_get_version(cert), X509_VERSION_3);
		assert_int_equal(ASN1_STRING_length(serial), 16);
		assert_memory_equal(
		    ASN1_STRING_get0_data(serial), out.serial, 16);
		assert_true(out.serial[0] >= 1 && out.serial[0] <= 0x7f);
		assert_int_equal(out.not_before, NOW - 300);
		assert_int_equal(out.not_after, NOW + 24 * 3600);
		assert_int_equal(
		    seconds(X509_get0_notBefore(cert)), out.not_before);
		assert_int_equal(
		    seconds(X509_get0_notAfter(cert)), out.not_after);
		assert_int_equal(X509_NAME_cmp(X509_get_issuer_name(cert),
				     X509_get_subject_name(issuing)),
		    0);
		assert_int_equal(
		    X509_NAME_entry_count(X509_get_subject_name(cert)), 1);
		assert_int_equal(
		    X509_verify(cert, X509_get0_pubkey(issuing)), 1);
		assert_int_equal(
		    X509_get_signature_nid(cert), NID_ecdsa_with_SHA256);
		assert_true(ec_export(&point, X509_get0_pubkey(cert)));
		assert_int_equal(point.curve, c);
		assert_memory_equal(point.data, leaf.key.data, point.n);
		X509_free(cert);
		X509_free(issue(&leaf, &again));
		assert_memory_not_equal(out.serial, again.serial, 16);
	}
	X509_free(issuing);
}

static void
has_the_extensions_of_the_profile_in_order(void **state)
{
	(void)state;
	static const struct {
		const char *oid;
		int critical;
	} expected[] = {{"2.5.29.15", 1}, {"2.5.29.37", 0}, {"2.5.29.14", 0},
	    {"2.5.29.35", 0}, {"2.5.29.17", 0}, {"2.5.29.32", 0},
	    {"2.23.133.5.4.5", 0}, {"1.3.6.1.4.1.32473.3.1", 0}};
	struct ca_certificate out;
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	X509 *cert = issue(&leaf, &out);

	assert_int_equal(X509_get_ext_count(cert), 8);
	for (int i = 0; i < 8; i++) {
		X509_EXTENSION *e = X509_get_ext(cert, i);
		char oid[64];

		OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(e), 1);
		assert_string_equal(oid, expected[i].oid);
		assert_int_equal(
		    X509_EXTENSION_get_critical(e), expected[i].critical);
	}
	X509_free(cert);
}

static void
san_is_the_measurement(void **state)
{
	(void)state;
	struct ca_certificate out;
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	X509 *cert = issue(&leaf, &out);
	GENERAL_NAMES *list =
	    X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	int type;

	assert_int_equal(sk_GENERAL_NAME_num(list), 1);
	const ASN1_STRING *uri =
	    GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list, 0), &type);
	assert_int_equal(type, GEN_URI);
	assert_string_equal((const char *)ASN1_STRING_get0_data(uri),
	    "urn:dci:sgx:000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f");
	GENERAL_NAMES_free(list);
	X509_free(cert);
}

static void
reads_back_what_was_put_in(void **state)
{
	(void)state;
	struct ca_certificate out;
	static const uint8_t tees[] = {0, 129};
	static const uint16_t svns[] = {0, 1, 127, 128, 255, 256, 32768, 65535};

	for (int i = 0; i < 3 * 2 * 2 * 8; i++) {
		struct ca_leaf leaf = leaf_example(CURVE_P256);
		struct profile_leaf got;
		struct dci_failure f = {0};

		leaf.assurance = (enum ca_assurance)(i % 3);
		leaf.binding = (enum ca_binding)(i / 3 % 2);
		leaf.tee = tees[i / 6 % 2];
		leaf.isv_svn = svns[i / 12];
		X509 *cert = issue(&leaf, &out);
		if (profile_read(cert, &got, &f) != 0)
			fail_msg("%s", f.sentence);
		assert_int_equal(got.scope.assurance, leaf.assurance);
		assert_int_equal(got.scope.binding, leaf.binding);
		assert_int_equal(got.scope.tees, 1);
		assert_int_equal(got.scope.tee[0], leaf.tee);
		assert_int_equal(got.tcb.isv_svn, leaf.isv_svn);
		assert_memory_equal(got.tcb.mrenclave, leaf.mrenclave, 32);
		assert_memory_equal(got.tcb.mrsigner, leaf.mrsigner, 32);
		assert_memory_equal(
		    got.scope.evidence_digest, leaf.evidence_digest, 32);
		assert_memory_equal(
		    got.scope.policy_digest, leaf.policy_digest, 32);
		X509_free(cert);
	}
}

/* --- validity --- */

static int
try_issue(const struct ca_leaf *leaf, int64_t now, struct ca_certificate *out,
    struct dci_failure *f)
{
	memset(f, 0, sizeof(*f));
	int result = ca_issue(ca, leaf, now, out, f);
	assert_int_equal(ERR_peek_error(), 0);
	if (result != 0)
		assert_int_equal(out->n, 0);
	return result;
}

static void
ends_with_the_earliest_bound(void **state)
{
	(void)state;
	struct ca_certificate out;
	struct dci_failure f;
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	int64_t end = NOW + 5 * YEAR;

	leaf.not_after = NOW + 3600;
	assert_int_equal(try_issue(&leaf, NOW, &out, &f), 0);
	assert_int_equal(out.not_after, NOW + 3600);
	leaf.not_after = INT64_MAX;
	leaf.ttl = INT64_MAX;
	assert_int_equal(try_issue(&leaf, NOW, &out, &f), 0);
	assert_int_equal(out.not_after, end);
	assert_int_equal(try_issue(&leaf, end - 300, &out, &f), 0);
	assert_int_equal(out.not_after, end);
	assert_int_equal(try_issue(&leaf, end - 299, &out, &f), -1);
	assert_int_equal(f.code, DCI_VALIDITY_TOO_SHORT);
	assert_non_null(strstr(f.sentence, "the CA's certificates"));
	assert_int_equal(try_issue(&leaf, end + 1, &out, &f), -1);
	assert_int_equal(f.code, DCI_VALIDITY_TOO_SHORT);
}

static void
refuses_less_than_five_minutes(void **state)
{
	(void)state;
	struct ca_certificate out;
	struct dci_failure f;
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	static const int64_t too_short[] = {299, 1, 0, -1, INT64_MIN};

	leaf.ttl = 300;
	assert_int_equal(try_issue(&leaf, NOW, &out, &f), 0);
	for (size_t i = 0; i < 5; i++) {
		leaf.ttl = too_short[i];
		assert_int_equal(try_issue(&leaf, NOW, &out, &f), -1);
		assert_int_equal(f.code, DCI_VALIDITY_TOO_SHORT);
		assert_non_null(strstr(f.sentence, "ttl"));
	}
	leaf.ttl = 3600;
	leaf.not_after = NOW + 300;
	assert_int_equal(try_issue(&leaf, NOW, &out, &f), 0);
	static const int64_t too_early[] = {NOW + 299, 0, INT64_MIN};
	for (size_t i = 0; i < 3; i++) {
		leaf.not_after = too_early[i];
		assert_int_equal(try_issue(&leaf, NOW, &out, &f), -1);
		assert_int_equal(f.code, DCI_VALIDITY_TOO_SHORT);
		assert_non_null(strstr(f.sentence, "collateral"));
	}
}

static void
begins_not_before_the_ca(void **state)
{
	(void)state;
	struct ca_certificate out;
	struct dci_failure f;
	struct ca_leaf leaf = leaf_example(CURVE_P256);

	assert_int_equal(try_issue(&leaf, NOW - 3600, &out, &f), 0);
	assert_int_equal(out.not_before, NOW - 3600);
	assert_int_equal(try_issue(&leaf, NOW - 3601, &out, &f), -1);
	assert_int_equal(f.code, DCI_CA_NOT_YET_VALID);
	assert_int_equal(try_issue(&leaf, -1, &out, &f), -1);
	assert_int_equal(try_issue(&leaf, INT64_MIN, &out, &f), -1);
	assert_int_equal(try_issue(&leaf, INT64_MAX, &out, &f), -1);
}

/* --- what is refused --- */

static void
expect_impossible(const struct ca_leaf *leaf)
{
	struct ca_certificate out;
	struct dci_failure f;

	assert_int_equal(try_issue(leaf, NOW, &out, &f), -1);
	assert_int_equal(f.code, DCI_LEAF_IMPOSSIBLE);
}

static void
refuses_values_out_of_range(void **state)
{
	(void)state;
	struct ca_leaf good = leaf_example(CURVE_P256), leaf;

	leaf = good, leaf.tee = 1, expect_impossible(&leaf);
	leaf = good, leaf.binding = (enum ca_binding)2;
	expect_impossible(&leaf);
	leaf = good, leaf.binding = (enum ca_binding) - 1;
	expect_impossible(&leaf);
	leaf = good, leaf.assurance = (enum ca_assurance)3;
	expect_impossible(&leaf);
	leaf = good, leaf.key.curve = (enum curve)0, expect_impossible(&leaf);
	leaf = good, leaf.key.curve = (enum curve)99, expect_impossible(&leaf);
	leaf = good, leaf.key.curve = CURVE_P384, expect_impossible(&leaf);
	leaf = good, leaf.key.n = 64, expect_impossible(&leaf);
	leaf = good, leaf.key.n = SIZE_MAX, expect_impossible(&leaf);
}

static void
refuses_names_that_are_no_text(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "line\nbreak", "\x7f", "\xff",
	    "\xc0\x80", "\xed\xa0\x80", "cut \xe2\x82"};
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	struct ca_certificate out;
	struct dci_failure f;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(leaf.name, sizeof(leaf.name), "%s", bad[i]);
		expect_impossible(&leaf);
	}
	memset(leaf.name, 'a', sizeof(leaf.name)); /* no NUL */
	expect_impossible(&leaf);
	leaf.name[64] = '\0';
	assert_int_equal(try_issue(&leaf, NOW, &out, &f), 0);
	snprintf(leaf.name, sizeof(leaf.name),
	    "Pr\xc3\xbc"
	    "fer, O=Evil/CN=x+y");
	X509 *cert = issue(&leaf, &out);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(cert)), 1);
	X509_free(cert);
}

static void
refuses_a_point_off_the_curve(void **state)
{
	(void)state;
	struct ca_certificate out;
	struct dci_failure f;

	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		struct ca_leaf leaf = leaf_example(c);

		leaf.key.data[leaf.key.n - 1] ^= 1;
		assert_int_equal(try_issue(&leaf, NOW, &out, &f), -1);
		assert_int_equal(f.code, DCI_CSR_KEY_INVALID);
		leaf.key.data[leaf.key.n - 1] ^= 1;
		leaf.key.data[0] = 6; /* hybrid form */
		assert_int_equal(try_issue(&leaf, NOW, &out, &f), -1);
		memset(leaf.key.data, 0xff, leaf.key.n);
		leaf.key.data[0] = 4;
		assert_int_equal(try_issue(&leaf, NOW, &out, &f), -1);
		memset(leaf.key.data, 0, leaf.key.n);
		assert_int_equal(try_issue(&leaf, NOW, &out, &f), -1);
	}
}

/* --- opening --- */

static void
expect_closed(struct bytes key, struct bytes issuing, struct bytes root,
    int64_t now, enum dci_code code)
{
	struct dci_failure f = {0};

	assert_null(ca_open(key, issuing, root, now, &f));
	if (f.code != code)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
opens_only_what_belongs_together(void **state)
{
	(void)state;
	struct fixture y;
	struct bytes key = fixture_pem(&x, 0), issuing = fixture_pem(&x, 1),
		     root = fixture_pem(&x, 2), none = {NULL, 0};

	fixture_make(&y, false, NOW);
	expect_closed(
	    fixture_pem(&y, 0), issuing, root, NOW, DCI_CA_KEY_MISMATCH);
	expect_closed(key, fixture_pem(&y, 1), root, NOW, DCI_CA_KEY_MISMATCH);
	expect_closed(
	    key, issuing, fixture_pem(&y, 2), NOW, DCI_CA_CHAIN_BROKEN);
	expect_closed(key, issuing, issuing, NOW, DCI_CA_CHAIN_BROKEN);
	expect_closed(key, root, root, NOW, DCI_CA_KEY_MISMATCH);
	expect_closed(none, issuing, root, NOW, DCI_CA_MALFORMED);
	expect_closed(key, none, root, NOW, DCI_CA_MALFORMED);
	expect_closed(key, issuing, none, NOW, DCI_CA_MALFORMED);
	expect_closed(issuing, issuing, root, NOW, DCI_CA_MALFORMED);
	expect_closed(key, key, root, NOW, DCI_CA_MALFORMED);
	expect_closed(key, issuing, root, NOW - 3601, DCI_CA_NOT_YET_VALID);
	expect_closed(key, issuing, root, NOW + 5 * YEAR + 1, DCI_CA_EXPIRED);
	struct writer two CLEANUP(writer_free) = writer_new(LIMIT_PEM);
	writer_put(&two, issuing.p, issuing.n);
	writer_put(&two, root.p, root.n);
	expect_closed(
	    key, (struct bytes){two.data, two.n}, root, NOW, DCI_CA_MALFORMED);
	fixture_free(&y);
}

static struct bytes
pem_of(BIO *bio)
{
	char *p;
	long n = BIO_get_mem_data(bio, &p);

	return (struct bytes){(uint8_t *)p, (size_t)n};
}

static void
never_asks_for_a_passphrase_and_takes_p256_only(void **state)
{
	(void)state;
	BIO *locked = BIO_new(BIO_s_mem()), *other = BIO_new(BIO_s_mem());
	EVP_PKEY *p384 = ec_generate(CURVE_P384);

	PEM_write_bio_PKCS8PrivateKey(
	    locked, p384, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
	PEM_write_bio_PKCS8PrivateKey(other, p384, NULL, NULL, 0, NULL, NULL);
	expect_closed(pem_of(locked), fixture_pem(&x, 1), fixture_pem(&x, 2),
	    NOW, DCI_CA_MALFORMED);
	expect_closed(pem_of(other), fixture_pem(&x, 1), fixture_pem(&x, 2),
	    NOW, DCI_CA_MALFORMED);
	BIO_free(locked);
	BIO_free(other);
	EVP_PKEY_free(p384);
}

/* The private number and the public point of one file need not agree. */
static void
refuses_a_key_that_contradicts_itself(void **state)
{
	(void)state;
	BIO *in = BIO_new_mem_buf(x.pem[0], (int)x.n[0]);
	BIO *out = BIO_new(BIO_s_mem());
	char *name, *header;
	uint8_t *der;
	long n;

	/* PrivateKeyInfo begins with 36 bytes of headers and OIDs; the last
	 * byte of the private number is byte 67. */
	assert_true(PEM_read_bio(in, &name, &header, &der, &n));
	der[67] ^= 1;
	PEM_write_bio(out, name, header, der, n);
	expect_closed(pem_of(out), fixture_pem(&x, 1), fixture_pem(&x, 2), NOW,
	    DCI_CA_KEY_MISMATCH);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(in);
	BIO_free(out);
}

static void
notices_every_flipped_bit_of_a_certificate(void **state)
{
	(void)state;
	X509 *cert = decode(ca_issuing_der(ca));
	uint8_t *der = NULL;
	int n = i2d_X509(cert, &der);
	unsigned opened = 0;

	for (int i = 0; i < n * 8; i += 7) {
		struct dci_failure f = {0};
		BIO *bio = BIO_new(BIO_s_mem());

		der[i / 8] ^= (uint8_t)(1 << i % 8);
		PEM_write_bio(bio, "CERTIFICATE", "", der, n);
		struct ca *bad = ca_open(fixture_pem(&x, 0), pem_of(bio),
		    fixture_pem(&x, 2), NOW, &f);
		opened += bad != NULL;
		ca_close(bad);
		der[i / 8] ^= (uint8_t)(1 << i % 8);
		BIO_free(bio);
	}
	assert_int_equal(opened, 0);
	OPENSSL_free(der);
	X509_free(cert);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(has_serial_validity_names_and_key),
	    cmocka_unit_test(has_the_extensions_of_the_profile_in_order),
	    cmocka_unit_test(san_is_the_measurement),
	    cmocka_unit_test(reads_back_what_was_put_in),
	    cmocka_unit_test(ends_with_the_earliest_bound),
	    cmocka_unit_test(refuses_less_than_five_minutes),
	    cmocka_unit_test(begins_not_before_the_ca),
	    cmocka_unit_test(refuses_values_out_of_range),
	    cmocka_unit_test(refuses_names_that_are_no_text),
	    cmocka_unit_test(refuses_a_point_off_the_curve),
	    cmocka_unit_test(opens_only_what_belongs_together),
	    cmocka_unit_test(never_asks_for_a_passphrase_and_takes_p256_only),
	    cmocka_unit_test(refuses_a_key_that_contradicts_itself),
	    cmocka_unit_test(notices_every_flipped_bit_of_a_certificate),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
