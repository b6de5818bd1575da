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

/* EVP_DecodeBlock() trims blanks and ignores stray bits, so the result is
 * encoded again and compared: one text for one content. */
bool
base64_decode(uint8_t **out, size_t *n, const char *text, size_t len)
{
	if (len % 4 != 0 || len > INT32_MAX / 2)
		return false;
	size_t padding = 0;
	if (len > 0 && text[len - 1] == '=')
		padding = text[len - 2] == '=' ? 2 : 1;
	uint8_t *data CLEANUP(cleanup_free) = malloc(len / 4 * 3 + 1);
	if (data == NULL)
		return false;
	int got = EVP_DecodeBlock(data, (const unsigned char *)text, (int)len);
	if (got < 0 || (size_t)got != len / 4 * 3)
		return false;
	char *again CLEANUP(cleanup_free) =
	    base64_encode(data, (size_t)got - padding);
	if (again == NULL || strlen(again) != len ||
	    memcmp(again, text, len) != 0)
		return false;
	*n = (size_t)got - padding;
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
