/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "ratls/cbor_write.h"
#include "ratls/cbor_walk.h"
#include "ratls/claims.h"

/* The content of both claims: bstr([id, bstr hash]). */
struct hash_entry {
	uint64_t id;
	struct bytes hash;
};

static bool
hash_entry_parse(struct cbor_walk *w, struct hash_entry *out)
{
	struct cbor_item outer, item;

	if (!cbor_expect(w, CBOR_KIND_BYTES, &outer))
		return false;
	struct cbor_walk in = cbor_walk_of(outer.content);
	bool ok = cbor_expect(&in, CBOR_KIND_ARRAY, &item);
	if (ok && item.value != 2) {
		in.why = "an array of another length than 2";
		ok = false;
	}
	if (ok && cbor_expect(&in, CBOR_KIND_UNSIGNED, &item)) {
		out->id = item.value;
		ok = cbor_expect(&in, CBOR_KIND_BYTES, &item) && cbor_end(&in);
		out->hash = item.content;
	} else {
		ok = false;
	}
	w->why = in.why;
	return ok;
}

/* 0 for an unknown algorithm. */
static size_t
hash_size(uint64_t id)
{
	switch (id) {
	case HASH_ID_SHA256:
		return SHA256_SIZE;
	case HASH_ID_SHA384:
		return SHA384_SIZE;
	case HASH_ID_SHA512:
		return SHA512_SIZE;
	default:
		return 0;
	}
}

static const char pubkey_hash_expected[] =
    "a byte string of CBOR [1, 32 bytes], [7, 48 bytes] or [8, 64 bytes]";

static int
pubkey_hash_parse(struct claims *c, struct cbor_walk *w,
    struct dci_checks *checks, struct dci_failure *f)
{
	struct hash_entry entry;

	if (c->has_pubkey_hash)
		return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
		    DCI_PUBKEY_HASH_DUPLICATE, "\"pubkey-hash\" once",
		    "a second one");
	if (!hash_entry_parse(w, &entry))
		return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
		    DCI_PUBKEY_HASH_MALFORMED, pubkey_hash_expected, "%s",
		    w->why);
	if (hash_size(entry.id) == 0)
		return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
		    DCI_PUBKEY_HASH_ALGORITHM, "algorithm 1, 7 or 8",
		    "algorithm %llu", (unsigned long long)entry.id);
	if (entry.hash.n != hash_size(entry.id))
		return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
		    DCI_PUBKEY_HASH_MALFORMED, pubkey_hash_expected,
		    "algorithm %llu with %zu bytes",
		    (unsigned long long)entry.id, entry.hash.n);
	c->has_pubkey_hash = true;
	c->pubkey_hash_id = (enum hash_id)entry.id;
	c->pubkey_hash = entry.hash;
	return 0;
}

static const char csr_key_expected[] = "a byte string of CBOR [1, 32 bytes]";

static int
csr_key_parse(struct claims *c, struct cbor_walk *w, struct dci_checks *checks,
    struct dci_failure *f)
{
	struct hash_entry entry;

	if (c->has_csr_key)
		return dci_checks_fail(checks, f, DCI_CHECK_CSR_KEY_CLAIM,
		    DCI_CSR_KEY_DUPLICATE, "\"dci-csr-key\" at most once",
		    "a second one");
	if (!hash_entry_parse(w, &entry))
		return dci_checks_fail(checks, f, DCI_CHECK_CSR_KEY_CLAIM,
		    DCI_CSR_KEY_MALFORMED, csr_key_expected, "%s", w->why);
	if (entry.id != HASH_ID_SHA256 || entry.hash.n != SHA256_SIZE)
		return dci_checks_fail(checks, f, DCI_CHECK_CSR_KEY_CLAIM,
		    DCI_CSR_KEY_MALFORMED, csr_key_expected,
		    "algorithm %llu with %zu bytes",
		    (unsigned long long)entry.id, entry.hash.n);
	c->has_csr_key = true;
	c->csr_key = entry.hash;
	return 0;
}

static bool
key_is(const struct cbor_item *key, const char *name)
{
	struct bytes b = {(const uint8_t *)name, strlen(name)};

	return bytes_equal(key->content, b);
}

static int
claims_malformed(
    const struct cbor_walk *w, struct dci_checks *checks, struct dci_failure *f)
{
	return dci_checks_fail(checks, f, DCI_CHECK_CLAIMS_FORM,
	    DCI_CLAIMS_MALFORMED, "one CBOR map from text to values", "%s",
	    w->why);
}

static int
claim_parse(struct claims *c, struct cbor_walk *w, struct dci_checks *checks,
    struct dci_failure *f)
{
	struct cbor_item key;

