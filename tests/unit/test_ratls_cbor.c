/* SPDX-License-Identifier: BSD-3-Clause */
/* Strict CBOR: what is taken, what is refused and why. */
#include <cbor.h>

#include "ratls/cbor_walk.h"
#include "ratls/cbor_write.h"
#include "ratls_sample.h"

struct sample {
	const char *hex;
	const char *why; /* a part of the reason; NULL: taken */
};

static const struct sample samples[] = {
    /* RFC 8949, appendix A. */
    {"00", NULL},
    {"17", NULL},
    {"1818", NULL},
    {"1903e8", NULL},
    {"1a000f4240", NULL},
    {"1bffffffffffffffff", NULL},
    {"20", NULL},
    {"3bffffffffffffffff", NULL},
    {"f90000", NULL},
    {"fa47c35000", NULL},
    {"fb3ff199999999999a", NULL},
    {"f4", NULL},
    {"f6", NULL},
    {"f7", NULL},
    {"40", NULL},
    {"4401020304", NULL},
    {"6449455446", NULL},
    {"80", NULL},
    {"83010203", NULL},
    {"a0", NULL},
    {"a201020304", NULL},
    {"c11a514b67b0", NULL},
    /* Four levels, and not five. */
    {"8181818100", NULL},
    {"81818181818100", "nested"},
    {"8181818180", "nested"},
    {"c1c1c1c100", NULL},
    {"c1c1c1c1c100", "nested"},
    {"a100a100a100a10000", NULL},
    {"a100a100a100a100a10000", "nested"},
    /* Heads that are too long. */
    {"1800", "shortest"},
    {"1817", "shortest"},
    {"1900ff", "shortest"},
    {"1a0000ffff", "shortest"},
    {"1b00000000ffffffff", "shortest"},
    {"3817", "shortest"},
    {"3900ff", "shortest"},
    {"5800", "shortest"},
    {"590001ff", "shortest"},
    {"7800", "shortest"},
    {"980100", "shortest"},
    {"b8010000", "shortest"},
    {"d80100", "shortest"},
    /* Indefinite lengths. */
    {"5fff", "indefinite"},
    {"7fff", "indefinite"},
    {"9fff", "indefinite"},
    {"bfff", "indefinite"},
    {"ff", "indefinite"},
    {"81ff", "indefinite"},
    /* Reserved. */
    {"1c", "reserved"},
    {"3d", "reserved"},
    {"5e", "reserved"},
    {"7c", "reserved"},
    {"9d", "reserved"},
    {"be", "reserved"},
    {"de", "reserved"},
    {"fc", "reserved"},
    {"e0", "reserved"},
    {"f818", "reserved"},
    /* Too short. */
    {"", "end"},
    {"18", "longer"},
    {"4401", "longer"},
    {"5bffffffffffffffff00", "longer"},
    {"81", "more items"},
    {"8201", "more items"},
    {"a1", "more items"},
    {"a100", "end"},
    {"9bffffffffffffffff", "more items"},
    {"bbffffffffffffffff", "more items"},
    {"bb8000000000000000", "more items"},
    {"c1", "end"},
    {"fb00", "longer"},
    /* Too long. */
    {"0000", "after"},
    {"8000", "after"},
};

static size_t
sample_bytes(uint8_t out[static 64], const struct sample *s)
{
	size_t n = strlen(s->hex) / 2;

	assert_true(n <= 64);
	assert_true(hex_decode(out, n, s->hex, strlen(s->hex)));
	return n;
}

static bool
taken(struct cbor_walk *w)
{
	return cbor_skip(w, 0) && cbor_end(w);
}

static void
test_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		uint8_t data[64];
		struct bytes b = {data, sample_bytes(data, &samples[i])};
		struct cbor_walk w = cbor_walk_of(b);
		bool ok = taken(&w);

		if (ok != (samples[i].why == NULL))
			fail_msg("%s: %s", samples[i].hex, ok ? "ok" : w.why);
		if (!ok && strstr(w.why, samples[i].why) == NULL)
			fail_msg("%s: %s", samples[i].hex, w.why);
	}
}

static void
test_outer_levels_count(void **state)
{
	static const uint8_t two[] = {0x81, 0x81, 0x00};
	struct bytes b = {two, sizeof(two)};

	(void)state;
	struct cbor_walk w = cbor_walk_of(b);
	assert_true(cbor_skip(&w, LIMIT_CBOR_DEPTH - 2));
	w = cbor_walk_of(b);
	assert_false(cbor_skip(&w, LIMIT_CBOR_DEPTH - 1));
	w = cbor_walk_of(b);
	assert_false(cbor_skip(&w, LIMIT_CBOR_DEPTH + 7));
}

/* The library's own parser and serialiser agree with whatever we take. */
static void
test_agrees_with_libcbor(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		uint8_t data[64], again[64];
		size_t n = sample_bytes(data, &samples[i]);
		struct cbor_load_result result;

		if (samples[i].why != NULL)
			continue;
		cbor_item_t *item = cbor_load(data, n, &result);
		assert_non_null(item);
		assert_int_equal(result.read, n);
		assert_int_equal(cbor_serialize(item, again, sizeof(again)), n);
		assert_memory_equal(again, data, n);
		cbor_decref(&item);
	}
}

static void
test_writes_what_it_reads(void **state)
{
	static const uint64_t values[] = {0, 23, 24, 255, 256, 65535, 65536,
	    UINT32_MAX, (uint64_t)UINT32_MAX + 1, UINT64_MAX};
	struct cbor_item item;

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct writer out CLEANUP(writer_free) = writer_new(64);

		cbor_write_unsigned(&out, values[i]);
		cbor_write_tag(&out, values[i]);
		cbor_write_map(&out, 1);
		cbor_write_text(&out, "");
		cbor_write_array(&out, 1);
		cbor_write_bytes(&out, (struct bytes){(uint8_t[]){7}, 1});
		assert_false(out.failed);
		struct cbor_walk w =
		    cbor_walk_of((struct bytes){out.data, out.n});
		assert_true(cbor_expect(&w, CBOR_KIND_UNSIGNED, &item));
		assert_true(item.value == values[i]);
		assert_true(cbor_expect(&w, CBOR_KIND_TAG, &item));
		assert_true(item.value == values[i]);
		assert_true(cbor_expect(&w, CBOR_KIND_MAP, &item));
		assert_true(cbor_expect(&w, CBOR_KIND_TEXT, &item));
		assert_int_equal(item.content.n, 0);
		assert_true(cbor_expect(&w, CBOR_KIND_ARRAY, &item));
		assert_true(cbor_expect(&w, CBOR_KIND_BYTES, &item));
		assert_int_equal(item.content.p[0], 7);
		assert_true(cbor_end(&w));
	}
}

static void
test_expect_names_what_it_found(void **state)
{
	struct cbor_walk w = cbor_walk_of((struct bytes){(uint8_t[]){0xa0}, 1});
	struct cbor_item item;

	(void)state;
	assert_false(cbor_expect(&w, CBOR_KIND_BYTES, &item));
	assert_string_equal(w.why, "a map");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_outer_levels_count),
	    cmocka_unit_test(test_agrees_with_libcbor),
	    cmocka_unit_test(test_writes_what_it_reads),
	    cmocka_unit_test(test_expect_names_what_it_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
