/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request says, and what an answer's words and statuses are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "proto/report.h"
#include "verifier/query.h"
#include "verifier/request.h"

/* 300 characters of base64, so that the short way is taken. */
#define A10   "AAAAAAAAAA"
#define A100  A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define LONG  A100 A100 A100
#define SHORT "AAAA"

static enum dci_code
parse(const char *text, size_t *quote, char *nonce)
{
	struct dci_failure f = {.code = DCI_OK};
	struct request r;
	int rc = request_parse(
	    &r, (struct bytes){(const uint8_t *)text, strlen(text)}, &f);

	assert_int_equal(rc == 0, f.code == DCI_OK);
	if (rc != 0) {
		assert_null(r.quote);
		assert_null(r.nonce);
		assert_true(f.sentence[0] != '\0');
		return f.code;
	}
	*quote = r.quote_size;
	snprintf(nonce, 160, "%s", r.nonce != NULL ? r.nonce : "(none)");
	request_free(&r);
	return DCI_OK;
}

static void
taken(void **state)
{
	static const struct {
		const char *text;
		size_t quote;
		const char *nonce;
	} rows[] = {
	    {"{\"isvQuote\":\"" LONG "\"}", 225, "(none)"},
	    {"{\"isvQuote\":\"" SHORT "\"}", 3, "(none)"},
	    {"{\"isvQuote\":\"" LONG "\",\"nonce\":\"abc\"}", 225, "abc"},
	    {"{\"nonce\":\"abc\",\"isvQuote\":\"" LONG "\"}", 225, "abc"},
	    {"{\"nonce\":\"a\\nb\",\"isvQuote\":\"" LONG "\"}", 225, "a\nb"},
	    {"{\"nonce\":\"\xf4\x8f\xbf\xbf\",\"isvQuote\":\"" LONG "\"}", 225,
		"\xf4\x8f\xbf\xbf"},
	    /* The longest string is another one. */
	    {"{\"x\":\"" LONG A10 "\",\"isvQuote\":\"" LONG "\"}", 225,
		"(none)"},
	    {"{\"" LONG A10 "\":0,\"isvQuote\":\"" LONG "\"}", 225, "(none)"},
	    {"{\"x\":\"" LONG "\",\"isvQuote\":\"" SHORT "\"}", 3, "(none)"},
	    {"{\"x\":{\"isvQuote\":\"" LONG "\"},\"isvQuote\":\"" SHORT "\"}",
		3, "(none)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char nonce[160];
		size_t quote;

		assert_int_equal(parse(rows[i].text, &quote, nonce), DCI_OK);
		assert_int_equal(quote, rows[i].quote);
		assert_string_equal(nonce, rows[i].nonce);
	}
}

static void
refused(void **state)
{
	static const struct {
		const char *text;
		enum dci_code code;
	} rows[] = {
	    {"", DCI_BODY_MALFORMED},
	    {"\"" LONG "\"", DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"" LONG "\"", DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"" LONG "\"}}", DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"" LONG, DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"" LONG "\",\"isvQuote\":\"" LONG "\"}",
		DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"a\"" LONG "\"b\"}", DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":" LONG "}", DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"\xf4\x8f\xbf\xbf\",\"x\":\"" LONG "\"}",
		DCI_QUOTE_NOT_BASE64},
	    {"{\"isvQuote\":\"\\udbff\\udfff\",\"x\":\"" LONG "\"}",
		DCI_QUOTE_NOT_BASE64},
	    {"{\"x\":{\"isvQuote\":\"" LONG "\"}}", DCI_QUOTE_MISSING},
	    {"{\"" LONG "\":\"isvQuote\"}", DCI_QUOTE_MISSING},
	    {"{\"isvQuote\":{}}", DCI_BODY_MALFORMED},
	    {"{\"isvQuote\":\"" LONG "A\"}", DCI_QUOTE_NOT_BASE64},
	    {"{\"isvQuote\":\"" LONG "AAB=\"}", DCI_QUOTE_NOT_BASE64},
	    {"{\"isvQuote\":\"" LONG "\t\"}", DCI_QUOTE_NOT_BASE64},
	    {"{\"isvQuote\":\"" LONG "\xff\"}", DCI_QUOTE_NOT_BASE64},
	    {"{\"isvQuote\":\"" LONG "\",\"nonce\":{}}",
		DCI_NONCE_UNACCEPTABLE},
	    {"{\"isvQuote\":\"" LONG "\",\"nonce\":\"" A10 A10 A10 "AAA\"}",
		DCI_NONCE_UNACCEPTABLE},
	    /* A nonce that only looks short when the quote is cut out. */
	    {"{\"isvQuote\":\"" SHORT "\",\"nonce\":\"" LONG "\"}",
		DCI_NONCE_UNACCEPTABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char nonce[160];
		size_t quote;

		assert_int_equal(
		    parse(rows[i].text, &quote, nonce), rows[i].code);
	}
}

/* Each value costs an allocation, and an empty one takes three bytes. */
static void
many_values(void **state)
{
	static const char *const pieces[] = {"[],", "{},", "0,", "\"\","};
	static char text[LIMIT_HTTP_BODY];

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		bool brackets = strchr("[{", pieces[i][0]) != NULL;

		for (size_t n = 0; n < 3; n++) {
			/* Two brackets and a comma are there anyway. */
			size_t most =
			    (LIMIT_HTTP_VALUES - 3) / (brackets ? 2 : 1);
			size_t values = n == 0 ? most : most + n * n * n;
			char nonce[160];
			size_t quote, at;

			at = (size_t)snprintf(text, sizeof(text),
			    "{\"isvQuote\":\"" LONG "\",\"x\":[");
			for (size_t k = 0; k < values; k++)
				at += (size_t)snprintf(text + at,
				    sizeof(text) - at, "%s", pieces[i]);
			snprintf(text + at, sizeof(text) - at, "0]}");
			assert_int_equal(parse(text, &quote, nonce),
			    n == 0 ? DCI_OK : DCI_BODY_MALFORMED);
		}
	}
}

static void
accept_header(void **state)
{
	(void)state;
	assert_false(query_accepts_ear(NULL));
	assert_false(query_accepts_ear(""));
	assert_false(query_accepts_ear("*/*"));
	assert_false(query_accepts_ear("application/json"));
	assert_false(query_accepts_ear("application/eat+jwtx"));
	assert_false(query_accepts_ear("xapplication/eat+jwt"));
	assert_false(query_accepts_ear("application/eat+jwt;q=0"));
	assert_false(query_accepts_ear("application/eat+jwt ; q=0.000"));
	assert_false(query_accepts_ear("application/eat+jwt;x=1;q=0"));
	assert_false(query_accepts_ear("application/eat+jwt;x;q=0;y"));
	assert_false(query_accepts_ear("application/eat+jwt; Q=0.0 ;x=\"1\""));
	assert_false(query_accepts_ear(",,;;,="));
	assert_true(query_accepts_ear("application/eat+jwt"));
	assert_true(query_accepts_ear("Application/EAT+JWT"));
	assert_true(query_accepts_ear("text/html, application/eat+jwt"));
	assert_true(query_accepts_ear("application/eat+jwt; q=0.1"));
	assert_true(query_accepts_ear("application/eat+jwt;seq=0"));
	assert_true(query_accepts_ear("application/eat+jwt;;x;q=1.0;"));
	assert_true(query_accepts_ear("  application/eat+jwt  ,x"));
}

static void
words_go_both_ways(void **state)
{
	(void)state;
	for (unsigned s = 0; s < DCI_STATUSES; s++) {
		const char *word =
		    report_status_word((enum dci_status)s, DCI_OK);

		if (s == DCI_STATUS_INVALID) {
			assert_null(word);
			continue;
		}
		assert_non_null(word);
		assert_int_equal(report_status_by_word(word), s);
	}
	assert_string_equal(
	    report_status_word(DCI_STATUS_INVALID, DCI_QUOTE_SIGNATURE_INVALID),
	    "SIGNATURE_INVALID");
	assert_int_equal(
	    report_status_by_word("SIGNATURE_INVALID"), DCI_STATUS_INVALID);
	assert_int_equal(report_status_by_word("ok"), DCI_STATUSES);
	assert_null(
	    report_status_word(DCI_STATUS_REVOKED, DCI_TCB_SIGNER_REVOKED));
	assert_null(report_status_word(
	    DCI_STATUS_REVOKED, DCI_QE_IDENTITY_SIGNER_REVOKED));
}

static void
http_statuses(void **state)
{
	static const struct {
		enum dci_code code;
		int status;
	} rows[] = {
	    {DCI_OK, 200},
	    {DCI_BODY_MALFORMED, 400},
	    {DCI_QUOTE_TOO_LARGE, 400},
	    {DCI_TDX_NOT_SUPPORTED, 400},
	    {DCI_PCK_ROOT_UNTRUSTED, 400},
	    {DCI_PCK_CHAIN_EXPIRED, 400},
	    {DCI_QE_IDENTITY_MISMATCH, 400},
	    {DCI_QE_REPORT_MISMATCH, 400},
	    {DCI_TCB_NOT_SUPPORTED, 400},
	    {DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED, 400},
	    {DCI_REQUEST_FRAMING, 400},
	    {DCI_PATH_UNKNOWN, 404},
	    {DCI_METHOD_NOT_ALLOWED, 405},
	    {DCI_TCB_INFO_MISMATCH, 500},
	    {DCI_TCB_INFO_EXPIRED, 500},
	    {DCI_QE_IDENTITY_MISSING, 500},
	    {DCI_ROOT_CRL_MALFORMED, 500},
	    {DCI_PCK_CRL_OF_OTHER_CA, 500},
	    {DCI_TCB_SIGNER_REVOKED, 500},
	    {DCI_QE_IDENTITY_SIGNER_REVOKED, 500},
	    {DCI_COLLATERAL_UNAVAILABLE, 500},
	    {DCI_OUT_OF_MEMORY, 500},
	    {DCI_RESULT_UNSIGNED, 500},
	    {DCI_NOT_DELEGATED, 503},
	    {DCI_TOO_MANY_REQUESTS, 503},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    dci_code_http_status(rows[i].code), rows[i].status);
}

/* status, hardware, configuration, executables, runtime_opaque */
static void
ear_mapping(void **state)
{
	static const struct {
		enum dci_status status;
		struct ear_vector strict, debug, tolerated;
	} rows[DCI_STATUSES] = {
	    {DCI_STATUS_INVALID, {96, 99, 99, 99, 99}, {96, 99, 99, 99, 99},
		{96, 99, 99, 99, 99}},
	    {DCI_STATUS_REVOKED, {96, 96, 0, 0, 0}, {96, 96, 0, 0, 96},
		{96, 96, 0, 0, 0}},
	    {DCI_STATUS_UP_TO_DATE, {2, 2, 2, 0, 2}, {96, 2, 2, 0, 96},
		{2, 2, 2, 0, 2}},
	    {DCI_STATUS_SW_HARDENING_NEEDED, {32, 32, 2, 0, 2},
		{96, 32, 2, 0, 96}, {32, 32, 2, 0, 2}},
	    {DCI_STATUS_CONFIGURATION_NEEDED, {32, 2, 32, 0, 2},
		{96, 2, 32, 0, 96}, {32, 2, 32, 0, 2}},
	    {DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED,
		{32, 32, 32, 0, 2}, {96, 32, 32, 0, 96}, {32, 32, 32, 0, 2}},
	    {DCI_STATUS_OUT_OF_DATE, {96, 96, 0, 0, 0}, {96, 96, 0, 0, 96},
		{32, 32, 2, 0, 2}},
	    {DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED, {96, 96, 32, 0, 0},
		{96, 96, 32, 0, 96}, {32, 32, 32, 0, 2}},
	    {DCI_STATUS_TD_RELAUNCH_ADVISED, {32, 32, 2, 0, 2},
		{96, 32, 2, 0, 96}, {32, 32, 2, 0, 2}},
	    {DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
		{32, 32, 32, 0, 2}, {96, 32, 32, 0, 96}, {32, 32, 32, 0, 2}},
	};

	(void)state;
	for (size_t i = 0; i < DCI_STATUSES; i++) {
		struct ear_vector got[] = {
		    ear_vector_of(rows[i].status, false, false),
		    ear_vector_of(rows[i].status, true, false),
		    ear_vector_of(rows[i].status, false, true)};

		assert_int_equal(rows[i].status, i);
		assert_memory_equal(&got[0], &rows[i].strict, sizeof(got[0]));
		assert_memory_equal(&got[1], &rows[i].debug, sizeof(got[0]));
		assert_memory_equal(
		    &got[2], &rows[i].tolerated, sizeof(got[0]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(taken),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(many_values),
	    cmocka_unit_test(accept_header),
	    cmocka_unit_test(words_go_both_ways),
	    cmocka_unit_test(http_statuses),
	    cmocka_unit_test(ear_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