	if (!cbor_expect(w, CBOR_KIND_TEXT, &key))
		return claims_malformed(w, checks, f);
	if (key_is(&key, CLAIM_PUBKEY_HASH))
		return pubkey_hash_parse(c, w, checks, f);
	if (key_is(&key, CLAIM_CSR_KEY))
		return csr_key_parse(c, w, checks, f);
	/* Its value is inside of the map. */
	if (!cbor_skip(w, 1))
		return claims_malformed(w, checks, f);
	return 0;
}

int
claims_parse(struct claims *c, struct bytes buffer, struct dci_checks *checks,
    struct dci_failure *f)
{
	struct cbor_walk w = cbor_walk_of(buffer);
	struct cbor_item map;

	*c = (struct claims){0};
	if (!cbor_expect(&w, CBOR_KIND_MAP, &map))
		return claims_malformed(&w, checks, f);
	/* A count that is too high comes to the end of the bytes. */
	for (uint64_t i = 0; i < map.value; i++) {
		if (claim_parse(c, &w, checks, f) < 0)
			return -1;
	}
	if (!cbor_end(&w))
		return claims_malformed(&w, checks, f);
	dci_checks_pass(checks, DCI_CHECK_CLAIMS_FORM, NULL);
	if (c->has_csr_key)
		dci_checks_pass(checks, DCI_CHECK_CSR_KEY_CLAIM, NULL);
	else
		dci_checks_skip(checks, DCI_CHECK_CSR_KEY_CLAIM,
		    "the claims have no \"dci-csr-key\"");
	return 0;
}

static const EVP_MD *
hash_algorithm(enum hash_id id)
{
	switch (id) {
	case HASH_ID_SHA384:
		return digest_sha384();
	case HASH_ID_SHA512:
		return digest_sha512();
	case HASH_ID_SHA256:
	default:
		return digest_sha256();
	}
}

static const char bound[] =
    "\"pubkey-hash\" of the TLS certificate's SubjectPublicKeyInfo";

/* Hashes of more than 32 bytes are shown by their beginning. */
static int
fail_other_key(const struct claims *c, struct bytes wanted,
    struct dci_checks *checks, struct dci_failure *f)
{
	struct bytes got = c->pubkey_hash;
	char expected[DCI_EXPECTED_MAX];
	char want[2 * SHA256_SIZE + 1], found[2 * SHA256_SIZE + 1];

	hex_encode(want, wanted.p, SHA256_SIZE);
	hex_encode(found, got.p, got.n < SHA256_SIZE ? got.n : SHA256_SIZE);
	snprintf(expected, sizeof(expected), "%s, %s", bound, want);
	return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
	    DCI_PUBKEY_HASH_MISMATCH, expected, "%s", found);
}

int
claims_bind_key(const struct claims *c, struct bytes spki,
    struct dci_checks *checks, struct dci_failure *f)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!c->has_pubkey_hash)
		return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
		    DCI_PUBKEY_HASH_MISSING, bound, "no such claim");
	if (EVP_Digest(spki.p, spki.n, hash, &n,
		hash_algorithm(c->pubkey_hash_id), NULL) <= 0)
		return dci_checks_fail(checks, f, DCI_CHECK_PUBKEY_HASH,
		    DCI_OUT_OF_MEMORY, bound, "OpenSSL cannot hash");
	if (n != c->pubkey_hash.n ||
	    !bytes_equal_secret(hash, c->pubkey_hash.p, n))
		return fail_other_key(c, (struct bytes){hash, n}, checks, f);
	dci_checks_pass(checks, DCI_CHECK_PUBKEY_HASH, bound);
	return 0;
}

static void
claim_encode(struct writer *w, const char *name, struct bytes spki)
{
	uint8_t hash[SHA256_SIZE];
	struct writer entry CLEANUP(writer_free) = writer_new(CLAIMS_MAX);

	sha256(hash, spki.p, spki.n);
	cbor_write_array(&entry, 2);
	cbor_write_unsigned(&entry, HASH_ID_SHA256);
	cbor_write_bytes(&entry, (struct bytes){hash, sizeof(hash)});
	cbor_write_text(w, name);
	cbor_write_bytes(w, (struct bytes){entry.data, entry.n});
	w->failed |= entry.failed;
}

void
claims_encode(struct writer *w, struct bytes spki, struct bytes csr_spki)
{
	cbor_write_map(w, csr_spki.n > 0 ? 2 : 1);
	claim_encode(w, CLAIM_PUBKEY_HASH, spki);
	if (csr_spki.n > 0)
		claim_encode(w, CLAIM_CSR_KEY, csr_spki);
}
