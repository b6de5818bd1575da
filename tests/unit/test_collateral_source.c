/* SPDX-License-Identifier: BSD-3-Clause */
/* URLs of sources, and the configuration of Intel's QCNL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/limits.h"
#include "collateral/source.h"

static struct collateral_source
fresh(void)
{
	struct collateral_source s;
	struct dci_failure f;

	assert_int_equal(source_init(&s, &f), 0);
	return s;
}

static void
defaults_are_intels(void **state)
{
	struct collateral_source s = fresh();

	(void)state;
	assert_int_equal(s.kind, SOURCE_NONE);
	assert_string_equal(s.url, SOURCE_INTEL_URL);
	assert_true(source_is_intel(&s));
	assert_null(s.root_crl);
	assert_null(s.ca);
	assert_false(s.unverified_tls);
	assert_int_equal(s.update, UPDATE_STANDARD);
	source_free(&s);
}

static void
a_url_becomes(const char *given, const char *expected)
{
	struct collateral_source s = fresh();
	struct dci_failure f;

	s.kind = SOURCE_PCS;
	assert_int_equal(source_set_url(&s, given, &f), 0);
	assert_string_equal(s.url, expected);
	assert_int_equal(s.kind, SOURCE_PCS);
	assert_false(source_is_intel(&s));
	/* What is normal already stays. */
	assert_int_equal(source_set_url(&s, expected, &f), 0);
	assert_string_equal(s.url, expected);
	source_free(&s);
}

static void
urls_are_normalised(void **state)
{
	(void)state;
	a_url_becomes("https://localhost:8081/sgx/certification/v4/",
	    "https://localhost:8081/sgx/certification/v4");
	a_url_becomes("https://localhost:8081/sgx/certification/v4",
	    "https://localhost:8081/sgx/certification/v4");
	a_url_becomes("https://localhost:8081/sgx/certification/v3/",
	    "https://localhost:8081/sgx/certification/v4");
	a_url_becomes("http://pccs/tdx/certification/v4//",
	    "http://pccs/sgx/certification/v4");
	a_url_becomes("HTTP://[::1]:8081", "http://[::1]:8081"
					   "/sgx/certification/v4");
	a_url_becomes("http://127.0.0.1:8081/",
	    "http://127.0.0.1:8081/sgx/certification/v4");
	a_url_becomes("https://cache.example/a/b/sgx/certification/v12",
	    "https://cache.example/a/b/sgx/certification/v4");
	a_url_becomes("https://me:secret@cache.example",
	    "https://me:secret@cache.example/sgx/certification/v4");
}

static void
intels_host_is_recognised(void **state)
{
	struct collateral_source s = fresh();
	struct dci_failure f;

	(void)state;
	assert_int_equal(source_set_url(&s, "https://other.example", &f), 0);
	assert_false(source_is_intel(&s));
	assert_int_equal(source_set_url(&s,
			     "https://API.trustedservices.intel.com/sgx/"
			     "certification/v3/",
			     &f),
	    0);
	assert_true(source_is_intel(&s));
	assert_int_equal(
	    source_set_url(
		&s, "https://api.trustedservices.intel.com.example", &f),
	    0);
	assert_false(source_is_intel(&s));
	source_free(&s);
}

static void
other_urls_are_refused(void **state)
{
	static const char *const bad[] = {"", "localhost:8081", "ftp://a/",
	    "file:///etc/passwd", "http://", "http:///sgx/certification/v4",
	    "http://a/sgx/certification/v", "http://a/v4",
	    "http://a/sgx/certification/v4/tcb",
	    "http://a/sgx/certification/v4?fmspc=1",
	    "http://a/sgx/certification/v4#x", "http://a b/", "http://a\n/",
	    "http://a:99999/", "http://a:b/", "http://a/\xc3\xa4/",
	    "//a/sgx/certification/v4", "http:a"};
	struct collateral_source s = fresh();
	char longest[SOURCE_URL_MAX + 20];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dci_failure f = {.code = DCI_OK};

		if (source_set_url(&s, bad[i], &f) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(f.code, DCI_SOURCE_URL);
		assert_string_equal(s.url, SOURCE_INTEL_URL);
	}
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "http://", 7);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(source_set_url(&s, longest, NULL), -1);
	source_free(&s);
}

/* The path that is added counts: an issuer's collector has room for so much
 * and would ask another host for what is left. */
