/* SPDX-License-Identifier: BSD-3-Clause */
/* Forged and damaged quotes: spec dcap.md, the generic part of section 12, and
 * sections 10, 11 and 14. */
#include <openssl/bn.h>

#include "tests/unit/flaws.h"
#include "tests/unit/random.h"
#include "tests/unit/sampled.h"

static struct scene s;

static int
setup(void **state)
{
	(void)state;
	scene_make(&s, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_free(&s);
	return 0;
}

static struct writer
joined(void)
{
	struct quote_parts q;

	for (unsigned i = 0; i < PARTS; i++)
		q.part[i] = (struct bytes){s.part[i].data, s.part[i].n};
	return quote_join(&q);
}

static void
expect_bytes(const struct writer *w, size_t n, enum dci_code code)
{
	/* In memory of its exact size, so that a sanitizer sees over-reads. */
	uint8_t *copy = malloc(n > 0 ? n : 1);

	memcpy(copy, w->data, n);
	judge_bytes(&s, copy, n, NULL);
	free(copy);
	expect_verdict(
	    code == DCI_OK ? DCI_STATUS_UP_TO_DATE : DCI_STATUS_INVALID, code);
}

static void
key_of_another_platform(void **state)
{
	struct scene other;

	(void)state;
	scene_make(&other, NULL);
	put(&s.part[PART_KEY], other.part[PART_KEY].data, 64);
	part_sign(&s, PART_SIGNED, PART_SIGNATURE,
	    key_of(&other, SIM_KEY_ATTESTATION));
	expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
	/* With the report that belongs to it. */
	put(&s.part[PART_QE_REPORT], other.part[PART_QE_REPORT].data, 384);
	expect_invalid(&s, DCI_QE_REPORT_SIGNATURE_INVALID);
	put(&s.part[PART_QE_SIGNATURE], other.part[PART_QE_SIGNATURE].data, 64);
	expect_invalid(&s, DCI_QE_REPORT_SIGNATURE_INVALID);
	scene_free(&other);
}

static void
binding_of_the_key(void **state)
{
	uint8_t *report_data = s.part[PART_QE_REPORT].data + 320;
	EVP_PKEY *pck = key_of(&s, SIM_KEY_PCK);

	(void)state;
	sha256(report_data, s.part[PART_KEY].data, 64);
	qe_sign(&s, pck);
	expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
	sha256_two(report_data, s.part[PART_AUTH].data, s.part[PART_AUTH].n,
	    s.part[PART_KEY].data, 64);
	qe_sign(&s, pck);
	expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
	for (size_t i = 0; i < s.part[PART_AUTH].n; i++) {
		qe_vouch(&s, pck);
		s.part[PART_AUTH].data[i] ^= 1;
		expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
		s.part[PART_AUTH].data[i] ^= 1;
	}
	expect(&s, DCI_STATUS_UP_TO_DATE);
	for (size_t i = 32; i < 64; i++) {
		report_data[i] = 1;
		qe_sign(&s, pck);
		expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
		report_data[i] = 0;
	}
}

static void
authentication_data_of_any_size(void **state)
{
	static const size_t sizes[] = {0, 1, 31, 33, 1000, 8000};
	static const uint8_t fill[8000] = {7};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		put(&s.part[PART_AUTH], fill, sizes[i]);
		expect_invalid(&s, DCI_QE_REPORT_DATA_MISMATCH);
		qe_vouch(&s, key_of(&s, SIM_KEY_PCK));
		expect(&s, DCI_STATUS_UP_TO_DATE);
	}
}

static void
attestation_key_off_the_curve(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		uint8_t *key = s.part[PART_KEY].data;

		if (i == 0)
			key[63] ^= 1;
		else
			memset(key, i == 1 ? 0 : 0xff, 64);
		qe_vouch(&s, key_of(&s, SIM_KEY_PCK));
		expect_invalid(&s, DCI_ATTESTATION_KEY_INVALID);
	}
}

