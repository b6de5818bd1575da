/* SPDX-License-Identifier: BSD-3-Clause */
/* The form of quotes of versions 3, 4 and 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "dci/quote.h"

#define REPORT   384
#define CHAIN    "chain"
#define AUTH_LEN 32

/* A quote of that version with the least that its form needs. */
static struct writer
quote_make(unsigned version, uint16_t type)
{
	static const uint8_t vendor[] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
	    0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	uint8_t fill[REPORT + 64];
	struct writer w = writer_new(LIMIT_QUOTE + 10);
	size_t blob = REPORT + 64 + 2 + AUTH_LEN + 2 + 4 + strlen(CHAIN);

	memset(fill, 0x11, sizeof(fill));
	writer_u16le(&w, (uint16_t)version);
	writer_u16le(&w, 2);
	writer_u32le(&w, 0);
	writer_u32le(&w, 0);
	writer_put(&w, vendor, sizeof(vendor));
	writer_put(&w, fill, 20);
	if (version == 5) {
		writer_u16le(&w, 1);
		writer_u32le(&w, REPORT);
	}
	writer_put(&w, fill, REPORT);
	writer_u32le(&w, (uint32_t)(128 + (version == 3 ? 0 : 6) + blob));
	writer_put(&w, fill, 128);
	if (version != 3) {
		writer_u16le(&w, 6);
		writer_u32le(&w, (uint32_t)blob);
	}
	writer_put(&w, fill, REPORT + 64);
	writer_u16le(&w, AUTH_LEN);
	writer_put(&w, fill, AUTH_LEN);
	writer_u16le(&w, type);
	writer_blob32(&w, CHAIN, strlen(CHAIN));
	assert_false(w.failed);
	return w;
}

/* The code with which it is refused; DCI_OK if it is not. */
static enum dci_code
parse(const struct writer *w, struct dci_quote *q)
{
	/* In memory of its exact size, so that a sanitizer sees over-reads. */
	uint8_t *copy = malloc(w->n == 0 ? 1 : w->n);
	struct dci_quote ignored;
	struct dci_failure f;

	memcpy(copy, w->data, w->n);
	int rc = dci_quote_parse(q != NULL ? q : &ignored, copy, w->n, &f);
	free(copy);
	return rc == 0 ? DCI_OK : f.code;
}

static void
all_versions_are_read(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		struct writer w = quote_make(version, 5);
		struct dci_quote q;
		struct dci_failure f;

		assert_int_equal(dci_quote_parse(&q, w.data, w.n, &f), 0);
		assert_int_equal(q.version, version);
		assert_int_equal(q.tee, DCI_TEE_SGX);
		assert_int_equal(q.signed_size, version == 5 ? 438 : 432);
		assert_int_equal(q.cert_type, 5);
		assert_int_equal(q.cert_data_size, strlen(CHAIN));
		assert_memory_equal(q.cert_data, CHAIN, strlen(CHAIN));
		assert_int_equal(q.qe_auth_size, AUTH_LEN);
		assert_int_equal(q.report.isv_svn, 0x1111);
		assert_int_equal(q.padding, 0);
		writer_free(&w);
	}
}

static void
every_truncation_is_refused(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		struct writer w = quote_make(version, 5);

		while (w.n > 0) {
			w.n--;
			assert_int_equal(parse(&w, NULL), DCI_QUOTE_MALFORMED);
		}
		writer_free(&w);
	}
}

static void
only_zeros_may_follow(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		struct writer w = quote_make(version, 5);
		struct dci_quote q;

		for (int i = 0; i < 70; i++)
			writer_u8(&w, 0);
		assert_int_equal(parse(&w, &q), DCI_OK);
		assert_int_equal(q.padding, 70);
		w.data[w.n - 1] = 1;
		assert_int_equal(parse(&w, NULL), DCI_QUOTE_TRAILING_BYTES);
		w.data[w.n - 1] = 0;
		w.data[w.n - 70] = 1;
		assert_int_equal(parse(&w, NULL), DCI_QUOTE_TRAILING_BYTES);
		writer_free(&w);
	}
}

/* Adds v to the 32-bit number at a place. */
static void
add32(struct writer *w, size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++) {
		v += w->data[at + (size_t)i];
		w->data[at + (size_t)i] = (uint8_t)v;
		v >>= 8;
	}
}

