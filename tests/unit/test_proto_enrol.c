/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "proto/enrol.h"

static void
frame_is_length_and_der(void **state)
{
	static const uint8_t wire[] = {3, 0, 0, 0, 'd', 'e', 'r'};
	struct writer w = writer_new(100);

	(void)state;
	enrol_frame_encode(&w, (struct bytes){(const uint8_t *)"der", 3});
	assert_int_equal(w.n, sizeof(wire));
	assert_memory_equal(w.data, wire, sizeof(wire));
	for (size_t n = 0; n <= w.n; n++) {
		struct reader r = reader_of(w.data, n);
		struct dci_failure f;
		struct bytes der;

		assert_int_equal(enrol_frame_decode(&r, 3, "It", &der, &f),
		    n == w.n ? DECODED_DONE : DECODED_MORE);
	}
	writer_free(&w);
}

static void
frame_lengths_are_bounded(void **state)
{
	static const uint8_t wrong[][4] = {{0, 0, 0, 0}, {11, 0, 0, 0},
	    {0, 0, 0, 0x80}, {0xff, 0xff, 0xff, 0xff}};
	struct writer w = writer_new(100);

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct reader r = reader_of(wrong[i], 4);
		struct dci_failure f;
		struct bytes der;

		assert_int_equal(
		    enrol_frame_decode(&r, 10, "It", &der, &f), DECODED_BAD);
		assert_int_equal(f.code, DCI_FRAME_LENGTH);
		assert_int_equal(r.n, 4);
	}
	enrol_frame_encode(&w, (struct bytes){wrong[0], 0});
	assert_true(w.failed);
	writer_free(&w);
}

static void
refusal_comes_back_as_sent(void **state)
{
	struct writer w = writer_new(2000);
	struct enrol_refusal got;
	struct dci_failure f;

	(void)state;
	enrol_refusal_encode(
	    &w, "pck-revoked", "The PCK is revoked \xe2\x80\x94 so.");
	for (size_t n = 0; n < w.n; n++) {
		struct reader r = reader_of(w.data, n);

		assert_int_equal(enrol_refusal_begins(&r), n >= 4);
		assert_int_equal(
		    enrol_refusal_decode(&r, &got, &f), DECODED_MORE);
		assert_int_equal(r.n, n);
	}
	struct reader r = reader_of(w.data, w.n);
	assert_int_equal(enrol_refusal_decode(&r, &got, &f), DECODED_DONE);
	assert_true(reader_done(&r));
	assert_string_equal(got.code, "pck-revoked");
	assert_string_equal(
	    got.sentence, "The PCK is revoked \xe2\x80\x94 so.");
	writer_free(&w);
}

static void
long_sentences_are_cut_at_a_character(void **state)
{
	struct writer w = writer_new(2000);
	struct enrol_refusal got;
	struct dci_failure f;
	char text[1200];

	(void)state;
	text[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	text[sizeof(text) - 1] = '\0';
	enrol_refusal_encode(&w, "code", text);
	struct reader r = reader_of(w.data, w.n);
	assert_int_equal(enrol_refusal_decode(&r, &got, &f), DECODED_DONE);
	assert_int_equal(strlen(got.sentence), DCI_SENTENCE_MAX - 1);
	writer_free(&w);
}

static void
terminal_commands_do_not_get_through(void **state)
{
	struct writer w = writer_new(2000);
	struct enrol_refusal got;
	struct dci_failure f;

	(void)state;
	enrol_refusal_encode(&w, "code",
	    "a\x1b]0;b\x07"
	    "c\xc2\x9b"
	    "d\n");
	struct reader r = reader_of(w.data, w.n);
	assert_int_equal(enrol_refusal_decode(&r, &got, &f), DECODED_DONE);
	assert_string_equal(got.sentence, "a?]0;b?c?d?");
	writer_free(&w);
}

static void
malformed_refusals_are_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
	    {"\xfe\xff\xff\xff", 4},               /* not -1 */
	    {"\xff\xff\xff\xff\x41\0", 6},         /* code of 65 */
	    {"\xff\xff\xff\xff\0\0", 6},           /* empty code */
	    {"\xff\xff\xff\xff\1\0A", 7},          /* capital letter */
	    {"\xff\xff\xff\xff\1\0\x1b", 7},       /* control character */
	    {"\xff\xff\xff\xff\1\0a\1\4", 9},      /* sentence of 1025 */
	    {"\xff\xff\xff\xff\1\0a\1\0\xff", 10}, /* not UTF-8 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader r = reader_of(cases[i].bytes, cases[i].n);
		struct enrol_refusal got;
		struct dci_failure f;

		assert_int_equal(
		    enrol_refusal_decode(&r, &got, &f), DECODED_BAD);
		assert_int_equal(f.code, DCI_REFUSAL_MALFORMED);
		assert_int_equal(r.n, cases[i].n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(frame_is_length_and_der),
	    cmocka_unit_test(frame_lengths_are_bounded),
	    cmocka_unit_test(refusal_comes_back_as_sent),
	    cmocka_unit_test(long_sentences_are_cut_at_a_character),
	    cmocka_unit_test(terminal_commands_do_not_get_through),
	    cmocka_unit_test(malformed_refusals_are_named),
	};

	return cmocka_run_group_tests_name("proto_enrol", tests, NULL, NULL);
}
