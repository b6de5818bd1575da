/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When to ask the issuer for a certificate: at once without one, at half of
 * the lifetime with one, and after failures ever less often.  Pure: the times
 * and the random numbers are the caller's.
 */
#ifndef VERIFIER_RENEWAL_H
#define VERIFIER_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#define RENEWAL_RETRY_MAX 300 /* seconds between attempts that fail */
/* Seconds between attempts that strangers ask for. */
#define RENEWAL_REQUEST_MIN 5

struct renewal {
	int64_t due;       /* when to begin the next attempt */
	int64_t last;      /* when the last one ended */
	unsigned failures; /* since the last success */
};

/* The first attempt is due at once. */
void renewal_start(struct renewal *, int64_t now);

/* A certificate has come that ends at not_after: the next one is due at half
 * of what is left, 5 percent of it earlier or later. */
void renewal_succeeded(
    struct renewal *, int64_t now, int64_t not_after, uint32_t random);

/* One is there that was issued at not_before: due as it was then, which may be
 * over already. */
void renewal_resumed(struct renewal *, int64_t now, int64_t not_before,
    int64_t not_after, uint32_t random);

/* An attempt has failed: 1 s, 2 s, 4 s, ... up to RENEWAL_RETRY_MAX until the
 * next, a quarter more or less. */
void renewal_failed(struct renewal *, int64_t now, uint32_t random);

/* Somebody asks for an enrolment: with a valid certificate nothing happens
 * and the result is false.  Otherwise the next attempt is due now, or
 * RENEWAL_REQUEST_MIN after the last one. */
bool renewal_requested(struct renewal *, int64_t now, bool valid);

/* Whether an attempt is due.  A clock that was set back further than any
 * schedule reaches makes it due as well. */
bool renewal_is_due(const struct renewal *, int64_t now, int64_t not_after);

#endif
