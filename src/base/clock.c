/* SPDX-License-Identifier: BSD-3-Clause */
#include <time.h>

#include "base/clock.h"

int64_t
clock_milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_seconds(void)
{
	return clock_milliseconds() / 1000;
}
