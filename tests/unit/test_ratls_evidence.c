/* SPDX-License-Identifier: BSD-3-Clause */
/* Evidence in certificates of our own: what is taken, and every refusal. */
#include <openssl/rsa.h>

#include "ratls_sample.h"

/* --- certificates of our own ---------------------------------------------- */

static EVP_PKEY *keys[3]; /* by enum curve */

static int
keys_make(void **state)
{
	(void)state;
	keys[CURVE_P256] = ec_generate(CURVE_P256);
	keys[CURVE_P384] = ec_generate(CURVE_P384);
	return keys[CURVE_P256] == NULL || keys[CURVE_P384] == NULL;
}

static int
keys_free(void **state)
{
	(void)state;
	EVP_PKEY_free(keys[CURVE_P256]);
	EVP_PKEY_free(keys[CURVE_P384]);
	return 0;
}

static void
round_trip(enum curve curve, bool dice, bool legacy, bool csr)
{
	int asked = 0;
	const struct quote_source source = {sample_quote, &asked};
	struct sample_spki spki = sample_spki(keys[curve]);
	struct sample_spki other = sample_spki(keys[CURVE_P256]);
	struct ratls_options options = {.dice = dice, .legacy = legacy};
	uint8_t *der CLEANUP(cleanup_free) = NULL, digest[32];
	size_t n;
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	if (csr)
		options.csr_spki = (struct bytes){other.data, other.n};
	if (ratls_make(&der, &n, keys[curve], &options, &source, &f) < 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(asked, (int)dice + (int)legacy);
	if (dci_evidence_parse(&e, der, n, &checks, &f) < 0)
		fail_msg("%s", f.sentence);
	assert_int_equal(
	    e.source, dice ? DCI_EVIDENCE_DICE : DCI_EVIDENCE_LEGACY);
	assert_int_equal(e.quote_size, SAMPLE_QUOTE_SIZE);
	assert_int_equal(e.spki_size, spki.n);
	assert_memory_equal(e.spki, spki.data, spki.n);
	assert_int_equal(e.has_csr_key, csr);
	sha256(digest, other.data, other.n);
	if (csr)
		assert_memory_equal(e.csr_key, digest, sizeof(digest));
	struct dci_quote q = sample_quote_view(e.quote, e.quote_size);
	assert_int_equal(dci_evidence_bound(&e, &q, &checks, &f), 0);
}

static void
test_round_trips(void **state)
{
	(void)state;
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		round_trip(c, true, true, false);
		round_trip(c, true, true, true);
		round_trip(c, true, false, false);
		round_trip(c, true, false, true);
		round_trip(c, false, true, false);
	}
}

/* The extensions of one certificate, made by hand. */
struct hand {
	struct sample_spki spki;
	uint8_t quote[SAMPLE_QUOTE_SIZE];
	struct writer claims, dice;
};

static void
hand_free(struct hand *h)
{
	writer_free(&h->claims);
	writer_free(&h->dice);
}

static struct bytes
written(const struct writer *w)
{
	assert_false(w->failed);
	return (struct bytes){w->data, w->n};
}

static struct hand
hand_new(void)
{
	struct hand h = {.spki = sample_spki(keys[CURVE_P384]),
	    .claims = writer_new(CLAIMS_MAX),
	    .dice = writer_new(LIMIT_CERTIFICATE)};
	struct bytes none = {NULL, 0};

	claims_encode(&h.claims, (struct bytes){h.spki.data, h.spki.n}, none);
	sha256(h.quote + QUOTE_REPORT_DATA, h.claims.data, h.claims.n);
	dice_encode(&h.dice, (struct bytes){h.quote, sizeof(h.quote)},
	    written(&h.claims));
	return h;
}

static void
test_duplicates(void **state)
{
	struct hand h CLEANUP(hand_free) = hand_new();
	struct bytes quote = {h.quote, sizeof(h.quote)};
	const struct ratls_extension dice = {ratls_oid_dice, false,
					 written(&h.dice)},
				     legacy = {ratls_oid_legacy, false, quote},
				     proper = {
					 ratls_oid_legacy_proper, false, quote};
	EVP_PKEY *key = keys[CURVE_P384];

	(void)state;
	sample_expect_made(
	    key, (struct ratls_extension[]){dice, legacy}, 2, DCI_OK);
	sample_expect_made(
	    key, (struct ratls_extension[]){proper, dice}, 2, DCI_OK);
	sample_expect_made(key, &proper, 1, DCI_OK);
	sample_expect_made(key, (struct ratls_extension[]){dice, dice}, 2,
	    DCI_TLS_CERTIFICATE_MALFORMED);
	sample_expect_made(key, (struct ratls_extension[]){legacy, legacy}, 2,
	    DCI_TLS_CERTIFICATE_MALFORMED);
	sample_expect_made(key, (struct ratls_extension[]){legacy, proper}, 2,
	    DCI_EVIDENCE_DUPLICATE);
	sample_expect_made(key,
	    (struct ratls_extension[]){dice, legacy, proper}, 3,
	    DCI_EVIDENCE_DUPLICATE);
}

