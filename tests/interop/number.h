/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of command lines. */
#ifndef INTEROP_NUMBER_H
#define INTEROP_NUMBER_H

#include <err.h>
#include <errno.h>
#include <stdlib.h>

/* A whole number from least to most; anything else ends the program. */
static inline int
number_of(const char *text, int least, int most)
{
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < least || n > most)
		errx(2, "%s is no number from %d to %d", text, least, most);
	return (int)n;
}

#endif
