/* SPDX-License-Identifier: BSD-3-Clause */
/* The claims map: what it may hold, and every way to get it wrong. */
#include "ratls/cbor_write.h"
#include "ratls_sample.h"

/* The key's SubjectPublicKeyInfo: any bytes will do here. */
static const uint8_t spki_data[] = "a key";
static const struct bytes spki = {spki_data, sizeof(spki_data)};
static const struct bytes none = {NULL, 0};

/* Parses the claims and binds the key. */
static enum dci_code
verdict(struct bytes buffer, struct claims *c, struct dci_checks *checks)
{
	struct dci_failure f = {.code = DCI_OK};

	checks->n = 0;
	if (claims_parse(c, buffer, checks, &f) < 0 ||
	    claims_bind_key(c, spki, checks, &f) < 0) {
		assert_non_null(dci_checks_failed(checks));
		assert_true(f.code != DCI_OK);
		return f.code;
	}
	assert_null(dci_checks_failed(checks));
	return DCI_OK;
}

static void
claims_expect(struct bytes buffer, enum dci_code code)
{
	struct claims c;
	struct dci_checks checks;

	assert_string_equal(
	    dci_code_name(verdict(buffer, &c, &checks)), dci_code_name(code));
}

/* [id, hash of the key]; the hash cut or lengthened with zeros to size. */
static void
entry_put(struct writer *w, uint64_t id, size_t size)
{
	uint8_t hash[EVP_MAX_MD_SIZE + 1] = {0};
	const EVP_MD *md = id == 7   ? digest_sha384()
			   : id == 8 ? digest_sha512()
				     : digest_sha256();

	assert_true(EVP_Digest(spki.p, spki.n, hash, NULL, md, NULL) > 0);
	cbor_write_array(w, 2);
	cbor_write_unsigned(w, id);
	cbor_write_bytes(w, (struct bytes){hash, size});
}

static void
claim_put(struct writer *w, const char *name, uint64_t id, size_t size)
{
	struct writer entry CLEANUP(writer_free) = writer_new(200);

	entry_put(&entry, id, size);
	cbor_write_text(w, name);
	cbor_write_bytes(w, (struct bytes){entry.data, entry.n});
}

static void
pubkey_hash_put(struct writer *w)
{
	claim_put(w, CLAIM_PUBKEY_HASH, HASH_ID_SHA256, 32);
}

static void
hex_put(struct writer *w, const char *hex)
{
	uint8_t data[256];
	size_t n = strlen(hex) / 2;

	assert_true(n <= sizeof(data));
	assert_true(hex_decode(data, n, hex, strlen(hex)));
	writer_put(w, data, n);
}

static void
written_expect(const struct writer *w, enum dci_code code)
{
	assert_false(w->failed);
	claims_expect((struct bytes){w->data, w->n}, code);
}

static void
hash_expect(uint64_t id, size_t size, enum dci_code code)
{
	struct writer w CLEANUP(writer_free) = writer_new(500);

	cbor_write_map(&w, 1);
	claim_put(&w, CLAIM_PUBKEY_HASH, id, size);
	written_expect(&w, code);
}

static void
test_encode(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(CLAIMS_MAX);
	struct claims c;
	struct dci_checks checks;
	uint8_t hash[32];

	(void)state;
	claims_encode(&w, spki, none);
	/* Gramine's claims have this size. */
	assert_int_equal(w.n, 51);
	assert_int_equal(
	    verdict((struct bytes){w.data, w.n}, &c, &checks), DCI_OK);
	assert_false(c.has_csr_key);
	assert_int_equal(
	    sample_check(&checks, DCI_CHECK_CSR_KEY_CLAIM)->outcome,
	    DCI_SKIPPED);

	struct writer both CLEANUP(writer_free) = writer_new(CLAIMS_MAX);
	claims_encode(&both, spki, (struct bytes){(const uint8_t *)"csr", 3});
	assert_int_equal(
	    verdict((struct bytes){both.data, both.n}, &c, &checks), DCI_OK);
	assert_true(c.has_csr_key);
	sha256(hash, "csr", 3);
	assert_memory_equal(c.csr_key.p, hash, sizeof(hash));
	assert_int_equal(
	    sample_check(&checks, DCI_CHECK_CSR_KEY_CLAIM)->outcome, DCI_PASS);
}

