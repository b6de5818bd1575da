/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <string.h>

#include "base/digest.h"
#include "ledger/fold.h"

#define MINUTE 60

/* The text without port, brackets and zone (RFC 4007, section 11). */
static bool
peer_host(char out[static INET6_ADDRSTRLEN], struct bytes peer)
{
	size_t end = peer.n, begin = 0;

	while (end > 0 && peer.p[end - 1] != ':')
		end--;
	if (end == 0)
		return false;
	end--;
	if (end >= 2 && peer.p[0] == '[' && peer.p[end - 1] == ']') {
		begin = 1;
		end--;
	}
	const uint8_t *zone = memchr(peer.p + begin, '%', end - begin);
	if (zone != NULL)
		end = (size_t)(zone - peer.p);
	if (end - begin >= INET6_ADDRSTRLEN ||
	    memchr(peer.p + begin, 0, end - begin) != NULL)
		return false;
	memcpy(out, peer.p + begin, end - begin);
	out[end - begin] = '\0';
	return true;
}

size_t
fold_prefix(uint8_t out[static 7], struct bytes peer)
{
	static const uint8_t mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	char host[INET6_ADDRSTRLEN];
	uint8_t address[16];

	if (!peer_host(host, peer))
		return 0;
	if (inet_pton(AF_INET, host, address) == 1) {
		memcpy(out, address, 3);
		return 3;
	}
	if (inet_pton(AF_INET6, host, address) != 1)
		return 0;
	if (memcmp(address, mapped, sizeof(mapped)) == 0) {
		memcpy(out, address + sizeof(mapped), 3);
		return 3;
	}
	memcpy(out, address, 7);
	return 7;
}

bool
fold_over(const struct fold_slot *slot, int64_t now)
{
	return now < slot->start || now - slot->start >= MINUTE;
}

void
fold_begin(struct fold_slot *slot, int64_t now)
{
	slot->start = now;
	slot->row = slot->last = 0;
	slot->rows = slot->pending = 0;
}

void
fold_forget(struct fold *fold)
{
	for (size_t i = 0; i < FOLD_ALL; i++) {
		fold->slot[i].row = 0;
		fold->slot[i].pending = 0;
	}
}

static struct fold_slot *
fold_shared(struct fold *fold, struct bytes code)
{
	char name[64] = "";

	if (code.n < sizeof(name))
		memcpy(name, code.p, code.n);
	return &fold->slot[FOLD_SLOTS + dci_code_by_name(name)];
}

/* All slots are looked at: a hash table would be faster, and an attacker
 * could choose what collides in it. */
struct fold_slot *
fold_find(struct fold *fold, struct bytes code, struct bytes peer, int64_t now)
{
	uint8_t prefix[1 + 7] = {0}, key[SHA256_SIZE];
	struct fold_slot *free_slot = NULL;

	prefix[0] = (uint8_t)fold_prefix(prefix + 1, peer);
	sha256_two(key, prefix, sizeof(prefix), code.p, code.n);
	for (size_t i = 0; i < FOLD_SLOTS; i++) {
		struct fold_slot *slot = &fold->slot[i];

		if (memcmp(slot->key, key, sizeof(slot->key)) == 0)
			return slot;
		if (free_slot == NULL && slot->pending == 0 &&
		    fold_over(slot, now))
			free_slot = slot;
	}
	if (free_slot == NULL)
		return fold_shared(fold, code);
	memcpy(free_slot->key, key, sizeof(free_slot->key));
	fold_begin(free_slot, now);
	return free_slot;
}
