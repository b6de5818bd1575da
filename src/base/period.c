/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/period.h"
#include "base/text.h"

static const struct {
	char letter;
	int64_t seconds;
} units[] = {{'d', PERIOD_DAY}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define UNITS (sizeof(units) / sizeof(units[0]))

bool
period_decode(int64_t *out, const char *text)
{
	char digits[16];
	size_t n = strlen(text);
	uint64_t count;

	if (n < 2 || n > sizeof(digits))
		return false;
	memcpy(digits, text, n - 1);
	digits[n - 1] = '\0';
	for (size_t i = 0; i < UNITS; i++) {
		if (text[n - 1] != units[i].letter)
			continue;
		if (!decimal_decode(&count, digits,
			(uint64_t)(PERIOD_MAX / units[i].seconds)))
			return false;
		*out = (int64_t)count * units[i].seconds;
		return true;
	}
	return false;
}

void
period_print(struct writer *w, int64_t seconds)
{
	size_t i = 0;

	while (
	    i < UNITS - 1 && (seconds == 0 || seconds % units[i].seconds != 0))
		i++;
	writer_printf(w, "%lld%c", (long long)(seconds / units[i].seconds),
	    units[i].letter);
}