static void
number(uint8_t out[static 32], const char *hex)
{
	BIGNUM *n = NULL;

	assert_true(BN_hex2bn(&n, hex) > 0);
	assert_int_equal(BN_bn2binpad(n, out, 32), 32);
	BN_free(n);
}

#define ORDER "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC6325"

static void
signatures_out_of_range(void **state)
{
	static const char *const bad[] = {"0", ORDER "51", ORDER "52",
	    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"};
	static const enum part part[] = {PART_SIGNATURE, PART_QE_SIGNATURE};
	static const enum dci_code code[] = {
	    DCI_QUOTE_SIGNATURE_INVALID, DCI_QE_REPORT_SIGNATURE_INVALID};

	(void)state;
	for (size_t p = 0; p < 2; p++) {
		for (size_t i = 0; i < COUNT(bad); i++) {
			for (unsigned which = 1; which <= 3; which++) {
				uint8_t *sig = s.part[part[p]].data;

				if (which & 1)
					number(sig, bad[i]);
				if (which & 2)
					number(sig + 32, bad[i]);
				expect_invalid(&s, code[p]);
				scene_quote(&s, 3);
			}
		}
	}
}

/* n - s is as good as s: genuine quotes have both. */
static void
high_s_is_accepted(void **state)
{
	static const enum part part[] = {PART_SIGNATURE, PART_QE_SIGNATURE};
	uint8_t evidence[32];
	BIGNUM *n = NULL, *b;

	(void)state;
	BN_hex2bn(&n, ORDER "51");
	expect(&s, DCI_STATUS_UP_TO_DATE);
	memcpy(evidence, v.evidence, 32);
	for (size_t p = 0; p < 2; p++) {
		uint8_t *half = s.part[part[p]].data + 32;

		b = BN_bin2bn(half, 32, NULL);
		BN_sub(b, n, b);
		BN_bn2binpad(b, half, 32);
		BN_free(b);
		expect(&s, DCI_STATUS_UP_TO_DATE);
		/* The name of the evidence does not depend on it. */
		assert_memory_equal(evidence, v.evidence, 32);
	}
	BN_free(n);
}

static void
every_truncation(void **state)
{
	(void)state;
	for (uint16_t version = 3; version <= 5; version++) {
		scene_quote(&s, version);
		struct writer w = joined();
		for (size_t n = 0; n < w.n; n += sampled(1))
			expect_bytes(&w, n, DCI_QUOTE_MALFORMED);
		expect_bytes(&w, w.n, DCI_OK);
		writer_free(&w);
	}
}

/* One bit of each byte but those of the PEM text. */
static void
every_byte(void **state)
{
	(void)state;
	random_seed();
	for (uint16_t version = 3; version <= 5; version++) {
		scene_quote(&s, version);
		struct writer w = joined();
		size_t end = w.n - s.part[PART_CHAIN].n;
		for (size_t i = 0; i < end; i += sampled(1)) {
			uint8_t bit = (uint8_t)(1u << random_below(8));

			w.data[i] ^= bit;
			judge_bytes(&s, w.data, w.n, NULL);
			assert_int_equal(v.status, DCI_STATUS_INVALID);
			w.data[i] ^= bit;
		}
		expect_bytes(&w, w.n, DCI_OK);
		writer_free(&w);
	}
}

static void
put32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> 8 * i);
}

