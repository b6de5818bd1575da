/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/utf8.h"

/* The rows of RFC 3629, section 4: the range of the first byte, the range of
 * the second one, the length.  All further bytes are 80 to bf. */
static const struct {
	uint8_t first_low, first_high, second_low, second_high, length;
} forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4},
};

size_t
utf8_sequence(const uint8_t *p, size_t n)
{
	if (n > 0 && p[0] < 0x80)
		return 1;
	for (size_t i = 0; n > 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t length = forms[i].length;

		if (p[0] < forms[i].first_low || p[0] > forms[i].first_high)
			continue;
		if (n < length || p[1] < forms[i].second_low ||
		    p[1] > forms[i].second_high)
			return 0;
		for (size_t k = 2; k < length; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		}
		return length;
	}
	return 0;
}

/* How many bytes from p on, eight at a time, are ASCII: nearly all are. */
static size_t
ascii_eights(const uint8_t *p, size_t n)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t eight;
	size_t i = 0;

	for (; n - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, p + i, sizeof(eight));
		if ((eight & high) != 0)
			break;
	}
	return i;
}

bool
utf8_valid(const void *text, size_t n)
{
	const uint8_t *p = text;

	for (size_t i = ascii_eights(p, n); i < n;) {
		size_t length = utf8_sequence(p + i, n - i);

		if (length == 0)
			return false;
		i += length;
		if (length > 1)
			i += ascii_eights(p + i, n - i);
	}
	return true;
}

size_t
utf8_tame(uint8_t *p, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		size_t length = utf8_sequence(p + i, n - i);
		bool control = length == 0 || p[i] < 0x20 || p[i] == 0x7f ||
			       (p[i] == 0xc2 && p[i + 1] < 0xa0);

		if (control)
			p[out++] = '?';
		else
			memmove(p + out, p + i, length);
		out += control ? 0 : length;
		i += length == 0 ? 1 : length;
	}
	return out;
}
