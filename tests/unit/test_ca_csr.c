/* SPDX-License-Identifier: BSD-3-Clause */
#include "ca_fixture.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"

struct csr {
	uint8_t *der;
	size_t n;
};

/* A request for key, signed by signer; big: octets of an extra attribute. */
static struct csr
csr_make(EVP_PKEY *key, EVP_PKEY *signer, const EVP_MD *md, size_t big)
{
	X509_REQ *req = X509_REQ_new();
	struct csr out = {NULL, 0};

	assert_non_null(key);
	X509_REQ_set_version(req, X509_REQ_VERSION_1);
	assert_true(X509_REQ_set_pubkey(req, key));
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN",
	    MBSTRING_ASC, (const uint8_t *)"whatever", -1, -1, 0);
	if (big > 0) {
		uint8_t *filler = calloc(1, big);

		memset(filler, 'x', big);
		X509_REQ_add1_attr_by_NID(req, NID_pkcs9_unstructuredName,
		    V_ASN1_UTF8STRING, filler, (int)big);
		free(filler);
	}
	assert_true(X509_REQ_sign(req, signer, md) > 0);
	int n = i2d_X509_REQ(req, &out.der);
	assert_true(n > 0);
	out.n = (size_t)n;
	X509_REQ_free(req);
	return out;
}

static void
csr_release(struct csr *c)
{
	OPENSSL_free(c->der);
}

static struct csr
csr_of(enum curve curve, const EVP_MD *md)
{
	EVP_PKEY *key = ec_generate(curve);
	struct csr c = csr_make(key, key, md, 0);

	EVP_PKEY_free(key);
	return c;
}

static int
verify(const void *der, size_t n, struct dci_failure *f)
{
	static const struct ec_point untouched;
	struct ec_point key = untouched;
	struct bytes spki = {NULL, 0};

	/* Exactly as large as it is, so that ASan sees each byte too many. */
	uint8_t *exact = malloc(n + (n == 0));
	if (n > 0)
		memcpy(exact, der, n);
	memset(f, 0, sizeof(*f));
	int result = csr_verify((struct bytes){exact, n}, &key, &spki, f);
	assert_int_equal(ERR_peek_error(), 0);
	if (result != 0) {
		assert_int_not_equal(f->code, DCI_OK);
		assert_true(f->sentence[0] != '\0');
		assert_memory_equal(&key, &untouched, sizeof(key));
		assert_null(spki.p);
	} else {
		uint8_t encoded[SPKI_MAX];

		assert_true(spki.p > exact && spki.p + spki.n < exact + n);
		assert_int_equal(spki_encode(encoded, &key), spki.n);
		assert_memory_equal(encoded, spki.p, spki.n);
	}
	free(exact);
	return result;
}

static void
expect(const struct csr *c, enum dci_code code)
{
	struct dci_failure f;

	verify(c->der, c->n, &f);
	if (f.code != code)
		fail_msg("%s instead of %s: %s", dci_code_name(f.code),
		    dci_code_name(code), f.sentence);
}

static void
takes_both_curves_with_three_digests(void **state)
{
	(void)state;
	const EVP_MD *digests[] = {EVP_sha256(), EVP_sha384(), EVP_sha512()};

	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		for (size_t i = 0; i < 3; i++) {
			struct csr csr = csr_of(c, digests[i]);

			expect(&csr, DCI_OK);
			csr_release(&csr);
		}
	}
}

