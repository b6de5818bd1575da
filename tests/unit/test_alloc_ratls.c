/* SPDX-License-Identifier: BSD-3-Clause */
/* src/ratls without memory: every allocation fails once. */
#include "tests/unit/alloc_exhaust.h"

#include "ratls_sample.h"
#include "dcap/cert.h"
#include "ratls/cbor_walk.h"

static EVP_PKEY *key[2], *csr_key;
static struct sample_spki csr_spki;

/* Certificates of every kind, and what is in them with memory. */
enum kind { DICE_AND_LEGACY, LEGACY_ALONE, KINDS };

static const struct ratls_options options[KINDS] = {
    [DICE_AND_LEGACY] = {.dice = true, .legacy = true},
    [LEGACY_ALONE] = {.legacy = true},
};

static struct {
	uint8_t *der;
	size_t n;
	struct dci_evidence evidence;
} sample[KINDS];

static enum kind kind;
static size_t key_used;

static int
quote_make(void *ctx, const uint8_t report_data[static DCI_REPORT_DATA_SIZE],
    uint8_t **out, size_t *n, struct dci_failure *f)
{
	(void)ctx;
	*out = calloc(1, SAMPLE_QUOTE_SIZE);
	if (*out == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory.");
	*n = SAMPLE_QUOTE_SIZE;
	(*out)[0] = 3;
	memcpy(*out + QUOTE_REPORT_DATA, report_data, DCI_REPORT_DATA_SIZE);
	return 0;
}

static int
make(uint8_t **der, size_t *n, struct dci_failure *f)
{
	const struct quote_source source = {quote_make, NULL};
	struct ratls_options o = options[kind];

	if (o.dice)
		o.csr_spki = (struct bytes){csr_spki.data, csr_spki.n};
	return ratls_make(der, n, key[key_used], &o, &source, f);
}

static int
setup(void **state)
{
	struct dci_checks checks;
	struct dci_failure f;

	(void)state;
	key[0] = ec_generate(CURVE_P256);
	key[1] = ec_generate(CURVE_P384);
	csr_key = ec_generate(CURVE_P256);
	csr_spki = sample_spki(csr_key);
	for (kind = 0; kind < KINDS; kind++) {
		checks.n = 0;
		if (make(&sample[kind].der, &sample[kind].n, &f) != 0 ||
		    dci_evidence_parse(&sample[kind].evidence, sample[kind].der,
			sample[kind].n, &checks, &f) != 0)
			return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (kind = 0; kind < KINDS; kind++)
		free(sample[kind].der);
	EVP_PKEY_free(key[0]);
	EVP_PKEY_free(key[1]);
	EVP_PKEY_free(csr_key);
	return 0;
}

/* --- making ------------------------------------------------------------- */

/* A certificate that was made is signed and carries what it should. */
static bool
sound(const uint8_t *der, size_t n)
{
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;
	struct cert c;

	return dci_evidence_parse(&e, der, n, &checks, &f) == 0 &&
	       e.has_csr_key == options[kind].dice &&
	       cert_parse(&c, (struct bytes){der, n}, &f) == 0 &&
	       ecdsa_verify_der(
		   key[key_used], digest_sha256(), c.tbs, c.signature);
}

static enum outcome
make_certificate(void)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n = 0;
	struct dci_failure f;
	int rc = make(&der, &n, &f);

	inject_disarm();
	if (rc == 0 && !sound(der, n))
		return outcome_wrong("a certificate that is wrong", NULL);
	return outcome_failure(rc, "ratls_make", &f);
}

static void
test_making(void **state)
{
	static const struct operation operation = {
	    .name = "making a certificate",
	    .run = make_certificate,
	    .again = 16};

	(void)state;
	for (kind = 0; kind < KINDS; kind++) {
		key_used = kind;
		assert_in_range(exhaust(&operation), 50, ALLOCATIONS_MAX);
	}
	key_used = 0;
}

/* With a key of its own, as a program does that has just started. */
static enum outcome
make_first(void)
{
	struct ec_point point;

	kind = LEGACY_ALONE;
	key_used = 0;
	key[0] = ec_generate(CURVE_P256);
	enum outcome outcome = key[0] == NULL || !ec_export(&point, key[0])
				   ? outcome_watched(false, "key")
				   : make_certificate();
	EVP_PKEY_free(key[0]);
	key[0] = NULL;
	return outcome;
}

static void
test_first_making(void **state)
{
	static const struct operation operation = {
	    .name = "making a certificate", .run = make_first};

	(void)state;
	exhaust_first(&operation);
}

/* --- reading ------------------------------------------------------------ */

static enum outcome
read_evidence(void)
{
	const struct dci_evidence *usual = &sample[kind].evidence;
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	if (dci_evidence_parse(
		&e, sample[kind].der, sample[kind].n, &checks, &f) != 0)
		return outcome_failure(-1, "evidence", &f);
	struct dci_quote q = sample_quote_view(e.quote, e.quote_size);
	if (dci_evidence_bound(&e, &q, &checks, &f) != 0)
		return outcome_wrong("binding", &f);
	return e.quote == usual->quote && e.claims == usual->claims &&
		       memcmp(e.binding, usual->binding, 32) == 0 &&
		       memcmp(e.csr_key, usual->csr_key, 32) == 0
		   ? SAME
		   : outcome_wrong("other evidence", NULL);
}

/* Only the hash of the key allocates, inside of OpenSSL. */
static void
test_reading(void **state)
{
	static const struct operation operation = {
	    .name = "reading evidence", .run = read_evidence};

	(void)state;
	kind = DICE_AND_LEGACY;
	assert_in_range(exhaust(&operation), 1, 10);
	kind = LEGACY_ALONE;
	assert_int_equal(exhaust(&operation), 0);
}

/* "pubkey-hash" of another key: may be called so, but is never taken. */
static struct claims claims;

static enum outcome
bind_wrong(void)
{
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	if (claims_bind_key(&claims, (struct bytes){csr_spki.data, csr_spki.n},
		&checks, &f) == 0)
		return outcome_wrong("another key", NULL);
	return f.code == DCI_PUBKEY_HASH_MISMATCH
		   ? SAME
		   : outcome_failure(-1, "binding", &f);
}

static void
test_binding(void **state)
{
	static const struct operation operation = {
	    .name = "binding of another key", .run = bind_wrong};
	const struct dci_evidence *e = &sample[DICE_AND_LEGACY].evidence;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	(void)state;
	assert_int_equal(
	    claims_parse(&claims, (struct bytes){e->claims, e->claims_size},
		&checks, &f),
	    0);
	assert_in_range(exhaust(&operation), 1, 10);
}

static enum outcome
write_claims(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(CLAIMS_MAX);
	struct bytes spki = {csr_spki.data, csr_spki.n};
	struct claims back;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f;

	claims_encode(&w, spki, spki);
	if (w.failed)
		return SHORT;
	return outcome_failure(
	    claims_parse(&back, (struct bytes){w.data, w.n}, &checks, &f),
	    "claims", &f);
}

/* An array in an array, a map, a tag and strings. */
static enum outcome
walk(void)
{
	static const uint8_t cbor[] = {0x82, 0x82, 0x01, 0x43, 1, 2, 3, 0xa1,
	    0x61, 'k', 0xd9, 0xea, 0x60, 0xf5};
	struct cbor_walk w = cbor_walk_of((struct bytes){cbor, sizeof(cbor)});

	return cbor_skip(&w, 0) && cbor_end(&w) ? SAME
						: outcome_wrong(w.why, NULL);
}

static void
test_cbor(void **state)
{
	static const struct operation write = {
	    .name = "claims", .run = write_claims};
	static const struct operation read = {.name = "CBOR walk", .run = walk};

	(void)state;
	assert_in_range(exhaust(&write), 2, 10);
	assert_int_equal(exhaust(&read), 0);
}

/* --- where quotes come from --------------------------------------------- */

static char folder[] = "/tmp/dci-alloc.XXXXXX";

static void
put_file(const char *name, const char *content)
{
	char path[128];
	struct dci_failure f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(
	    file_write(path, content, strlen(content), 0600, &f), 0);
}

static enum outcome
ask(void)
{
	const struct quote_source source = quote_source_attestation(folder);
	const uint8_t report_data[DCI_REPORT_DATA_SIZE] = {1};
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t n;
	struct dci_failure f;

	return outcome_failure(
	    quote_source_ask(&source, report_data, &quote, &n, &f), "source",
	    &f);
}

static void
test_source(void **state)
{
	static const char *const names[] = {
	    "user_report_data", "quote", "attestation_type"};
	static const struct operation operation = {
	    .name = "source", .run = ask};
	char path[128];

	(void)state;
	assert_non_null(mkdtemp(folder));
	put_file(names[0], "");
	put_file(names[1], "a quote");
	put_file(names[2], "dcap\n");
	assert_in_range(exhaust(&operation), 2, 10);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest first[] = {
	    cmocka_unit_test(test_first_making),
	};
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_making),
	    cmocka_unit_test(test_reading),
	    cmocka_unit_test(test_binding),
	    cmocka_unit_test(test_cbor),
	    cmocka_unit_test(test_source),
	};

	return cmocka_run_group_tests(first, NULL, NULL) +
	       cmocka_run_group_tests(tests, setup, teardown);
}
