/* SPDX-License-Identifier: BSD-3-Clause */
/* Under a sanitizer all takes three times as long, under valgrind thirty: with
 * DCI_TEST_SAMPLED some of many alike are tried, one in eleven. */
#ifndef TESTS_SAMPLED_H
#define TESTS_SAMPLED_H

#include <stdlib.h>

static inline unsigned long
sampled(unsigned long step)
{
	return getenv("DCI_TEST_SAMPLED") != NULL ? 11 * step : step;
}

#endif
