/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Quotes per second against a snapshot, without and with a cache that knows the
 * platform, and bare signature verifications per second in the same run: the
 * ratio is the number of ECDSA verifications that one quote costs, all its
 * parsing included.  The rounds alternate, and the fastest of each counts, so
 * that other load on the machine disturbs the ratios little.
 */
#include <string.h>
#include <time.h>

#include <openssl/ec.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "tests/vectors/bundle.h"

#define ROUNDS  20
#define SECONDS 0.1

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
rate_quotes(const struct bundle *b, const struct dci_snapshot *s,
    struct dci_cache *cache)
{
	struct dci_verification *v = calloc(1, sizeof(*v));
	double start = now();
	unsigned n = 0;

	for (; now() < start + SECONDS; n++) {
		dci_verify_quote(
		    v, b->quote.p, b->quote.n, s, b->time, NULL, cache);
		if (v->status == DCI_STATUS_INVALID)
			abort();
	}
	free(v);
	return n / (now() - start);
}

/* Only what is inside of OpenSSL: the key, its context and the digest are
 * ready, and the signature is in DER. */
struct bare {
	EVP_PKEY_CTX *verifier;
	uint8_t digest[SHA256_SIZE], der[80];
	size_t n;
};

static bool
bare_make(struct bare *b, const struct dci_quote *q)
{
	uint8_t point[P256_POINT_SIZE] = {4}, *p = b->der;

	memcpy(point + 1, q->attestation_key, 64);
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(CURVE_P256, point, sizeof(point));
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(q->signature, 32, NULL);
	BIGNUM *s = BN_bin2bn(q->signature + 32, 32, NULL);
	if (key == NULL || sig == NULL || !ECDSA_SIG_set0(sig, r, s))
		return false;
	b->n = (size_t)i2d_ECDSA_SIG(sig, &p);
	ECDSA_SIG_free(sig);
	sha256(b->digest, q->signed_part, q->signed_size);
	b->verifier = ecdsa_verifier(key);
	return b->verifier != NULL;
}

static double
rate_signatures(const struct bare *b)
{
	double start = now();
	unsigned n = 0;

	for (; now() < start + SECONDS; n++) {
		if (EVP_PKEY_verify(b->verifier, b->der, b->n, b->digest,
			sizeof(b->digest)) != 1)
			abort();
	}
	return n / (now() - start);
}

static double
rate_snapshots(const struct dci_collateral *c)
{
	double start = now();
	unsigned n = 0;

	for (; now() < start + SECONDS; n++)
		dci_snapshot_free(dci_snapshot_new(c, &dci_anchor_intel));
	return n / (now() - start);
}

static bool
choose(struct bundle *b, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *want =
		    json_string_value(json_object_get(row, "expect"));

		if (strcmp(want, "SWHardeningNeeded") == 0) {
			bundle_load(b, row);
			return true;
		}
	}
	return false;
}

static void
keep_larger(double *most, double v)
{
	if (v > *most)
		*most = v;
}

static void
measure(const struct bundle *b, const struct dci_snapshot *s,
    const struct dci_quote *q)
{
	double raw = 0, cold = 0, warm = 0;
	struct dci_cache *cache = dci_cache_new(256);
	struct bare bare;

	if (cache == NULL || !bare_make(&bare, q))
		abort();
	for (int i = 0; i < ROUNDS; i++) {
		keep_larger(&raw, rate_signatures(&bare));
		keep_larger(&cold, rate_quotes(b, s, NULL));
		keep_larger(&warm, rate_quotes(b, s, cache));
	}
	printf("P-256 verifications %8.0f/s %6.1f us\n", raw, 1e6 / raw);
	printf("quotes, cold        %8.0f/s %6.1f us: %.2f verifications\n",
	    cold, 1e6 / cold, raw / cold);
	printf("quotes, warm        %8.0f/s %6.1f us: %.2f verifications\n",
	    warm, 1e6 / warm, raw / warm);
	EVP_PKEY_CTX_free(bare.verifier);
	dci_cache_free(cache);
}

int
main(void)
{
	struct bundle b = {0};
	struct dci_collateral c;
	struct dci_quote q;
	struct dci_failure f;
	json_t *rows = vectors_rows();

	if (rows == NULL || !choose(&b, rows) ||
	    dci_quote_parse(&q, b.quote.p, b.quote.n, &f) != 0) {
		printf("no vectors in %s\n", vectors_folder());
		return 0;
	}
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		c.doc[i].data = b.doc[i].p;
		c.doc[i].n = b.doc[i].n;
	}
	struct dci_snapshot *s = dci_snapshot_new(&c, &dci_anchor_intel);
	measure(&b, s, &q);
	printf("snapshots           %8.0f/s\n", rate_snapshots(&c));
	dci_snapshot_free(s);
	bundle_free(&b);
	json_decref(rows);
	return 0;
}
