/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/limits.h"
#include "dci/result.h"

#define SET                                      \
	"X-Delegating-Certificate: Q0VSVA==\r\n" \
	"X-Delegating-Signature: U0lH\r\n"       \
	"X-Delegating-Chain: Q0hB\r\n"

static struct dci_result_headers h;
static struct dci_failure f;

/* In memory of exactly that size. */
static int
parse_n(const char *text, size_t n)
{
	static char *copy;

	free(copy);
	copy = malloc(n + 1);
	assert_non_null(copy);
	memcpy(copy, text, n);
	memset(&f, 0, sizeof(f));
	return dci_result_headers_parse(&h, copy, n, &f);
}

static int
parse(const char *text)
{
	return parse_n(text, strlen(text));
}

static void
is(const char *value, size_t n, const char *expected)
{
	assert_non_null(value);
	assert_int_equal(n, strlen(expected));
	assert_memory_equal(value, expected, n);
}

static void
refused(const char *text)
{
	assert_int_equal(parse(text), -1);
	assert_int_equal(f.code, DCI_RESULT_HEADERS_MALFORMED);
	assert_null(h.certificate);
	assert_null(h.signature);
	assert_null(h.chain);
}

static void
one_block_as_curl_writes_it(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("HTTP/1.1 200 OK\r\nDate: now\r\n" SET "\r\n"), 0);
	assert_int_equal(h.status, 200);
	is(h.certificate, h.certificate_size, "Q0VSVA==");
	is(h.signature, h.signature_size, "U0lH");
	is(h.chain, h.chain_size, "Q0hB");
	assert_int_equal(
	    parse("HTTP/2 200 \r\nx-delegating-chain:\t A \t\r\n"), 0);
	assert_int_equal(h.status, 200);
	is(h.chain, h.chain_size, "A");
	assert_null(h.certificate);
	/* bare line ends, no status line, no end */
	assert_int_equal(parse("X-DELEGATING-SIGNATURE:U0lH"), 0);
	is(h.signature, h.signature_size, "U0lH");
	assert_int_equal(h.status, 0);
	assert_int_equal(parse(""), 0);
	assert_null(h.signature);
	assert_int_equal(parse("HTTP/1.1 400 Bad\nX-Delegating-Chain:\n\n"), 0);
	assert_int_equal(h.status, 400);
	is(h.chain, h.chain_size, "");
}

static void
the_last_block_counts(void **state)
{
	(void)state;
	assert_int_equal(parse("HTTP/1.1 100 Continue\r\n\r\n"
			       "HTTP/1.1 302 Found\r\n"
			       "X-Delegating-Signature: old\r\n"
			       "X-Delegating-Chain: old\r\n\r\n"
			       "HTTP/1.1 200 OK\r\n"
			       "X-Delegating-Signature: new\r\n\r\n"),
	    0);
	assert_int_equal(h.status, 200);
	is(h.signature, h.signature_size, "new");
	assert_null(h.chain);
	assert_int_equal(
	    parse("HTTP/1.1 200 OK\r\n" SET "\r\nHTTP/1.1 503 No\r\n\r\n"), 0);
	assert_int_equal(h.status, 503);
	assert_null(h.certificate);
}

static void
what_is_doubtful_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    SET "x-delegating-chain: Q0hB\r\n",
	    SET SET,
	    "HTTP/1.1 200 OK\r\nX-Delegating-Chain: Q0\r\n hB\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n",
	    " HTTP/1.1 200 OK\r\n",
	    "HTTP/1.1 200 OK\r\nX-Delegating-Chain : Q0hB\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n: empty\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n\r\nTrailer: x\r\n",
	    "HTTP/1.1 200 OK\r\n\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nA: b\r\nHTTP/1.1 200 OK\r\n\r\n",
	    "HTTP/1.1 20 OK\r\n",
	    "HTTP/1.1 2000\r\n",
	    "HTTP/1.1\r\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i]);
}

static void
nul_bytes_and_sizes(void **state)
{
	(void)state;
	static char large[LIMIT_HEADERS + 1];
	static const char nul[] = "X-Delegating-Chain: A\0B\r\n";
	static const char name[] = "X-Delegating-\0Chain: A\r\n";

	assert_int_equal(parse_n(nul, sizeof(nul) - 1), 0);
	assert_int_equal(h.chain_size, 3); /* base64 will refuse it */
	assert_int_equal(parse_n(name, sizeof(name) - 1), -1);
	memset(large, 'a', sizeof(large));
	large[1] = ':';
	assert_int_equal(parse_n(large, LIMIT_HEADERS), 0);
	assert_int_equal(parse_n(large, LIMIT_HEADERS + 1), -1);
	assert_int_equal(f.code, DCI_RESULT_HEADERS_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_block_as_curl_writes_it),
	    cmocka_unit_test(the_last_block_counts),
	    cmocka_unit_test(what_is_doubtful_is_refused),
	    cmocka_unit_test(nul_bytes_and_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
