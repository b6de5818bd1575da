/* SPDX-License-Identifier: BSD-3-Clause */
/* Spans of time as configuration files write them: "90s", "30m", "24h",
 * "7d". */
#ifndef BASE_PERIOD_H
#define BASE_PERIOD_H

#include <stdint.h>

#include "base/bytes.h"

#define PERIOD_DAY  ((int64_t)86400)
#define PERIOD_YEAR (365 * PERIOD_DAY)
#define PERIOD_MAX  (100 * PERIOD_YEAR)

/* A decimal number and a unit, at most PERIOD_MAX, in seconds. */
bool period_decode(int64_t *out, const char *text) MUST_CHECK;
/* In the largest unit that needs no fraction; 0 is "0s". */
void period_print(struct writer *, int64_t seconds);

#endif
