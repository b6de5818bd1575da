/* SPDX-License-Identifier: BSD-3-Clause */
/* Whatever is logged, a line is one line, and a reader gets back what was put
 * in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "base/log.h"

static char line[8192];
static size_t line_n;

/* Ends the line and catches it from standard error. */
static void
catch_line(struct log_line *l)
{
	int pipes[2], saved = dup(STDERR_FILENO);

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	log_end(l);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipes[1]);
	ssize_t n = read(pipes[0], line, sizeof(line) - 1);
	close(pipes[0]);
	assert_true(n > 1);
	line_n = (size_t)n - 1;
	assert_int_equal(line[line_n], '\n');
	line[line_n] = '\0';
	for (size_t i = 0; i < line_n; i++)
		assert_in_range((unsigned char)line[i], 0x20, 0x7e);
}

static json_t *
caught_json(void)
{
	json_error_t error;
	json_t *j = json_loadb(
	    line, line_n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (j == NULL)
		print_message("%s\n%s\n", error.text, line);
	assert_true(json_is_object(j));
	return j;
}

/* Moves *p past one "key=value"; strict. */
static bool
take_field(const char **p)
{
	const char *s = *p, *key = s;

	while ((*s >= 'a' && *s <= 'z') || *s == '_')
		s++;
	if (s == key || *s++ != '=')
		return false;
	if (*s != '"') {
		const char *value = s;

		while (*s > ' ' && *s != '"' && *s != '=' && *s != '\\')
			s++;
		*p = s;
		return s > value;
	}
	for (s++; *s != '"'; s++) {
		if (*s == '\0')
			return false;
		if (*s != '\\')
			continue;
		s++;
		if (*s == 'u' && strspn(s + 1, "0123456789abcdef") >= 4)
			s += 4;
		else if (*s != '"' && *s != '\\')
			return false;
	}
	*p = s + 1;
	return true;
}

static unsigned
caught_fields(void)
{
	const char *p = line;
	unsigned n = 0;

	for (;;) {
		if (!take_field(&p)) {
			print_message("at: %s\nof: %s\n", p, line);
			fail();
		}
		n++;
		if (*p == '\0')
			return n;
		assert_int_equal(*p++, ' ');
	}
}

/* --- every byte ------------------------------------------------------------- */

static void
test_json_gives_back_every_byte(void **state)
{
	struct log_line l;

	(void)state;
	log_init("test", LOG_FORMAT_JSON);
	for (unsigned byte = 0; byte < 256; byte++) {
		uint8_t text[3] = {'a', (uint8_t)byte, 'b'};

		log_begin(&l, LOG_LEVEL_INFO, "bytes");
		log_bytes(&l, "value", text, sizeof(text));
		log_int(&l, "after", 7);
		catch_line(&l);
		json_t *j = caught_json(), *v = json_object_get(j, "value");
		/* As U+0000 to U+00FF. */
		uint8_t want[4] = {'a', (uint8_t)byte, 'b'};
		size_t n = 3;
		if (byte >= 0x80) {
			want[1] = (uint8_t)(0xc0 | byte >> 6);
			want[2] = (uint8_t)(0x80 | (byte & 0x3f));
			want[3] = 'b';
			n = 4;
		}
		assert_int_equal(json_string_length(v), n);
		assert_memory_equal(json_string_value(v), want, n);
		assert_int_equal(
		    json_integer_value(json_object_get(j, "after")), 7);
		json_decref(j);
	}
}

static void
test_logfmt_every_byte(void **state)
{
	struct log_line l;

	(void)state;
	log_init("test", LOG_FORMAT_LOGFMT);
	for (unsigned byte = 0; byte < 256; byte++) {
		uint8_t text[1] = {(uint8_t)byte};

		log_begin(&l, LOG_LEVEL_WARN, "bytes");
		log_bytes(&l, "value", text, sizeof(text));
		log_int(&l, "after", 7);
		catch_line(&l);
		assert_int_equal(caught_fields(), 6);
	}
	log_begin(&l, LOG_LEVEL_WARN, "empty");
	log_text(&l, "value", "");
	catch_line(&l);
	assert_int_equal(caught_fields(), 5);
	assert_non_null(strstr(line, " value=\"\""));
}

static void
test_a_line_within_a_value_stays_one(void **state)
{
	struct log_line l;

	(void)state;
	log_init("test", LOG_FORMAT_LOGFMT);
	log_begin(&l, LOG_LEVEL_WARN, "refused");
	log_text(&l, "reason",
	    "x\" code=ok\nlevel=info event=certificate-issued serial=00\r\033[2J");
	catch_line(&l);
	assert_int_equal(caught_fields(), 5);
	assert_null(strstr(line, "x\" "));
}

/* --- too much ---------------------------------------------------------------- */

static void
too_much(enum log_format format, unsigned char filler, size_t n)
{
	static uint8_t value[6000];
	struct log_line l;

	memset(value, filler, sizeof(value));
	log_init("test", format);
	log_begin(&l, LOG_LEVEL_ERROR, "long");
	log_bytes(&l, "value", value, n);
	log_text(&l, "second", "two words");
	log_int(&l, "third", 1234567890123456789);
	log_hex(&l, "fourth", value, 64);
	log_time(&l, "fifth", 1767225600);
	log_bytes(&l, "sixth", value, sizeof(value));
	log_int(&l, "seventh", 1234567890123456789);
	catch_line(&l);
	if (format == LOG_FORMAT_LOGFMT) {
		caught_fields();
		return;
	}
	json_t *j = caught_json();
	json_t *third = json_object_get(j, "third");
	/* A number is there whole, or not at all. */
	if (third != NULL)
		assert_true(json_integer_value(third) == 1234567890123456789);
	json_decref(j);
}

static void
test_a_line_that_is_too_long(void **state)
{
	static const unsigned char fillers[] = {'a', '"', '\n', 0xff};

	(void)state;
	for (size_t i = 0; i < sizeof(fillers); i++) {
		for (size_t n = 0; n < 4200; n += n < 500 ? 37 : 1) {
			too_much(LOG_FORMAT_LOGFMT, fillers[i], n);
			too_much(LOG_FORMAT_JSON, fillers[i], n);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_gives_back_every_byte),
	    cmocka_unit_test(test_logfmt_every_byte),
	    cmocka_unit_test(test_a_line_within_a_value_stays_one),
	    cmocka_unit_test(test_a_line_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