static void
url_without_a_path_can_be_too_long(void **state)
{
	static const char path[] = "/sgx/certification/v4";
	char longest[SOURCE_URL_MAX + 1] = "http://";
	size_t n = SOURCE_URL_MAX - strlen(path);

	(void)state;
	memset(longest + 7, 'a', n - 7);
	struct collateral_source s = fresh();
	struct dci_failure f;
	assert_int_equal(source_set_url(&s, longest, &f), 0);
	assert_int_equal(strlen(s.url), SOURCE_URL_MAX);
	longest[n] = 'a';
	assert_int_equal(source_set_url(&s, longest, &f), -1);
	assert_int_equal(f.code, DCI_SOURCE_URL);
	assert_int_equal(strlen(s.url), SOURCE_URL_MAX);
	source_free(&s);
}

static void
messages_have_no_passwords(void **state)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
	    {"https://me:secret@a/x", "https://a/x"},
	    {"https://a/x", "https://a/x"},
	    {"https://a/x@y", "https://a/x@y"},
	    {"https://me:se@cret@a?q=@", "https://a?q=@"},
	    {"me:secret@a/x", "a/x"},
	    {"me:sec/ret@a/x", "a/x"},
	    {"https://a\n/", "https://a?/"},
	};
	struct collateral_source s = fresh();
	struct dci_failure f;
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		source_url_text(text, sizeof(text), cases[i].url);
		assert_string_equal(text, cases[i].shown);
	}
	assert_int_equal(source_set_url(&s, "ftp://me:secret@a/", &f), -1);
	assert_null(strstr(f.sentence, "secret"));
	assert_non_null(strstr(f.sentence, "ftp://a/"));
	source_free(&s);
}

/* --- QCNL ------------------------------------------------------------------
 */

static const char shipped[] =
    "{\n"
    "  // *** ATTENTION : This file is in JSON format so the keys are case "
    "sensitive. Don't change them.\n"
    "  \n"
    "  //PCCS server address\n"
    "  \"pccs_url\": \"https://pccs.example:8081/sgx/certification/v4/\",\n"
    "\n"
    "  // To accept insecure HTTPS certificate, set this option to false\n"
    "  \"use_secure_cert\": false,\n"
    "\n"
    "  //\"collateral_service\": \"https://api.trustedservices.intel.com/"
    "sgx/certification/v4/\",\n"
    "\n"
    "  /* \"pccs_api_version\": \"3.1\", */\n"
    "  \"retry_times\": 6,\n"
    "  \"retry_delay\": 10,\n"
    "  \"pck_cache_expire_hours\": 168,\n"
    "  \"custom_request_options\" : { \"get_cert\" : { \"headers\": "
    "{ \"head1\": \"value1\" }, } },\n"
    "  //\"local_pck_url\": \"http://localhost:8081/sgx/certification/v4/\"\n"
    "}\n";

static int
read_text(struct collateral_source *s, const char *text, struct dci_failure *f)
{
	return source_read_qcnl(s, "qcnl.conf", text, strlen(text), f);
}

