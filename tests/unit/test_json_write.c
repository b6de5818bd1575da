/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/json_write.h"
#include "base/utf8.h"

static void
expect(struct writer *w, const char *text)
{
	assert_false(w->failed);
	assert_int_equal(w->n, strlen(text));
	assert_memory_equal(w->data, text, w->n);
	writer_free(w);
}

static void
commas_stand_between_values_only(void **state)
{
	struct writer w = writer_new(1000);
	struct json_writer j = jw_of(&w);

	(void)state;
	jw_object(&j, NULL);
	jw_array(&j, "empty");
	jw_array_end(&j);
	jw_array(&j, "list");
	jw_int(&j, NULL, 1);
	jw_object(&j, NULL);
	jw_object_end(&j);
	jw_array(&j, NULL);
	jw_array_end(&j);
	jw_bool(&j, NULL, true);
	jw_array_end(&j);
	jw_null(&j, "nothing");
	jw_object_end(&j);
	expect(&w, "{\"empty\":[],\"list\":[1,{},[],true],\"nothing\":null}");
}

static void
numbers_at_their_limits(void **state)
{
	struct writer w = writer_new(1000);
	struct json_writer j = jw_of(&w);

	(void)state;
	jw_array(&j, NULL);
	jw_int(&j, NULL, INT64_MIN);
	jw_int(&j, NULL, INT64_MAX);
	jw_time(&j, NULL, 0);
	jw_hex(&j, NULL, "", 0);
	jw_array_end(&j);
	expect(&w, "[-9223372036854775808,9223372036854775807,"
		   "\"1970-01-01T00:00:00Z\",\"\"]");
}

static void
hex_is_lower_case_and_complete(void **state)
{
	struct writer w = writer_new(1000);
	struct json_writer j = jw_of(&w);
	uint8_t data[70];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(0xa0 + i);
	jw_hex(&j, NULL, data, sizeof(data));
	assert_int_equal(w.n, 2 * sizeof(data) + 2);
	assert_memory_equal(w.data, "\"a0a1a2", 7);
	assert_memory_equal(w.data + w.n - 5, "e4e5\"", 5);
	writer_free(&w);
}

static void
what_json_forbids_is_escaped(void **state)
{
	struct writer w = writer_new(1000);
	struct json_writer j = jw_of(&w);

	(void)state;
	jw_text_n(&j, NULL, "a\"b\\c\n\r\t\0\x1f\x7f/", 12);
	expect(&w, "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\\u007f/\"");
}

static void
broken_utf8_is_replaced_byte_by_byte(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		"\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""},
	    {"a\xff"
	     "b",
		"\"a\xef\xbf\xbd"
		"b\""},
	    {"\xc3", "\"\xef\xbf\xbd\""},
	    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xf4\x90\x80\x80",
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xe2\x82\"", "\"\xef\xbf\xbd\xef\xbf\xbd\\\"\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writer w = writer_new(1000);
		struct json_writer j = jw_of(&w);

		jw_text(&j, NULL, cases[i].in);
		expect(&w, cases[i].out);
	}
}

/* Whatever bytes go in, a strict parser takes what comes out. */
static void
any_bytes_make_valid_json(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct writer w = writer_new(4096);
		struct json_writer j = jw_of(&w);
		uint8_t text[40];

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			text[i] = (uint8_t)(seed >> 24);
		}
		jw_object(&j, NULL);
		jw_text_n(&j, "text", text, sizeof(text));
		jw_object_end(&j);
		json_t *read = json_loadb((const char *)w.data, w.n,
		    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		assert_non_null(read);
		json_decref(read);
		writer_free(&w);
	}
}

static void
a_full_writer_stays_failed(void **state)
{
	struct writer w = writer_new(5);
	struct json_writer j = jw_of(&w);

	(void)state;
	jw_text(&j, NULL, "longer than five");
	assert_true(w.failed);
	writer_free(&w);
}

static void
taming_removes_what_terminals_obey(void **state)
{
	uint8_t text[] = "a\x1b[1m\xc2\x9b"
			 "b\x7f\xc3\xa4\xff";
	size_t n = utf8_tame(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(n, 11);
	assert_memory_equal(text, "a?[1m?b?\xc3\xa4?", n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commas_stand_between_values_only),
	    cmocka_unit_test(numbers_at_their_limits),
	    cmocka_unit_test(hex_is_lower_case_and_complete),
	    cmocka_unit_test(what_json_forbids_is_escaped),
	    cmocka_unit_test(broken_utf8_is_replaced_byte_by_byte),
	    cmocka_unit_test(any_bytes_make_valid_json),
	    cmocka_unit_test(a_full_writer_stays_failed),
	    cmocka_unit_test(taming_removes_what_terminals_obey),
	};

	return cmocka_run_group_tests_name("json_write", tests, NULL, NULL);
}