static void
test_algorithms(void **state)
{
	(void)state;
	hash_expect(1, 32, DCI_OK);
	hash_expect(7, 48, DCI_OK);
	hash_expect(8, 64, DCI_OK);
	hash_expect(1, 31, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(1, 33, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(1, 0, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(1, 48, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(7, 32, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(7, 64, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(8, 48, DCI_PUBKEY_HASH_MALFORMED);
	hash_expect(8, 65, DCI_PUBKEY_HASH_MALFORMED);
	/* Truncated forms of SHA-256, SHA-3, and nonsense. */
	hash_expect(0, 32, DCI_PUBKEY_HASH_ALGORITHM);
	hash_expect(2, 16, DCI_PUBKEY_HASH_ALGORITHM);
	hash_expect(6, 4, DCI_PUBKEY_HASH_ALGORITHM);
	hash_expect(10, 32, DCI_PUBKEY_HASH_ALGORITHM);
	hash_expect(257, 32, DCI_PUBKEY_HASH_ALGORITHM);
	hash_expect(UINT64_MAX, 32, DCI_PUBKEY_HASH_ALGORITHM);
	hash_expect((UINT64_C(1) << 32) + 1, 32, DCI_PUBKEY_HASH_ALGORITHM);
}

static void
test_missing(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(500);

	(void)state;
	cbor_write_map(&w, 0);
	written_expect(&w, DCI_PUBKEY_HASH_MISSING);
	struct writer csr CLEANUP(writer_free) = writer_new(500);
	cbor_write_map(&csr, 1);
	claim_put(&csr, CLAIM_CSR_KEY, 1, 32);
	written_expect(&csr, DCI_PUBKEY_HASH_MISSING);
	/* Names that only look like it. */
	struct writer near CLEANUP(writer_free) = writer_new(500);
	cbor_write_map(&near, 2);
	claim_put(&near, "pubkey-hash ", 1, 32);
	claim_put(&near, "Pubkey-Hash", 1, 32);
	written_expect(&near, DCI_PUBKEY_HASH_MISSING);
}

static void
test_mismatch(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(CLAIMS_MAX);

	(void)state;
	claims_encode(&w, spki, none);
	for (size_t i = 1; i <= 32; i++) {
		w.data[w.n - i] ^= 0x10;
		written_expect(&w, DCI_PUBKEY_HASH_MISMATCH);
		w.data[w.n - i] ^= 0x10;
	}
	written_expect(&w, DCI_OK);
}

static void
test_duplicates(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(500),
			csr CLEANUP(writer_free) = writer_new(500);

	(void)state;
	cbor_write_map(&w, 2);
	pubkey_hash_put(&w);
	pubkey_hash_put(&w);
	written_expect(&w, DCI_PUBKEY_HASH_DUPLICATE);
	cbor_write_map(&csr, 3);
	claim_put(&csr, CLAIM_CSR_KEY, 1, 32);
	pubkey_hash_put(&csr);
	claim_put(&csr, CLAIM_CSR_KEY, 1, 32);
	written_expect(&csr, DCI_CSR_KEY_DUPLICATE);
}

/* A claim of ours with that value, beside a good "pubkey-hash" where it is
 * the other one. */
static void
value_expect(const char *name, const char *hex, enum dci_code code)
{
	struct writer w CLEANUP(writer_free) = writer_new(500);
	bool csr = strcmp(name, CLAIM_CSR_KEY) == 0;

	cbor_write_map(&w, csr ? 2 : 1);
	if (csr)
		pubkey_hash_put(&w);
	cbor_write_text(&w, name);
	hex_put(&w, hex);
	written_expect(&w, code);
}

#define HASH "ababababababababababababababababababababababababababababababab"

static void
test_malformed_values(void **state)
{
	static const char *const values[] = {
	    /* Not a byte string: the array itself, text, null, a number. */
	    "82015820ab" HASH,
	    "782482015820ab" HASH,
	    "f6",
	    "01",
	    "a0",
	    /* An empty one, and indefinite ones. */
	    "40",
	    "5f582482015820ab" HASH "ff",
	    "58259f015820ab" HASH "ff",
	    /* Lengths of the array. */
	    "5823815820ab" HASH,
	    "582583015820ab" HASH "00",
	    /* No array; a tagged array. */
	    "5820ab" HASH,
	    "5825c182015820ab" HASH,
	    /* Algorithms: wide, negative, text. */
	    "582582"
	    "1801"
	    "5820ab" HASH,
	    "582682"
	    "190001"
	    "5820ab" HASH,
	    "582482205820ab" HASH,
	    "5825826131"
	    "5820ab" HASH,
	    /* The hash as text, with a wide head, cut short, too short. */
	    "582482017820ab" HASH,
	    "58258201590020ab" HASH,
	    "582382015820" HASH,
	    "582382015"
	    "81f" HASH,
	    /* Something after the array. */
	    "582582015820ab" HASH "00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		value_expect(
		    CLAIM_PUBKEY_HASH, values[i], DCI_PUBKEY_HASH_MALFORMED);
		value_expect(CLAIM_CSR_KEY, values[i], DCI_CSR_KEY_MALFORMED);
	}
	value_expect(CLAIM_CSR_KEY, "582482015820ab" HASH, DCI_OK);
	value_expect(
	    CLAIM_PUBKEY_HASH, "582482015820ab" HASH, DCI_PUBKEY_HASH_MISMATCH);
	/* Only SHA-256 for our own claim, whatever the length. */
	value_expect(
	    CLAIM_CSR_KEY, "582482075820ab" HASH, DCI_CSR_KEY_MALFORMED);
	value_expect(
	    CLAIM_CSR_KEY, "582482025820ab" HASH, DCI_CSR_KEY_MALFORMED);
}

/* A map of "pubkey-hash" and another pair, both orders. */
static void
other_expect(const char *hex, enum dci_code code)
{
	struct writer before CLEANUP(writer_free) = writer_new(500),
			     after CLEANUP(writer_free) = writer_new(500);

	cbor_write_map(&before, 2);
	hex_put(&before, hex);
	pubkey_hash_put(&before);
	written_expect(&before, code);
	cbor_write_map(&after, 2);
	pubkey_hash_put(&after);
	hex_put(&after, hex);
	written_expect(&after, code);
}

static void
test_unknown_claims(void **state)
{
	(void)state;
	/* "n": a nonce, null, a float, nested containers, rats-tls' key_0. */
	other_expect("616e50000102030405060708090a0b0c0d0e0f", DCI_OK);
	other_expect("616ef6", DCI_OK);
	other_expect("616efb3ff199999999999a", DCI_OK);
	other_expect("616e838080a0", DCI_OK);
	other_expect("616e818100", DCI_OK);
	other_expect("616e81818100", DCI_OK);
	other_expect("656b65795f304876616c75655f3000", DCI_OK);
	other_expect("60a0", DCI_OK);
	/* Too deep: the map is the first level. */
	other_expect("616e8181818100", DCI_CLAIMS_MALFORMED);
	/* Keys that are not text. */
	other_expect("0000", DCI_CLAIMS_MALFORMED);
	other_expect("416e00", DCI_CLAIMS_MALFORMED);
	other_expect("616e1800", DCI_CLAIMS_MALFORMED);
	other_expect("616e9fff", DCI_CLAIMS_MALFORMED);
	other_expect("78016e00", DCI_CLAIMS_MALFORMED);
}

static void
test_malformed_maps(void **state)
{
	static const char *const maps[] = {"", "80", "40", "f6", "bfff", "b800",
	    "a1", "bbffffffffffffffff", "bb8000000000000000", "c1a0", "a000",
	    "a1616e", "ba00000000"};

	(void)state;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		struct writer w CLEANUP(writer_free) = writer_new(100);

		hex_put(&w, maps[i]);
		written_expect(&w, DCI_CLAIMS_MALFORMED);
	}
	/* More and fewer pairs than announced. */
	for (size_t pairs = 0; pairs < 4; pairs++) {
		struct writer w CLEANUP(writer_free) = writer_new(200);

		cbor_write_map(&w, pairs);
		pubkey_hash_put(&w);
		written_expect(&w, pairs == 1 ? DCI_OK : DCI_CLAIMS_MALFORMED);
	}
}

static void
test_cut_anywhere(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(CLAIMS_MAX);
	struct claims c;
	struct dci_checks checks;

	(void)state;
	claims_encode(&w, spki, (struct bytes){(const uint8_t *)"csr", 3});
	for (size_t n = 0; n < w.n; n++) {
		uint8_t *cut CLEANUP(cleanup_free) = malloc(n > 0 ? n : 1);

		assert_non_null(cut);
		memcpy(cut, w.data, n);
		assert_true(
		    verdict((struct bytes){cut, n}, &c, &checks) != DCI_OK);
	}
}

/* A single bit in the map's head or in "pubkey-hash" is noticed here; what
 * follows is for the binding of the whole buffer to the quote. */
static void
test_every_bit(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(CLAIMS_MAX);
	struct claims c;
	struct dci_checks checks;

	(void)state;
	claims_encode(&w, spki, (struct bytes){(const uint8_t *)"csr", 3});
	for (size_t bit = 0; bit < 51 * 8; bit++) {
		w.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (verdict((struct bytes){w.data, w.n}, &c, &checks) == DCI_OK)
			fail_msg("bit %zu", bit);
		w.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_algorithms),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_mismatch),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_malformed_values),
	    cmocka_unit_test(test_unknown_claims),
	    cmocka_unit_test(test_malformed_maps),
	    cmocka_unit_test(test_cut_anywhere),
	    cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
