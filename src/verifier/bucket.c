/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>
#include <openssl/rand.h>

#include "verifier/bucket.h"

#define SLOTS 8192u /* a power of two */
#define WAYS  8u

struct slot {
	struct bucket_key key;
	int64_t time;   /* of the last request, milliseconds */
	int64_t tokens; /* in thousandths */
};

struct buckets {
	unsigned rate;
	uint64_t seed;
	struct slot slot[SLOTS];
};

struct bucket_key
bucket_key_of(const struct sockaddr *a)
{
	struct bucket_key key = {.family = a->sa_family};

	if (a->sa_family == AF_INET) {
		key.address = ((const struct sockaddr_in *)a)->sin_addr.s_addr;
	} else if (a->sa_family == AF_INET6) {
		const struct in6_addr *six =
		    &((const struct sockaddr_in6 *)a)->sin6_addr;

		memcpy(&key.address, six->s6_addr, sizeof(key.address));
		if (IN6_IS_ADDR_V4MAPPED(six)) {
			uint32_t four;

			memcpy(&four, six->s6_addr + 12, sizeof(four));
			key = (struct bucket_key){AF_INET, four};
		}
	}
	return key;
}

bool
bucket_key_same(const struct bucket_key *a, const struct bucket_key *b)
{
	return a->family == b->family && a->address == b->address;
}

struct buckets *
buckets_new(unsigned rate)
{
	struct buckets *b = calloc(1, sizeof(*b));

	if (b == NULL ||
	    RAND_bytes((uint8_t *)&b->seed, sizeof(b->seed)) != 1) {
		free(b);
		return NULL;
	}
	b->rate = rate;
	return b;
}

void
buckets_free(struct buckets *b)
{
	free(b);
}

/* The finaliser of MurmurHash3, with a secret in it: who can choose addresses
 * must not be able to choose slots. */
static size_t
home(const struct buckets *b, const struct bucket_key *key)
{
	uint64_t h = key->address ^ b->seed ^ key->family << 56;

	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= b->seed >> 7;
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	h ^= h >> 33;
	return (size_t)(h & (SLOTS - 1));
}

static struct slot *
find(struct buckets *b, struct bucket_key key, int64_t now)
{
	size_t at = home(b, &key);
	struct slot *oldest = NULL;

	for (size_t i = 0; i < WAYS; i++) {
		struct slot *s = &b->slot[(at + i) & (SLOTS - 1)];

		if (bucket_key_same(&s->key, &key))
			return s;
		if (oldest == NULL || s->time < oldest->time)
			oldest = s;
	}
	*oldest = (struct slot){
	    .key = key, .time = now, .tokens = (int64_t)b->rate * 1000};
	return oldest;
}

bool
buckets_take(struct buckets *b, struct bucket_key key, size_t n, int64_t now)
{
	struct slot *s = find(b, key, now);
	int64_t full = (int64_t)b->rate * 1000;
	int64_t price = n < b->rate ? (int64_t)n * 1000 : full;

	if (now - s->time >= 1000)
		s->tokens = full;
	else if (now > s->time)
		s->tokens += (now - s->time) * b->rate;
	if (s->tokens > full)
		s->tokens = full;
	s->time = now;
	if (s->tokens < price)
		return false;
	s->tokens -= price;
	return true;
}
