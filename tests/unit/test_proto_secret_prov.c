/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "proto/secret_prov.h"

/* Byte for byte what Gramine's clients and servers send. */
static const char wire_request[35] = "SECRET_PROVISION_RA_TLS_REQUEST_V1";
static const char wire_response[] =
    "SECRET_PROVISION_RA_TLS_RESPONSE_V1:\0\0\0\0\x03"
    "key";

static void
request_is_gramines(void **state)
{
	struct writer w = writer_new(100);

	(void)state;
	secret_prov_request_encode(&w);
	assert_int_equal(w.n, sizeof(wire_request));
	assert_memory_equal(w.data, wire_request, w.n);
	writer_free(&w);
}

static void
request_is_taken_only_whole(void **state)
{
	struct dci_failure f;

	(void)state;
	for (size_t n = 0; n <= sizeof(wire_request); n++) {
		struct reader r = reader_of(wire_request, n);
		bool whole = n == sizeof(wire_request);

		assert_int_equal(secret_prov_request_decode(&r, &f),
		    whole ? DECODED_DONE : DECODED_MORE);
		assert_int_equal(r.n, whole ? 0 : n);
	}
}

static void
wrong_request_is_refused_at_its_first_wrong_byte(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(wire_request); n++) {
		char bytes[sizeof(wire_request)];
		struct dci_failure f;

		memcpy(bytes, wire_request, sizeof(bytes));
		bytes[n] ^= 0x20;
		struct reader r = reader_of(bytes, n + 1);
		assert_int_equal(
		    secret_prov_request_decode(&r, &f), DECODED_BAD);
		assert_int_equal(f.code, DCI_REQUEST_MALFORMED);
	}
}

static void
response_is_gramines(void **state)
{
	struct writer w = writer_new(100);

	(void)state;
	secret_prov_response_encode(
	    &w, (struct bytes){(const uint8_t *)"key", 3});
	assert_int_equal(w.n, sizeof(wire_response) - 1);
	assert_memory_equal(w.data, wire_response, w.n);
	writer_free(&w);
}

static void
response_is_taken_only_whole(void **state)
{
	size_t all = sizeof(wire_response) - 1;

	(void)state;
	for (size_t n = 0; n <= all; n++) {
		struct reader r = reader_of(wire_response, n);
		struct dci_failure f;
		struct bytes secret;
		enum decoded got = secret_prov_response_decode(&r, &secret, &f);

		assert_int_equal(got, n == all ? DECODED_DONE : DECODED_MORE);
		if (n == all)
			assert_memory_equal(secret.p, "key", 3);
	}
}

static void
secret_sizes_are_bounded(void **state)
{
	static const struct {
		uint8_t size[4];
		enum decoded result;
	} cases[] = {
	    {{0, 0, 0, 0}, DECODED_BAD},
	    {{0, 0, 0, 1}, DECODED_MORE},
	    {{0, 0, 0x10, 0}, DECODED_MORE},
	    {{0, 0, 0x10, 1}, DECODED_BAD},
	    {{0x80, 0, 0, 0}, DECODED_BAD},
	    {{0xff, 0xff, 0xff, 0xff}, DECODED_BAD},
	};
	struct writer w = writer_new(100);
	uint8_t big[LIMIT_SECRET + 1] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[SECRET_PROV_HEADER_SIZE];
		struct dci_failure f;
		struct bytes secret;

		memcpy(bytes, wire_response, sizeof(bytes));
		memcpy(bytes + 37, cases[i].size, 4);
		struct reader r = reader_of(bytes, sizeof(bytes));
		assert_int_equal(secret_prov_response_decode(&r, &secret, &f),
		    cases[i].result);
	}
	secret_prov_response_encode(&w, (struct bytes){big, sizeof(big)});
	assert_true(w.failed);
	writer_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_is_gramines),
	    cmocka_unit_test(request_is_taken_only_whole),
	    cmocka_unit_test(wrong_request_is_refused_at_its_first_wrong_byte),
	    cmocka_unit_test(response_is_gramines),
	    cmocka_unit_test(response_is_taken_only_whole),
	    cmocka_unit_test(secret_sizes_are_bounded),
	};

	return cmocka_run_group_tests_name(
	    "proto_secret_prov", tests, NULL, NULL);
}
