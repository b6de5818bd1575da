/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that look random and can be had again: splitmix64. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

/* The seed is $DCI_SEED or the time, and is printed. */
static inline void
random_seed(void)
{
	const char *seed = getenv("DCI_SEED");

	random_state =
	    seed != NULL ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
	printf("# DCI_SEED=%llu\n", (unsigned long long)random_state);
}

static inline uint64_t
random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline size_t
random_below(size_t n)
{
	return (size_t)(random_next() % n);
}

#endif