static void
refuses_other_keys_and_digests(void **state)
{
	(void)state;
	EVP_PKEY *keys[] = {EVP_RSA_gen(2048),
	    EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-521"),
	    EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"),
	    EVP_PKEY_Q_keygen(NULL, NULL, "EC", "brainpoolP256r1"),
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")};

	for (size_t i = 0; i < 5; i++) {
		struct csr c =
		    csr_make(keys[i], keys[i], i == 4 ? NULL : EVP_sha256(), 0);

		expect(&c, DCI_CSR_KEY_UNSUPPORTED);
		csr_release(&c);
	}
	/* a good key, signed with another algorithm */
	EVP_PKEY *key = ec_generate(CURVE_P256);
	struct csr sha1 = csr_make(key, key, EVP_sha1(), 0);
	struct csr sha224 = csr_make(key, key, EVP_sha224(), 0);
	struct csr rsa = csr_make(key, keys[0], EVP_sha256(), 0);
	struct csr ed = csr_make(key, keys[4], NULL, 0);
	expect(&sha1, DCI_CSR_ALGORITHM_UNSUPPORTED);
	expect(&sha224, DCI_CSR_ALGORITHM_UNSUPPORTED);
	expect(&rsa, DCI_CSR_ALGORITHM_UNSUPPORTED);
	expect(&ed, DCI_CSR_ALGORITHM_UNSUPPORTED);
	csr_release(&sha1);
	csr_release(&sha224);
	csr_release(&rsa);
	csr_release(&ed);
	EVP_PKEY_free(key);
	for (size_t i = 0; i < 5; i++)
		EVP_PKEY_free(keys[i]);
}

/* Keys on P-256 in forms that are not the one that is certified. */
static void
refuses_compressed_points_and_explicit_curves(void **state)
{
	(void)state;
	static const char *const forms[][2] = {
	    {OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"},
	    {OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "hybrid"},
	    {OSSL_PKEY_PARAM_EC_ENCODING, "explicit"},
	};

	for (size_t i = 0; i < 3; i++) {
		EVP_PKEY *key = ec_generate(CURVE_P256);

		assert_true(EVP_PKEY_set_utf8_string_param(
		    key, forms[i][0], forms[i][1]));
		struct csr c = csr_make(key, key, EVP_sha256(), 0);
		expect(&c, DCI_CSR_KEY_UNSUPPORTED);
		csr_release(&c);
		EVP_PKEY_free(key);
	}
}

static void
demands_possession_of_the_key(void **state)
{
	(void)state;
	EVP_PKEY *key = ec_generate(CURVE_P256), *other;

	for (enum curve curve = CURVE_P256; curve <= CURVE_P384; curve++) {
		other = ec_generate(curve);
		struct csr c = csr_make(key, other, EVP_sha256(), 0);
		expect(&c, DCI_CSR_SIGNATURE_INVALID);
		csr_release(&c);
		EVP_PKEY_free(other);
	}
	EVP_PKEY_free(key);
}

static void
refuses_a_point_off_the_curve(void **state)
{
	(void)state;
	struct csr c = csr_of(CURVE_P256, EVP_sha256());
	struct ec_point key;
	struct bytes spki;

	assert_int_equal(
	    csr_verify((struct bytes){c.der, c.n}, &key, &spki, NULL), 0);
	c.der[(size_t)(spki.p - c.der) + spki.n - 1] ^= 1;
	expect(&c, DCI_CSR_KEY_INVALID);
	csr_release(&c);
}

static void
refuses_every_flipped_bit(void **state)
{
	(void)state;
	struct dci_failure f;
	unsigned count[DCI_CODES] = {0};

	for (enum curve curve = CURVE_P256; curve <= CURVE_P384; curve++) {
		struct csr c = csr_of(curve, EVP_sha256());
		size_t step = curve == CURVE_P256 ? 1 : 5;

		for (size_t i = 0; i < c.n * 8; i += step) {
			c.der[i / 8] ^= (uint8_t)(1 << i % 8);
			if (verify(c.der, c.n, &f) == 0)
				fail_msg("bit %zu of %zu", i, c.n * 8);
			count[f.code]++;
			c.der[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		csr_release(&c);
	}
	for (enum dci_code i = DCI_OK; i < DCI_CODES; i++) {
		if (count[i] > 0)
			print_message("%5u %s\n", count[i], dci_code_name(i));
	}
}

static void
refuses_every_prefix_and_every_addition(void **state)
{
	(void)state;
	struct csr c = csr_of(CURVE_P384, EVP_sha384());
	struct dci_failure f;
	uint8_t more[1024] = {0};

	for (size_t n = 0; n < c.n; n++) {
		assert_int_equal(verify(c.der, n, &f), -1);
		assert_int_equal(f.code, DCI_CSR_MALFORMED);
	}
	memcpy(more, c.der, c.n);
	for (size_t n = c.n + 1; n < c.n + 20; n++) {
		assert_int_equal(verify(more, n, &f), -1);
		assert_int_equal(f.code, DCI_CSR_MALFORMED);
	}
	csr_release(&c);
}

static void
is_bounded_at_16_kib(void **state)
{
	(void)state;
	EVP_PKEY *key = ec_generate(CURVE_P256);
	struct csr c = csr_make(key, key, EVP_sha256(), 15000);

	/* The signature's length differs by a byte or two from run to run. */
	while (c.n != LIMIT_CSR) {
		size_t big = 15000 + LIMIT_CSR - c.n;

		csr_release(&c);
		c = csr_make(key, key, EVP_sha256(), 15000);
		big = 15000 + LIMIT_CSR - c.n;
		csr_release(&c);
		c = csr_make(key, key, EVP_sha256(), big);
	}
	expect(&c, DCI_OK);
	csr_release(&c);
	c = csr_make(key, key, EVP_sha256(), LIMIT_CSR);
	expect(&c, DCI_CSR_TOO_LARGE);
	csr_release(&c);
	EVP_PKEY_free(key);
}

/* --- by hand: SEQUENCEs around given bytes, signed --- */

static size_t
tlv(uint8_t *out, uint8_t tag, const uint8_t *content, size_t n)
{
	size_t at = 0;

	out[at++] = tag;
	if (n >= 256) {
		out[at++] = 0x82;
		out[at++] = (uint8_t)(n >> 8);
	} else if (n >= 128) {
		out[at++] = 0x81;
	}
	out[at++] = (uint8_t)n;
	memmove(out + at, content, n);
	return at + n;
}

struct parts {
	struct bytes version, subject, attributes, algorithm;
	uint8_t unused;  /* bits, of the BIT STRING */
	uint8_t outer;   /* tag */
	bool indefinite; /* outer length */
};

#define BYTES(...)                                      \
	((struct bytes){(const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__})})

static const uint8_t version_1[] = {0x02, 1, 0}, no_name[] = {0x30, 0},
		     no_attributes[] = {0xa0, 0},
		     ecdsa_with_sha256[] = {0x30, 10, 0x06, 8, 0x2a, 0x86, 0x48,
			 0xce, 0x3d, 0x04, 0x03, 0x02};

static struct parts
parts_good(void)
{
	return (struct parts){
	    .version = {version_1, sizeof(version_1)},
	    .subject = {no_name, sizeof(no_name)},
	    .attributes = {no_attributes, sizeof(no_attributes)},
	    .algorithm = {ecdsa_with_sha256, sizeof(ecdsa_with_sha256)},
	    .outer = 0x30,
	};
}

static struct csr
assemble(const struct parts *p)
{
	EVP_PKEY *key = ec_generate(CURVE_P256);
	struct ec_point point;
	uint8_t buffer[1024], info[1024], body[2048], spki[SPKI_MAX];
	uint8_t signature[128];
	size_t n = 0, ns = sizeof(signature) - 1;

	assert_true(ec_export(&point, key));
	size_t nk = spki_encode(spki, &point);
	struct bytes in[] = {p->version, p->subject, {spki, nk}, p->attributes};
	for (size_t i = 0; i < 4; i++) {
		if (in[i].n > 0)
			memcpy(buffer + n, in[i].p, in[i].n);
		n += in[i].n;
	}
	size_t ni = tlv(info, 0x30, buffer, n);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	assert_true(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) > 0);
	assert_true(EVP_DigestSign(ctx, signature + 1, &ns, info, ni) > 0);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	signature[0] = p->unused;
	memcpy(body, info, ni);
	memcpy(body + ni, p->algorithm.p, p->algorithm.n);
	n = ni + p->algorithm.n;
	n += tlv(body + n, 0x03, signature, ns + 1);
	struct csr out = {OPENSSL_malloc(n + 8), 0};
	if (p->indefinite) {
		out.der[0] = p->outer;
		out.der[1] = 0x80;
		memcpy(out.der + 2, body, n);
		memset(out.der + 2 + n, 0, 2);
		out.n = n + 4;
	} else {
		out.n = tlv(out.der, p->outer, body, n);
	}
	return out;
}

static void
expect_parts(const struct parts *p, enum dci_code code)
{
	struct csr c = assemble(p);

	expect(&c, code);
	csr_release(&c);
}

static void
checks_the_structure_of_what_it_does_not_use(void **state)
{
	(void)state;
	struct parts p = parts_good();

	expect_parts(&p, DCI_OK);
	p = parts_good(), p.attributes = (struct bytes){NULL, 0};
	expect_parts(&p, DCI_OK); /* as OpenSSL does */
	static const uint8_t versions[] = {1, 2, 0xff};
	for (size_t i = 0; i < 3; i++) {
		uint8_t v[] = {0x02, 1, versions[i]};

		p = parts_good(), p.version = (struct bytes){v, 3};
		expect_parts(&p, DCI_CSR_MALFORMED);
	}
	struct bytes versions_bad[] = {BYTES(0x02, 2, 0, 0), BYTES(0x02, 0),
	    BYTES(0x0a, 1, 0), BYTES(0x30, 0)};
	for (size_t i = 0; i < 4; i++) {
		p = parts_good(), p.version = versions_bad[i];
		expect_parts(&p, DCI_CSR_MALFORMED);
	}
	struct bytes subjects[] = {BYTES(0x31, 0), BYTES(0x30, 1, 0),
	    BYTES(0x30, 2, 0x30, 0), BYTES(0x30, 2, 0x31, 0x01),
	    BYTES(0x30, 4, 0x31, 2, 0x30, 0), BYTES(0x05, 0)};
	for (size_t i = 0; i < 6; i++) {
		p = parts_good(), p.subject = subjects[i];
		expect_parts(&p, DCI_CSR_MALFORMED);
	}
	struct bytes attributes[] = {BYTES(0xa1, 0), BYTES(0xa0, 1, 0),
	    BYTES(0xa0, 2, 0x30, 0), BYTES(0xa0, 2, 0x31, 0),
	    BYTES(0xa0, 0, 0x05, 0), BYTES(0xa0, 5, 0x30, 3, 0x06, 1, 0x2a)};
	for (size_t i = 0; i < 6; i++) {
		p = parts_good(), p.attributes = attributes[i];
		expect_parts(&p, DCI_CSR_MALFORMED);
	}
}

static void
takes_der_only(void **state)
{
	(void)state;
	struct parts p = parts_good();

	p.indefinite = true;
	expect_parts(&p, DCI_CSR_MALFORMED);
	p = parts_good(), p.outer = 0x31;
	expect_parts(&p, DCI_CSR_MALFORMED);
	for (uint8_t unused = 1; unused < 9; unused++) {
		p = parts_good(), p.unused = unused;
		expect_parts(&p, DCI_CSR_MALFORMED);
	}
	/* parameters NULL, and a long form of a short length */
	p = parts_good();
	p.algorithm = BYTES(0x30, 12, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	    0x04, 0x03, 0x02, 0x05, 0);
	expect_parts(&p, DCI_CSR_ALGORITHM_UNSUPPORTED);
	p.algorithm = BYTES(0x30, 0x81, 10, 0x06, 8, 0x2a, 0x86, 0x48, 0xce,
	    0x3d, 0x04, 0x03, 0x02);
	expect_parts(&p, DCI_CSR_MALFORMED);
	p.algorithm = BYTES(0x30, 2, 0x06, 0);
	expect_parts(&p, DCI_CSR_MALFORMED);
	p.algorithm = BYTES(0x30, 0);
	expect_parts(&p, DCI_CSR_MALFORMED);
}

/* Nested as deeply as 16 KiB allow. */
static void
survives_deep_nesting(void **state)
{
	(void)state;
	static uint8_t deep[LIMIT_CSR];
	struct dci_failure f;

	for (size_t i = 0; i + 1 < sizeof(deep); i += 2) {
		deep[i] = 0x30;
		deep[i + 1] = 0x80;
	}
	assert_int_equal(verify(deep, sizeof(deep), &f), -1);
	assert_int_equal(f.code, DCI_CSR_MALFORMED);
	memset(deep, 0x24, sizeof(deep));
	assert_int_equal(verify(deep, sizeof(deep), &f), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_both_curves_with_three_digests),
	    cmocka_unit_test(refuses_other_keys_and_digests),
	    cmocka_unit_test(refuses_compressed_points_and_explicit_curves),
	    cmocka_unit_test(demands_possession_of_the_key),
	    cmocka_unit_test(refuses_a_point_off_the_curve),
	    cmocka_unit_test(refuses_every_flipped_bit),
	    cmocka_unit_test(refuses_every_prefix_and_every_addition),
	    cmocka_unit_test(is_bounded_at_16_kib),
	    cmocka_unit_test(checks_the_structure_of_what_it_does_not_use),
	    cmocka_unit_test(takes_der_only),
	    cmocka_unit_test(survives_deep_nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