static void
test_critical_is_taken(void **state)
{
	struct hand h CLEANUP(hand_free) = hand_new();
	const struct ratls_extension e = {
	    ratls_oid_dice, true, written(&h.dice)};

	(void)state;
	sample_expect_made(keys[CURVE_P384], &e, 1, DCI_OK);
}

static void
test_no_evidence(void **state)
{
	static const uint8_t intel[] = {
	    0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
	static const uint8_t quote[] = {3};
	const struct ratls_extension e = {
	    {intel, sizeof(intel)}, false, {quote, 1}};
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;
	struct dci_evidence evidence;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	(void)state;
	sample_expect_made(keys[CURVE_P256], NULL, 0, DCI_NO_EVIDENCE);
	assert_int_equal(
	    ratls_certificate_make(&der, &n, keys[CURVE_P256], &e, 1, &f), 0);
	assert_int_equal(
	    dci_evidence_parse(&evidence, der, n, &checks, &f), -1);
	assert_int_equal(f.code, DCI_NO_EVIDENCE);
	assert_non_null(strstr(f.sentence, "2.23.133.5.4.9"));
	assert_non_null(strstr(f.sentence, "1.2.840.113741.1337.6"));
	assert_non_null(strstr(f.sentence, "1.2.840.113741.1.13.1"));
}

/* A malformed DICE extension is never made up for by a good legacy one. */
static void
test_no_fall_back(void **state)
{
	struct hand h CLEANUP(hand_free) = hand_new();
	static const uint8_t nothing[] = {0xf6};
	const struct ratls_extension e[] = {
	    {ratls_oid_legacy, false, {h.quote, sizeof(h.quote)}},
	    {ratls_oid_dice, false, {nothing, sizeof(nothing)}},
	};

	(void)state;
	sample_expect_made(keys[CURVE_P384], e, 1, DCI_OK);
	sample_expect_made(keys[CURVE_P384], e, 2, DCI_EVIDENCE_MALFORMED);
}

static void
dice_expect(struct bytes value, enum dci_code code)
{
	const struct ratls_extension e = {ratls_oid_dice, false, value};

	sample_expect_made(keys[CURVE_P384], &e, 1, code);
}

static void
dice_expect_hex(const char *hex, enum dci_code code)
{
	uint8_t data[64];
	size_t n = strlen(hex) / 2;

	assert_true(hex_decode(data, n, hex, strlen(hex)));
	dice_expect((struct bytes){data, n}, code);
}

static void
test_malformed_dice(void **state)
{
	(void)state;
	dice_expect_hex("", DCI_EVIDENCE_MALFORMED);
	/* Other tags of the registry: reports of SGX and TDX. */
	dice_expect_hex("d9ea618241034100", DCI_EVIDENCE_TAG_UNSUPPORTED);
	dice_expect_hex("d9ea628241034100", DCI_EVIDENCE_TAG_UNSUPPORTED);
	dice_expect_hex("c08241034100", DCI_EVIDENCE_TAG_UNSUPPORTED);
	/* No tag; a tag that is too long. */
	dice_expect_hex("8241034100", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("da0000ea608241034100", DCI_EVIDENCE_MALFORMED);
	/* Arrays of another length, or none. */
	dice_expect_hex("d9ea60814103", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea60834103410000", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea609802410341a0", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea609f410341a0ff", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea60a1410341a0", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea604103", DCI_EVIDENCE_MALFORMED);
	/* Other contents. */
	dice_expect_hex("d9ea6082610341a0", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea60824103a0", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea60825f4103ff41a0", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea60824103", DCI_EVIDENCE_MALFORMED);
	dice_expect_hex("d9ea60825bffffffffffffffff", DCI_EVIDENCE_MALFORMED);
	/* Left over. */
	dice_expect_hex("d9ea6082410341a000", DCI_EVIDENCE_MALFORMED);
	/* No quote, no claims. */
	dice_expect_hex("d9ea60824041a0", DCI_EVIDENCE_NO_QUOTE);
	dice_expect_hex("d9ea6082410340", DCI_CLAIMS_MALFORMED);
	dice_expect_hex("d9ea6082410341a0", DCI_PUBKEY_HASH_MISSING);
}

/* The well-formed value, cut or lengthened, is refused. */
static void
test_dice_cut_anywhere(void **state)
{
	struct hand h CLEANUP(hand_free) = hand_new();
	struct bytes value = written(&h.dice);

	(void)state;
	dice_expect(value, DCI_OK);
	for (size_t n = 0; n < value.n; n += n < 16 || n > 700 ? 1 : 50)
		dice_expect((struct bytes){value.p, n}, DCI_EVIDENCE_MALFORMED);
	writer_u8(&h.dice, 0);
	dice_expect(written(&h.dice), DCI_EVIDENCE_MALFORMED);
}

static void
test_quote_sizes(void **state)
{
	static uint8_t quote[LIMIT_QUOTE + 1];
	struct ratls_extension e = {ratls_oid_legacy, false, {quote, 0}};
	struct hand h CLEANUP(hand_free) = hand_new();

	(void)state;
	sample_expect_made(keys[CURVE_P384], &e, 1, DCI_EVIDENCE_NO_QUOTE);
	e.value.n = LIMIT_QUOTE;
	sample_expect_made(keys[CURVE_P384], &e, 1, DCI_OK);
	e.value.n = LIMIT_QUOTE + 1;
	sample_expect_made(keys[CURVE_P384], &e, 1, DCI_EVIDENCE_TOO_LARGE);
	for (size_t n = LIMIT_QUOTE; n <= LIMIT_QUOTE + 1; n++) {
		struct writer w CLEANUP(writer_free) =
		    writer_new(LIMIT_CERTIFICATE);

		dice_encode(&w, (struct bytes){quote, n}, written(&h.claims));
		dice_expect(written(&w),
		    n > LIMIT_QUOTE ? DCI_EVIDENCE_TOO_LARGE : DCI_OK);
	}
}

static void
test_certificate_size(void **state)
{
	static uint8_t large[LIMIT_CERTIFICATE];
	const struct ratls_extension e = {
	    ratls_oid_dice, false, {large, sizeof(large)}};

	(void)state;
	sample_expect_made(
	    keys[CURVE_P256], &e, 1, DCI_TLS_CERTIFICATE_TOO_LARGE);
	sample_expect(NULL, 0, DCI_TLS_CERTIFICATE_MALFORMED);
	sample_expect(large, sizeof(large), DCI_TLS_CERTIFICATE_MALFORMED);
}

static void
key_expect(EVP_PKEY *key, enum dci_code code)
{
	struct hand h CLEANUP(hand_free) = hand_new();
	const struct ratls_extension e = {
	    ratls_oid_legacy, false, {h.quote, sizeof(h.quote)}};

	assert_non_null(key);
	sample_expect_made(key, &e, 1, code);
	EVP_PKEY_free(key);
}

static void
test_other_keys(void **state)
{
	(void)state;
	key_expect(EVP_RSA_gen(2048), DCI_TLS_KEY_RSA);
	key_expect(EVP_EC_gen("P-521"), DCI_TLS_KEY_CURVE);
	key_expect(EVP_EC_gen("secp256k1"), DCI_TLS_KEY_CURVE);
	EVP_PKEY *compressed = EVP_EC_gen("P-256");
	assert_true(EVP_PKEY_set_utf8_string_param(
			compressed, "point-format", "compressed") > 0);
	key_expect(compressed, DCI_TLS_KEY_MALFORMED);
	EVP_PKEY *parameters = EVP_EC_gen("P-256");
	assert_true(EVP_PKEY_set_utf8_string_param(
			parameters, "encoding", "explicit") > 0);
	key_expect(parameters, DCI_TLS_KEY_CURVE);
}

/* Ed25519 signs without a digest, so such a certificate is borrowed: the key
 * of a good one gets the other algorithm's name. */
static void
test_unknown_key_algorithm(void **state)
{
	static const uint8_t ec[] = {
	    0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;
	struct dci_failure f;

	(void)state;
	assert_int_equal(
	    ratls_certificate_make(&der, &n, keys[CURVE_P256], NULL, 0, &f), 0);
	uint8_t *oid = memmem(der, n, ec, sizeof(ec));
	assert_non_null(oid);
	oid[8] = 0x7f;
	sample_expect(der, n, DCI_TLS_KEY_UNSUPPORTED);
}

static void
test_rsa_sentence_helps(void **state)
{
	(void)state;
	assert_non_null(strstr(dci_code_meaning(DCI_TLS_KEY_RSA), "1.4"));
	assert_non_null(strstr(dci_code_remedy(DCI_TLS_KEY_RSA), "Upgrade"));
}

/* --- the binding ---------------------------------------------------------- */

static void
bound_expect(
    const struct dci_evidence *e, const struct dci_quote *q, enum dci_code code)
{
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};

	int rc = dci_evidence_bound(e, q, &checks, &f);
	assert_string_equal(dci_code_name(f.code), dci_code_name(code));
	assert_int_equal(rc, code == DCI_OK ? 0 : -1);
	assert_int_equal(dci_checks_failed(&checks) == NULL, code == DCI_OK);
}

static void
test_binding_every_bit(void **state)
{
	struct dci_evidence e = {.source = DCI_EVIDENCE_LEGACY};
	struct dci_quote q = {.version = 3};

	(void)state;
	memset(e.binding, 0x5a, sizeof(e.binding));
	memset(q.report.report_data, 0x5a, 32);
	bound_expect(&e, &q, DCI_OK);
	for (size_t bit = 0; bit < 512; bit++) {
		q.report.report_data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		bound_expect(&e, &q,
		    bit < 256 ? DCI_EVIDENCE_NOT_BOUND
			      : DCI_REPORT_DATA_NOT_ZERO);
		q.report.report_data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

/* DICE evidence with the quote of the legacy extension, and the reverse. */
static void
test_quotes_are_not_exchangeable(void **state)
{
	struct dci_evidence dice, legacy;
	struct dci_failure f;
	uint8_t *both CLEANUP(cleanup_free) = NULL,
		      *old CLEANUP(cleanup_free) = NULL;
	size_t n_both, n_old;
	const struct quote_source source = {sample_quote, NULL};
	const struct ratls_options with_dice = {.dice = true},
				   with_legacy = {.legacy = true};
	EVP_PKEY *key = keys[CURVE_P256];

	(void)state;
	assert_int_equal(
	    ratls_make(&both, &n_both, key, &with_dice, &source, &f), 0);
	assert_int_equal(
	    ratls_make(&old, &n_old, key, &with_legacy, &source, &f), 0);
	struct dci_checks checks = {.n = 0};
	assert_int_equal(
	    dci_evidence_parse(&dice, both, n_both, &checks, &f), 0);
	checks.n = 0;
	assert_int_equal(
	    dci_evidence_parse(&legacy, old, n_old, &checks, &f), 0);
	struct dci_quote q = sample_quote_view(legacy.quote, legacy.quote_size);
	bound_expect(&legacy, &q, DCI_OK);
	bound_expect(&dice, &q, DCI_EVIDENCE_NOT_BOUND);
	q = sample_quote_view(dice.quote, dice.quote_size);
	bound_expect(&dice, &q, DCI_OK);
	bound_expect(&legacy, &q, DCI_EVIDENCE_NOT_BOUND);
}

/* Evidence copied into a certificate with another key. */
static void
test_stolen_evidence(void **state)
{
	struct hand h CLEANUP(hand_free) = hand_new();
	const struct ratls_extension e = {
	    ratls_oid_dice, false, written(&h.dice)};

	(void)state;
	sample_expect_made(keys[CURVE_P256], &e, 1, DCI_PUBKEY_HASH_MISMATCH);
}

static void
test_source_names(void **state)
{
	(void)state;
	assert_string_equal(
	    dci_evidence_source_name(DCI_EVIDENCE_DICE), "dice");
	assert_string_equal(
	    dci_evidence_source_name(DCI_EVIDENCE_LEGACY), "legacy");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_critical_is_taken),
	    cmocka_unit_test(test_no_evidence),
	    cmocka_unit_test(test_no_fall_back),
	    cmocka_unit_test(test_malformed_dice),
	    cmocka_unit_test(test_dice_cut_anywhere),
	    cmocka_unit_test(test_quote_sizes),
	    cmocka_unit_test(test_certificate_size),
	    cmocka_unit_test(test_other_keys),
	    cmocka_unit_test(test_unknown_key_algorithm),
	    cmocka_unit_test(test_rsa_sentence_helps),
	    cmocka_unit_test(test_binding_every_bit),
	    cmocka_unit_test(test_quotes_are_not_exchangeable),
	    cmocka_unit_test(test_stolen_evidence),
	    cmocka_unit_test(test_source_names),
	};

	return cmocka_run_group_tests(tests, keys_make, keys_free);
}
