/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>

#include "base/text.h"

void
hex_encode(char *out, const void *data, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
hex_decode(uint8_t *out, size_t n, const char *text, size_t len)
{
	if (len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

char *
base64_encode(const void *data, size_t n)
{
	if (n > INT32_MAX / 2)
		return NULL;
	char *out = malloc(4 * ((n + 2) / 3) + 1);
	if (out != NULL)
		EVP_EncodeBlock((unsigned char *)out, data, (int)n);
	return out;
}

/* The six bits of a character, and whether there is such a one: 64. */
/* clang-format off */
static const uint8_t sextets[256] = {
#define C(v) (64 | (v))
	['A'] = C(0), C(1), C(2), C(3), C(4), C(5), C(6), C(7), C(8), C(9),
	C(10), C(11), C(12), C(13), C(14), C(15), C(16), C(17), C(18), C(19),
	C(20), C(21), C(22), C(23), C(24), C(25),
	['a'] = C(26), C(27), C(28), C(29), C(30), C(31), C(32), C(33), C(34),
	C(35), C(36), C(37), C(38), C(39), C(40), C(41), C(42), C(43), C(44),
	C(45), C(46), C(47), C(48), C(49), C(50), C(51),
	['0'] = C(52), C(53), C(54), C(55), C(56), C(57), C(58), C(59), C(60),
	C(61),
	['+'] = C(62), ['/'] = C(63),
#undef C
};
/* clang-format on */

/* Returns 64 if all four are in the alphabet; else the bytes mean nothing. */
static inline uint32_t
decode_group(uint8_t out[static 3], const char text[static 4])
{
	const uint8_t *p = (const uint8_t *)text;
	uint32_t a = sextets[p[0]], b = sextets[p[1]], c = sextets[p[2]],
		 d = sextets[p[3]];

	out[0] = (uint8_t)(a << 2 | (b >> 4 & 3));
	out[1] = (uint8_t)(b << 4 | (c >> 2 & 15));
	out[2] = (uint8_t)(c << 6 | (d & 63));
	return a & b & c & d & 64;
}

/* The group with the padding: what the padding stands for has to be zero. */
static bool
decode_last(uint8_t out[static 3], const char text[static 4], size_t padding)
{
	char whole[4];

	memcpy(whole, text, sizeof(whole));
	memset(whole + 4 - padding, 'A', padding);
	return decode_group(out, whole) != 0 && out[2] == 0 &&
	       (padding == 1 || out[1] == 0);
}

/* OpenSSL's EVP_DecodeBlock() trims blanks and ignores stray bits, and takes
 * five times as long; quotes are long. */
bool
base64_decode(uint8_t **out, size_t *n, const char *text, size_t len)
{
	size_t padding = 0, whole = len;

	memory_watch();
	if (len % 4 != 0)
		return false;
	if (len > 0 && text[len - 1] == '=')
		padding = text[len - 2] == '=' ? 2 : 1;
	if (padding > 0)
		whole -= 4;
	uint8_t *data CLEANUP(cleanup_free) = malloc(len / 4 * 3 + 1);
	if (data == NULL)
		return false;
	uint32_t good = 64;
	uint8_t *to = data;
	for (size_t i = 0; i < whole; i += 4, to += 3)
		good &= decode_group(to, text + i);
	if (good == 0)
		return false;
	if (padding > 0 &&
	    !decode_last(to, text + whole, padding))
		return false;
	*n = len / 4 * 3 - padding;
	*out = TAKE(data);
	return true;
}

bool
decimal_decode(uint64_t *out, const char *text, uint64_t max)
{
	uint64_t v = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

void
rfc3339_encode(char out[static RFC3339_SIZE], int64_t t)
{
	time_t seconds = t;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
	    strftime(out, RFC3339_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(out, RFC3339_SIZE, "out-of-range");
}

static bool
two_digits(const char *s, int low, int high, int *out)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return false;
	*out = (s[0] - '0') * 10 + (s[1] - '0');
	return *out >= low && *out <= high;
}

bool
rfc3339_decode(int64_t *out, const char *s, size_t len)
{
	struct tm tm = {0};
	int century, year;
	char again[RFC3339_SIZE];

	if (len != RFC3339_SIZE - 1 || s[4] != '-' || s[7] != '-' ||
	    s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != 'Z' ||
	    !two_digits(s, 19, 99, &century) ||
	    !two_digits(s + 2, 0, 99, &year) ||
	    !two_digits(s + 5, 1, 12, &tm.tm_mon) ||
	    !two_digits(s + 8, 1, 31, &tm.tm_mday) ||
	    !two_digits(s + 11, 0, 23, &tm.tm_hour) ||
	    !two_digits(s + 14, 0, 59, &tm.tm_min) ||
	    !two_digits(s + 17, 0, 59, &tm.tm_sec))
		return false;
	tm.tm_year = century * 100 + year - 1900;
	tm.tm_mon--;
	if (tm.tm_year < 70)
		return false;
	int64_t t = timegm(&tm);
	/* timegm() turns 30 February into 2 March: not a real date. */
	rfc3339_encode(again, t);
	if (memcmp(again, s, len) != 0)
		return false;
	*out = t;
	return true;
}

void
duration_encode(char out[static DURATION_SIZE], int64_t seconds)
{
	static const struct {
		int64_t length;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"},
	    {1, "second"}};
	size_t used = 0;
	int shown = 0;

	if (seconds < 0)
		seconds = -(seconds + 1);
	out[0] = '\0';
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t count = seconds / units[i].length;

		if (count == 0 && !(units[i].length == 1 && shown == 0))
			continue;
		seconds %= units[i].length;
		used += (size_t)snprintf(out + used, DURATION_SIZE - used,
		    "%s%lld %s%s", shown > 0 ? " " : "", (long long)count,
		    units[i].name, count == 1 ? "" : "s");
		if (++shown == 2 || used >= DURATION_SIZE)
			break;
	}
}

void
text_printable(char *out, size_t n, const void *text, size_t len)
{
	const uint8_t *p = text;
	size_t i;

	if (n == 0)
		return;
	for (i = 0; i < len && i < n - 1; i++)
		out[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
	out[i] = '\0';
}