static void
qcnl_as_it_is_shipped(void **state)
{
	struct collateral_source s = fresh();
	struct dci_failure f = {.code = DCI_OK};

	(void)state;
	if (read_text(&s, shipped, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_string_equal(
	    s.url, "https://pccs.example:8081/sgx/certification/v4");
	assert_true(s.unverified_tls);
	assert_int_equal(s.retries, 6);
	assert_int_equal(s.retry_seconds, 10);
	assert_int_equal(s.kind, SOURCE_NONE);
	source_free(&s);
}

static void
qcnl_in_lines(void **state)
{
	static const char text[] =
	    "# PCCS server address\r\n"
	    "PCCS_URL=https://pccs.example:8081/sgx/certification/v3/\r\n"
	    "\n"
	    "  # To accept insecure HTTPS certificate\n"
	    "USE_SECURE_CERT = FALSE\n"
	    "#COLLATERAL_SERVICE=https://api.trustedservices.intel.com/sgx/\n"
	    "RETRY_TIMES=2\n"
	    "LOCAL_PCK_URL=http://localhost/\n"
	    "RETRY_DELAY=7";
	struct collateral_source s = fresh();
	struct dci_failure f = {.code = DCI_OK};

	(void)state;
	if (read_text(&s, text, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_string_equal(
	    s.url, "https://pccs.example:8081/sgx/certification/v4");
	assert_true(s.unverified_tls);
	assert_int_equal(s.retries, 2);
	assert_int_equal(s.retry_seconds, 7);
	source_free(&s);
}

static void
qcnl_collateral_service_wins(void **state)
{
	struct collateral_source s = fresh();
	struct dci_failure f;

	(void)state;
	assert_int_equal(read_text(&s,
			     "{\"collateral_service\":\"http://b\","
			     "\"pccs_url\":\"http://a\"}",
			     &f),
	    0);
	assert_string_equal(s.url, "http://b/sgx/certification/v4");
	assert_int_equal(
	    read_text(&s, "COLLATERAL_SERVICE=http://c\nPCCS_URL=http://a", &f),
	    0);
	assert_string_equal(s.url, "http://c/sgx/certification/v4");
	assert_false(s.unverified_tls);
	source_free(&s);
}

static void
qcnl_comments_and_strings(void **state)
{
	static const char *const same[] = {
	    "{\"pccs_url\":\"http://a/sgx/certification/v4\"}",
	    "// first\n{\"pccs_url\":\"http://a/sgx/certification/v4\",}",
	    "/*x*//*y*/{\"pccs_url\":/**/\"http://a/sgx/certification/v4\""
	    ",//c\n/*d*/ }//end",
	    "{\"x\":\"/*\",\"pccs_url\":\"http://a/sgx/certification/v4\","
	    "\"y\":\"*/\\\"//\",\"z\":[1,2,]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct collateral_source s = fresh();
		struct dci_failure f;

		if (read_text(&s, same[i], &f) != 0)
			fail_msg("%s: %s", same[i], f.sentence);
		assert_string_equal(s.url, "http://a/sgx/certification/v4");
		source_free(&s);
	}
}

static void
qcnl_wrong_says_where(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {"", "neither pccs_url nor collateral_service"},
	    {"# all of it\n# is comment\n", "neither pccs_url"},
	    {"{}", "neither pccs_url"},
	    {"{\n\"pccs_url\":\n\"http://a\"\n", "line 4"},
	    {"{\"pccs_url\":\"http://a\"} x", "line 1"},
	    {"{\"pccs_url\":\"http://a\",\n\n\"pccs_url\":\"http://b\"}",
		"line 3"},
	    {"{\"pccs_url\":\"http://a\" /* }", "line 1"},
	    {"/* \"pccs_url\"", "line 1"},
	    {"{\"pccs_url\":5}", "pccs_url"},
	    {"{\"pccs_url\":\"gopher://a\"}", "gopher://a"},
	    {"{\"pccs_url\":\"http://a\",\"use_secure_cert\":\"no\"}",
		"the member use_secure_cert: expected true or false"},
	    {"{\"pccs_url\":\"http://a\",\"retry_times\":-1}",
		"the member retry_times"},
	    {"{\"pccs_url\":\"http://a\",\"retry_delay\":1e9}",
		"the member retry_delay"},
	    {"PCCS_URL=http://a\n\nRETRY_TIMES=many", "line 3"},
	    {"PCCS_URL=http://a\nUSE_SECURE_CERT",
		"line 2: expected KEY=value"},
	    {"PCCS_URL=http://a\nUSE_SECURE_CERT=NO", "line 2: expected true"},
	    {"PCCS_URL=here", "pccs_url"},
	    {"[\"pccs_url\"]", "line 1"},
	};
	struct collateral_source s = fresh();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dci_failure f = {.code = DCI_OK};

		if (read_text(&s, cases[i].text, &f) == 0)
			fail_msg("'%s' was taken", cases[i].text);
		assert_int_equal(f.code, DCI_QCNL_MALFORMED);
		if (strstr(f.sentence, cases[i].says) == NULL ||
		    strstr(f.sentence, "qcnl.conf") == NULL)
			fail_msg("'%s': %s", cases[i].text, f.sentence);
		assert_string_equal(s.url, SOURCE_INTEL_URL);
		assert_false(s.unverified_tls);
	}
	source_free(&s);
}

static void
qcnl_any_length_of_it(void **state)
{
	struct collateral_source s = fresh();
	struct dci_failure f;
	char *large = calloc(1, LIMIT_CONFIG + 1);

	(void)state;
	/* Cut anywhere, it is refused or read, and never over-read. */
	for (size_t n = 0; n < strlen(shipped); n++) {
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, shipped, n);
		(void)!source_read_qcnl(&s, "qcnl.conf", copy, n, &f);
		free(copy);
	}
	assert_non_null(large);
	assert_int_equal(
	    source_read_qcnl(&s, "qcnl.conf", large, LIMIT_CONFIG + 1, &f), -1);
	assert_int_equal(f.code, DCI_QCNL_MALFORMED);
	free(large);
	source_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults_are_intels),
	    cmocka_unit_test(urls_are_normalised),
	    cmocka_unit_test(intels_host_is_recognised),
	    cmocka_unit_test(other_urls_are_refused),
	    cmocka_unit_test(url_without_a_path_can_be_too_long),
	    cmocka_unit_test(messages_have_no_passwords),
	    cmocka_unit_test(qcnl_as_it_is_shipped),
	    cmocka_unit_test(qcnl_in_lines),
	    cmocka_unit_test(qcnl_collateral_service_wins),
	    cmocka_unit_test(qcnl_comments_and_strings),
	    cmocka_unit_test(qcnl_wrong_says_where),
	    cmocka_unit_test(qcnl_any_length_of_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
