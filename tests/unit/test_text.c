/* SPDX-License-Identifier: BSD-3-Clause */
/* Base64 and numbers in decimal: one text for one content. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <openssl/evp.h>

#include "base/text.h"
#include "verifier/report.h"

static bool
decodes(const char *text, size_t len)
{
	uint8_t *data = NULL;
	size_t n;
	bool taken = base64_decode(&data, &n, text, len);

	free(data);
	return taken;
}

static void
agrees_with_openssl(void **state)
{
	uint8_t data[200];
	char text[4 * sizeof(data)];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 151 + i / 7);
	for (size_t size = 0; size <= sizeof(data); size++) {
		uint8_t *back = NULL;
		size_t n = 0;
		int len = EVP_EncodeBlock((uint8_t *)text, data, (int)size);

		assert_true(base64_decode(&back, &n, text, (size_t)len));
		assert_int_equal(n, size);
		assert_memory_equal(back, data, size);
		free(back);
	}
}

/* Each character at each place of a group. */
static void
takes_the_alphabet_only(void **state)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";

	(void)state;
	for (size_t at = 0; at < 8; at++) {
		for (int c = 0; c < 256; c++) {
			char text[] = "AAAAAAAA";
			bool good = memchr(alphabet, c, 64) != NULL ||
				    (at == 7 && c == '=');

			text[at] = (char)c;
			assert_int_equal(decodes(text, 8), good);
		}
	}
}

static void
refuses_what_has_another_text(void **state)
{
	static const char *const bad[] = {"A", "AA", "AAA", "AAAAA",
	    "====", "A===", "AAAA====", "AA==AAAA", "AAA=AAAA",
	    "AB==", "AAB=", "AA=A", "=AAA", "AAAA\n", " AAAA", "AAA\n", "AA-A",
	    "AA_A"};
	static const char *const good[] = {"", "AA==", "AAA=", "AQ==", "AAE="};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (decodes(bad[i], strlen(bad[i])))
			fail_msg("%s was taken", bad[i]);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!decodes(good[i], strlen(good[i])))
			fail_msg("%s was refused", good[i]);
	}
	assert_false(decodes("AA\0A", 4));
}

static void
id_of_a_report(void **state)
{
	static const struct {
		uint8_t id[16];
		const char *text;
	} table[] = {
	    {{0}, "0"},
	    {{[15] = 200}, "200"},
	    {{[8] = 0x8a, 0xc7, 0x23, 0x04, 0x89, 0xe7, 0xff, 0xff},
		"9999999999999999999"},
	    {{[8] = 0x8a, 0xc7, 0x23, 0x04, 0x89, 0xe8, 0, 0},
		"10000000000000000000"},
	    {{[7] = 1}, "18446744073709551616"},
	    {{[0] = 0x4b,
		 0x3b,
		 0x4c,
		 0xa8,
		 0x5a,
		 0x86,
		 0xc4,
		 0x7a,
		 0x09,
		 0x8a,
		 0x22,
		 0x40,
		 0,
		 0,
		 0,
		 0},
		"100000000000000000000000000000000000000"},
	    {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		 0xff, 0xff, 0xff, 0xff, 0xff},
		"340282366920938463463374607431768211455"},
	};
	char text[REPORT_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		report_id(text, table[i].id);
		assert_string_equal(text, table[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_openssl),
	    cmocka_unit_test(takes_the_alphabet_only),
	    cmocka_unit_test(refuses_what_has_another_text),
	    cmocka_unit_test(id_of_a_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