static void
padding_inside_depends_on_where(void **state)
{
	struct writer w = quote_make(3, 5);

	(void)state;
	writer_u32le(&w, 0);
	add32(&w, 432, 4);
	assert_int_equal(parse(&w, NULL), DCI_OK);
	w.data[w.n - 1] = 7;
	assert_int_equal(parse(&w, NULL), DCI_QUOTE_TRAILING_BYTES);
	writer_free(&w);

	/* After the type 6 blob, but not within it. */
	w = quote_make(4, 5);
	writer_u32le(&w, 0);
	add32(&w, 432, 4);
	assert_int_equal(parse(&w, NULL), DCI_OK);
	add32(&w, 432 + 4 + 128 + 2, 4);
	assert_int_equal(parse(&w, NULL), DCI_QUOTE_MALFORMED);
	writer_free(&w);
}

static void
lengths_that_lie_are_refused(void **state)
{
	static const uint32_t wrong[] = {1, 0xffffffff, 0x7fffffff, 100000};

	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		size_t at = version == 5 ? 438 : 432;

		for (size_t i = 0; i < 4; i++) {
			struct writer w = quote_make(version, 5);

			add32(&w, at, wrong[i]);
			assert_int_equal(parse(&w, NULL), DCI_QUOTE_MALFORMED);
			writer_free(&w);
			w = quote_make(version, 5);
			add32(&w, w.n - strlen(CHAIN) - 4, wrong[i]);
			assert_int_not_equal(parse(&w, NULL), DCI_OK);
			writer_free(&w);
		}
	}
	/* An inner length that would wrap when 6 is added. */
	struct writer w = quote_make(4, 5);
	memset(w.data + 432 + 4 + 128 + 2, 0xff, 4);
	assert_int_equal(parse(&w, NULL), DCI_QUOTE_MALFORMED);
	writer_free(&w);
}

static void
header_fields_have_their_own_codes(void **state)
{
	static const struct {
		unsigned version;
		size_t at;
		uint8_t value;
		enum dci_code code;
	} cases[] = {
	    {3, 0, 2, DCI_QUOTE_VERSION_UNSUPPORTED},
	    {3, 0, 6, DCI_QUOTE_VERSION_UNSUPPORTED},
	    {3, 1, 1, DCI_QUOTE_VERSION_UNSUPPORTED},
	    {3, 2, 3, DCI_QUOTE_KEY_TYPE_UNSUPPORTED},
	    {3, 4, 0x81, DCI_QUOTE_TEE_UNSUPPORTED},
	    {4, 4, 0x81, DCI_TDX_NOT_SUPPORTED},
	    {5, 4, 0x81, DCI_TDX_NOT_SUPPORTED},
	    {4, 4, 0x82, DCI_QUOTE_TEE_UNSUPPORTED},
	    {4, 7, 0x80, DCI_QUOTE_TEE_UNSUPPORTED},
	    {3, 12, 0, DCI_QUOTE_VENDOR_UNKNOWN},
	    {3, 27, 0, DCI_QUOTE_VENDOR_UNKNOWN},
	    {5, 48, 2, DCI_QUOTE_BODY_MISMATCH},
	    {5, 48, 0, DCI_QUOTE_BODY_MISMATCH},
	    {5, 50, 0x81, DCI_QUOTE_BODY_MISMATCH},
	    {5, 53, 1, DCI_QUOTE_BODY_MISMATCH},
	    {4, 436 + 128, 5, DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writer w = quote_make(cases[i].version, 5);

		w.data[cases[i].at] = cases[i].value;
		assert_int_equal(parse(&w, NULL), cases[i].code);
		writer_free(&w);
	}
}

static void
certification_types_1_to_5_parse(void **state)
{
	(void)state;
	for (unsigned version = 3; version <= 5; version++) {
		for (uint16_t type = 0; type < 9; type++) {
			struct writer w = quote_make(version, type);

			assert_int_equal(parse(&w, NULL),
			    type >= 1 && type <= 5
				? DCI_OK
				: DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED);
			writer_free(&w);
		}
	}
}

static void
oversized_quotes_are_refused(void **state)
{
	struct writer w = quote_make(3, 5);

	(void)state;
	while (w.n < LIMIT_QUOTE)
		writer_u8(&w, 0);
	assert_int_equal(parse(&w, NULL), DCI_OK);
	writer_u8(&w, 0);
	assert_int_equal(parse(&w, NULL), DCI_QUOTE_TOO_LARGE);
	writer_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_versions_are_read),
	    cmocka_unit_test(every_truncation_is_refused),
	    cmocka_unit_test(only_zeros_may_follow),
	    cmocka_unit_test(padding_inside_depends_on_where),
	    cmocka_unit_test(lengths_that_lie_are_refused),
	    cmocka_unit_test(header_fields_have_their_own_codes),
	    cmocka_unit_test(certification_types_1_to_5_parse),
	    cmocka_unit_test(oversized_quotes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