static void
lengths_that_lie(void **state)
{
	static const uint32_t wrong[] = {0, 1, 0x7fff, 0xffff, 0x10000,
	    0x7fffffff, 0x80000000, 0xfffffff9, 0xfffffffa, 0xffffffff};

	(void)state;
	for (uint16_t version = 3; version <= 5; version++) {
		size_t body = version == 5 ? 438 : 432;
		size_t inner = body + 4 + 128 + (version == 3 ? 0 : 6);
		/* Signature data, type 6 blob, authentication, chain. */
		const size_t at[] = {
		    body, inner - 4, inner + 448, inner + 448 + 2 + 32 + 2};

		scene_quote(&s, version);
		struct writer w = joined();
		for (size_t i = version == 3 ? 0 : 1; i < COUNT(at); i++) {
			for (size_t j = 0; j < COUNT(wrong); j++) {
				uint8_t keep[4];

				if (version == 3 && i == 1)
					continue;
				memcpy(keep, w.data + at[i], 4);
				if (i == 2)
					memcpy(w.data + at[i],
					    &(uint16_t){(uint16_t)wrong[j]}, 2);
				else
					put32(w.data + at[i], wrong[j]);
				judge_bytes(&s, w.data, w.n, NULL);
				assert_int_equal(v.status, DCI_STATUS_INVALID);
				assert_int_equal(dci_code_class(v.failure.code),
				    DCI_CLASS_MALFORMED);
				memcpy(w.data + at[i], keep, 4);
			}
		}
		writer_free(&w);
	}
}

static void
padding(void **state)
{
	(void)state;
	for (uint16_t version = 3; version <= 5; version++) {
		size_t body = version == 5 ? 438 : 432;

		scene_quote(&s, version);
		struct writer w = joined();
		uint32_t size = (uint32_t)(w.n - body - 4);
		for (int i = 0; i < 3; i++)
			writer_u8(&w, 0);
		expect_bytes(&w, w.n, DCI_OK);
		assert_int_equal(v.quote.padding, 3);
		put32(w.data + body, size + 3);
		expect_bytes(&w, w.n, DCI_OK);
		for (size_t i = 1; i <= 3; i++) {
			w.data[w.n - i] = 1;
			expect_bytes(&w, w.n, DCI_QUOTE_TRAILING_BYTES);
			put32(w.data + body, size);
			expect_bytes(&w, w.n, DCI_QUOTE_TRAILING_BYTES);
			put32(w.data + body, size + 3);
			w.data[w.n - i] = 0;
		}
		/* Never inside of the type 6 blob. */
		if (version > 3) {
			put32(w.data + body + 4 + 128 + 2, size - 134 + 3);
			expect_bytes(&w, w.n, DCI_QUOTE_MALFORMED);
		}
		writer_free(&w);
	}
}

static void
certification_data_types(void **state)
{
	(void)state;
	for (uint16_t version = 3; version <= 5; version++) {
		scene_quote(&s, version);
		struct writer w = joined();
		size_t at = w.n - s.part[PART_CHAIN].n - 6;
		for (unsigned type = 0; type < 256; type++) {
			w.data[at] = (uint8_t)type;
			expect_bytes(&w, w.n,
			    type == 5
				? DCI_OK
				: DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED);
		}
		writer_free(&w);
	}
}

static void
another_body(void **state)
{
	(void)state;
	for (uint16_t version = 3; version <= 5; version++) {
		scene_quote(&s, version);
		size_t last = s.part[PART_SIGNED].n - 1;
		s.part[PART_SIGNED].data[last] ^= 1;
		expect_invalid(&s, DCI_QUOTE_SIGNATURE_INVALID);
		body_sign(&s);
		expect(&s, DCI_STATUS_UP_TO_DATE);
	}
}

#define GENERIC(text, fn)                                   \
	{                                                   \
		"generic: " text, fn, setup, teardown, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GENERIC(
		"attestation key of another platform", key_of_another_platform),
	    GENERIC(
		"binding of key and authentication data", binding_of_the_key),
	    GENERIC("authentication data of any size",
		authentication_data_of_any_size),
	    GENERIC("attestation key off the curve, (0,0)",
		attestation_key_off_the_curve),
	    GENERIC("r or s 0, n, above n", signatures_out_of_range),
	    GENERIC("high s", high_s_is_accepted),
	    GENERIC("every truncation", every_truncation),
	    GENERIC("every byte", every_byte),
	    GENERIC("length fields that lie", lengths_that_lie),
	    GENERIC("padding", padding),
	    GENERIC("certification data types", certification_data_types),
	    GENERIC("another body, signed and not", another_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
