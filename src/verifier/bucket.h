/* SPDX-License-Identifier: BSD-3-Clause */
/* Token buckets, one for each client address: so many requests a second, and
 * as many at once.  A table of fixed size, in which the bucket that was used
 * least recently gives way. */
#ifndef VERIFIER_BUCKET_H
#define VERIFIER_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/memory.h"

/* An IPv4 address, or the /64 of an IPv6 address, which is what one site
 * has. */
struct bucket_key {
	uint64_t family, address;
};

struct bucket_key bucket_key_of(const struct sockaddr *);
bool bucket_key_same(const struct bucket_key *, const struct bucket_key *);

struct buckets;

/* rate: tokens a second, at least 1.  NULL when memory is short. */
struct buckets *buckets_new(unsigned rate) MUST_CHECK;
void buckets_free(struct buckets *); /* NULL is fine */

/* Takes n tokens, or as many as a full bucket has if that is less; now in
 * milliseconds.  False, and none is taken, if there are not so many. */
bool buckets_take(
    struct buckets *, struct bucket_key, size_t n, int64_t now) MUST_CHECK;

#endif
