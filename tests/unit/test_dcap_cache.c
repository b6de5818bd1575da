/* SPDX-License-Identifier: BSD-3-Clause */
/* A cache saves signature verifications and changes nothing else.  OpenSSL's
 * two functions that verify are wrapped (Makefile) and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/faults.h"
#include "sim/platform_impl.h"
#include "tests/unit/quote_parts.h"
#include "tests/unit/random.h"
#include "tests/unit/same.h"

#define NOW       INT64_C(1790000000) /* September 2026 */
#define YEAR      (INT64_C(365) * 24 * 3600)
#define QUOTES    80
#define SNAPSHOTS 32
#define ROUNDS    4000

static unsigned verifications;

int __real_EVP_PKEY_verify(EVP_PKEY_CTX *, const unsigned char *, size_t,
    const unsigned char *, size_t);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *, const unsigned char *, size_t,
    const unsigned char *, size_t);
int __real_EVP_DigestVerify(
    EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);
int __wrap_EVP_DigestVerify(
    EVP_MD_CTX *, const unsigned char *, size_t, const unsigned char *, size_t);

int
__wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig,
    size_t sig_n, const unsigned char *digest, size_t n)
{
	verifications++;
	return __real_EVP_PKEY_verify(ctx, sig, sig_n, digest, n);
}

int
__wrap_EVP_DigestVerify(EVP_MD_CTX *ctx, const unsigned char *sig, size_t sig_n,
    const unsigned char *message, size_t n)
{
	verifications++;
	return __real_EVP_DigestVerify(ctx, sig, sig_n, message, n);
}

/* Quotes of one platform and of its faulty twins, with one root; the
 * collateral of all of them. */
static struct {
	uint8_t *data;
	size_t n;
} quote[QUOTES];
static struct dci_snapshot *snapshot[SNAPSHOTS];
static struct sim_collateral collateral[SNAPSHOTS];
static size_t quotes, snapshots;
static struct dci_anchor anchor;
static struct dci_verification cold, warm;

static void
add_quote(const struct sim_platform *p, uint16_t version)
{
	struct sim_quote_options o;
	uint8_t report_data[DCI_REPORT_DATA_SIZE] = {(uint8_t)quotes};
	struct dci_failure f;

	assert_true(quotes < QUOTES);
	sim_quote_options_default(&o);
	o.version = version;
	assert_int_equal(sim_quote(p, &o, report_data, &quote[quotes].data,
			     &quote[quotes].n, &f),
	    0);
	quotes++;
}

static void
add_snapshot(const struct sim_platform *p)
{
	struct dci_failure f;

	assert_true(snapshots < SNAPSHOTS);
	assert_int_equal(sim_collateral_make(&collateral[snapshots], p, &f), 0);
	struct dci_collateral view =
	    sim_collateral_view(&collateral[snapshots]);
	snapshot[snapshots] = dci_snapshot_new(&view, &anchor);
	assert_non_null(snapshot[snapshots]);
	snapshots++;
}

static void
add_twins(const struct sim_platform *sound)
{
	struct dci_failure f;
	size_t n;
	const struct sim_fault *faults = sim_faults(&n);

	for (size_t i = 0; i < n; i++) {
		struct sim_platform *p = sim_with_fault(sound, &faults[i], &f);

		assert_non_null(p);
		if (faults[i].place == SIM_FAULT_QUOTE)
			add_quote(p, (uint16_t)(3 + i % 3));
		else
			add_snapshot(p);
		sim_close(p);
	}
}

/* Another platform under the same CA, with its own PCK and attestation key. */
static void
add_neighbour(const struct sim_platform *p)
{
	static const enum sim_key own[] = {SIM_KEY_PCK, SIM_KEY_ATTESTATION};
	struct sim_pki pki;
	struct dci_failure f;

	assert_true(pki_share(&pki, &p->pki));
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY_free(pki.key[own[i]]);
		pki.key[own[i]] = NULL;
	}
	struct sim_platform *other = platform_make(&pki, &p->spec, &f);
	assert_non_null(other);
	for (uint16_t version = 3; version <= 5; version++)
		add_quote(other, version);
	sim_close(other);
}

static int
setup(void **state)
{
	struct sim_spec spec;
	struct dci_failure f;
	uint8_t *pem;
	size_t n;

	(void)state;
	random_seed();
	sim_spec_default(&spec, NOW);
	struct sim_platform *p = sim_build(&spec, &f);
	if (p == NULL || sim_root_pem(p, &pem, &n, &f) != 0 ||
	    dci_anchor_from_pem(&anchor, pem, n, &f) != 0)
		return -1;
	free(pem);
	add_snapshot(p);
	for (uint16_t version = 3; version <= 5; version++) {
		for (int i = 0; i < 4; i++)
			add_quote(p, version);
	}
	add_neighbour(p);
	add_twins(p);
	sim_close(p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < quotes; i++)
		free(quote[i].data);
	for (size_t i = 0; i < snapshots; i++) {
		dci_snapshot_free(snapshot[i]);
		sim_collateral_free(&collateral[i]);
	}
	return 0;
}

static unsigned
verify(struct dci_verification *v, const uint8_t *data, size_t n,
    const struct dci_snapshot *s, int64_t now, const struct dci_tolerance *t,
    struct dci_cache *cache)
{
	same_prepare(v);
	verifications = 0;
	dci_verify_quote(v, data, n, s, now, t, cache);
	return verifications;
}

static unsigned
verify_plain(size_t i, struct dci_cache *cache)
{
	return verify(
	    &warm, quote[i].data, quote[i].n, snapshot[0], NOW, NULL, cache);
}

static void
cold_costs_three_verifications_and_warm_one(void **state)
{
	struct dci_cache *cache = dci_cache_new(4);

	(void)state;
	for (size_t i = 0; i < 12; i++) {
		assert_int_equal(verify_plain(i, NULL), 3);
		assert_int_equal(warm.status, DCI_STATUS_UP_TO_DATE);
		/* The QE's signature differs from quote to quote here. */
		assert_int_equal(verify_plain(i, cache), i == 0 ? 3 : 2);
		assert_int_equal(verify_plain(i, cache), 1);
		assert_int_equal(warm.status, DCI_STATUS_UP_TO_DATE);
	}
	dci_cache_free(cache);
}

/* The same enclave report, quoted by the same QE: what differs between the
 * quotes of a platform in the field is body and signature only. */
static void
another_enclave_of_a_known_platform_is_warm(void **state)
{
	struct quote_parts a, b;
	struct dci_cache *cache = dci_cache_new(1);

	(void)state;
	quote_split(&a, quote[0].data, quote[0].n);
	quote_split(&b, quote[1].data, quote[1].n);
	a.part[PART_SIGNED] = b.part[PART_SIGNED];
	a.part[PART_SIGNATURE] = b.part[PART_SIGNATURE];
	struct writer w = quote_join(&a);
	assert_int_equal(verify_plain(0, cache), 3);
	assert_int_equal(
	    verify(&warm, w.data, w.n, snapshot[0], NOW, NULL, cache), 1);
	assert_int_equal(warm.status, DCI_STATUS_UP_TO_DATE);
	writer_free(&w);
	dci_cache_free(cache);
}

static void
entries_of_another_snapshot_are_not_found(void **state)
{
	struct dci_cache *cache = dci_cache_new(4);
	struct dci_collateral view = sim_collateral_view(&collateral[0]);
	uint8_t *copy = malloc(view.doc[DCI_DOC_TCB_INFO].n + 1);

	(void)state;
	assert_int_equal(verify_plain(0, cache), 3);
	/* The same but for one newline. */
	memcpy(copy, view.doc[DCI_DOC_TCB_INFO].data,
	    view.doc[DCI_DOC_TCB_INFO].n);
	copy[view.doc[DCI_DOC_TCB_INFO].n++] = '\n';
	view.doc[DCI_DOC_TCB_INFO].data = copy;
	struct dci_snapshot *other = dci_snapshot_new(&view, &anchor);
	assert_int_equal(
	    verify(&warm, quote[0].data, quote[0].n, other, NOW, NULL, cache),
	    3);
	/* The same documents under another anchor. */
	view = sim_collateral_view(&collateral[0]);
	struct dci_snapshot *intel = dci_snapshot_new(&view, &dci_anchor_intel);
	verify(&warm, quote[0].data, quote[0].n, intel, NOW, NULL, cache);
	assert_int_equal(warm.failure.code, DCI_PCK_ROOT_UNTRUSTED);
	assert_int_equal(verify_plain(0, cache), 1);
	dci_snapshot_free(other);
	dci_snapshot_free(intel);
	dci_cache_free(cache);
	free(copy);
}

static void
the_time_is_looked_at_each_time(void **state)
{
	struct dci_cache *cache = dci_cache_new(4);
	struct dci_tolerance all = {.grace = DCI_UNLIMITED};

	(void)state;
	assert_int_equal(verify_plain(0, cache), 3);
	for (int64_t at = NOW - YEAR; at < NOW + 31 * YEAR; at += YEAR / 2) {
		verify(&cold, quote[0].data, quote[0].n, snapshot[0], at, NULL,
		    NULL);
		verify(&warm, quote[0].data, quote[0].n, snapshot[0], at, NULL,
		    cache);
		assert_null(same_differs(&cold, &warm));
		assert_int_equal(warm.status == DCI_STATUS_UP_TO_DATE,
		    at >= NOW && at <= NOW + YEAR);
		verify(&cold, quote[0].data, quote[0].n, snapshot[0], at, &all,
		    NULL);
		verify(&warm, quote[0].data, quote[0].n, snapshot[0], at, &all,
		    cache);
		assert_null(same_differs(&cold, &warm));
	}
	dci_cache_free(cache);
}

/* Only quotes that passed everything leave something behind. */
static void
failures_are_not_kept(void **state)
{
	(void)state;
	for (size_t i = 12; i < quotes; i++) {
		struct dci_cache *cache = dci_cache_new(4);
		unsigned first = verify_plain(i, cache);
		bool genuine = warm.failure.code == DCI_OK;

		assert_int_equal(verify_plain(i, cache), genuine ? 1 : first);
		dci_cache_free(cache);
	}
}

/* White space in PEM makes as many texts of one chain as one likes. */
static void
a_platform_takes_one_place(void **state)
{
	struct dci_cache *cache = dci_cache_new(2);
	struct quote_parts q;
	char chain[LIMIT_QUOTE];

	(void)state;
	quote_split(&q, quote[0].data, quote[0].n);
	struct bytes pem = q.part[PART_CHAIN];
	/* Another platform: the twin that is out of date. */
	size_t other = 12;
	while (verify_plain(other, cache) == 0 ||
	       warm.status != DCI_STATUS_OUT_OF_DATE ||
	       warm.platform_status != DCI_STATUS_OUT_OF_DATE)
		other++;
	dci_cache_free(cache);
	cache = dci_cache_new(2);
	verify_plain(other, cache);
	for (size_t blanks = 0; blanks < 20; blanks++) {
		memset(chain, '\n', blanks);
		memcpy(chain + blanks, pem.p, pem.n);
		q.part[PART_CHAIN] =
		    (struct bytes){(const uint8_t *)chain, blanks + pem.n};
		struct writer w = quote_join(&q);
		assert_int_equal(
		    verify(&warm, w.data, w.n, snapshot[0], NOW, NULL, cache),
		    3);
		assert_int_equal(
		    verify(&warm, w.data, w.n, snapshot[0], NOW, NULL, cache),
		    1);
		writer_free(&w);
	}
	assert_int_equal(verify_plain(other, cache), 1);
	dci_cache_free(cache);
}

static void
keys_of_a_platform_replace_each_other(void **state)
{
	struct dci_cache *cache = dci_cache_new(1);

	(void)state;
	/* Twelve reports of the QE, eight of which are remembered. */
	for (size_t i = 0; i < 12; i++)
		verify_plain(i, cache);
	for (size_t i = 4; i < 12; i++)
		assert_int_equal(verify_plain(i, cache), 1);
	assert_int_equal(verify_plain(0, cache), 2);
	dci_cache_free(cache);
}

/* --- cold against warm --------------------------------------------------- */

static void
flip(uint8_t *p, size_t n)
{
	p[random_below(n)] ^= (uint8_t)(1u << random_below(8));
}

/* One bit of any part, short ones as often as long ones. */
static void
flip_part(struct quote_parts *q)
{
	static uint8_t copy[LIMIT_QUOTE];
	struct bytes *part = &q->part[random_below(PARTS)];

	if (part->n == 0)
		return;
	memcpy(copy, part->p, part->n);
	flip(copy, part->n);
	part->p = copy;
}

static void
swap_parts(struct quote_parts *q)
{
	struct quote_parts other;
	struct dci_quote parsed;
	struct dci_failure f;
	size_t i = random_below(quotes);

	if (dci_quote_parse(&parsed, quote[i].data, quote[i].n, &f) != 0)
		return;
	quote_split(&other, quote[i].data, quote[i].n);
	for (size_t n = 1 + random_below(3); n > 0; n--) {
		enum part part = (enum part)random_below(PARTS);

		q->part[part] = other.part[part];
	}
}

/* A quote, perhaps with parts of another, perhaps with one bit changed. */
static struct writer
hostile(size_t i)
{
	struct writer w = writer_new(2 * LIMIT_QUOTE);
	struct quote_parts q;
	struct dci_quote parsed;
	struct dci_failure f;

	if (random_below(8) == 0 ||
	    dci_quote_parse(&parsed, quote[i].data, quote[i].n, &f) != 0) {
		writer_put(&w, quote[i].data, quote[i].n);
		if (random_below(2) == 0)
			flip(w.data, w.n);
		return w;
	}
	writer_free(&w);
	quote_split(&q, quote[i].data, quote[i].n);
	if (random_below(3) == 0)
		swap_parts(&q);
	if (random_below(3) == 0)
		flip_part(&q);
	return quote_join(&q);
}

static int64_t
some_time(void)
{
	static const int64_t times[] = {0, NOW - 601, NOW - 600, NOW,
	    NOW + YEAR, NOW + YEAR + 1, NOW + 13 * YEAR, INT64_MAX};

	if (random_below(4) != 0)
		return NOW;
	return times[random_below(sizeof(times) / sizeof(times[0]))];
}

/* Whether the cache saved anything. */
static bool
compare(struct dci_cache *cache)
{
	struct dci_tolerance all = {.grace = DCI_UNLIMITED};
	const struct dci_tolerance *t = random_below(4) == 0 ? &all : NULL;
	const struct dci_snapshot *s =
	    snapshot[random_below(2) == 0 ? 0 : random_below(snapshots)];
	struct writer w = hostile(random_below(quotes));
	int64_t at = some_time();

	unsigned dear = verify(&cold, w.data, w.n, s, at, t, NULL);
	unsigned cheap = verify(&warm, w.data, w.n, s, at, t, cache);
	const char *differs = same_differs(&cold, &warm);
	if (differs != NULL)
		fail_msg("%s differs: %s, %s", differs, cold.failure.sentence,
		    warm.failure.sentence);
	assert_true(cheap <= dear);
	writer_free(&w);
	return cheap < dear;
}

static void
a_cache_never_changes_a_verdict(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 5, 64};
	unsigned saved = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct dci_cache *cache = dci_cache_new(sizes[i]);

		for (unsigned n = 0; n < ROUNDS / 5; n++)
			saved += compare(cache);
		dci_cache_free(cache);
	}
	printf("# %u comparisons, in %u of them the cache saved work\n", ROUNDS,
	    saved);
	assert_true(saved >= ROUNDS / 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cold_costs_three_verifications_and_warm_one),
	    cmocka_unit_test(another_enclave_of_a_known_platform_is_warm),
	    cmocka_unit_test(entries_of_another_snapshot_are_not_found),
	    cmocka_unit_test(the_time_is_looked_at_each_time),
	    cmocka_unit_test(failures_are_not_kept),
	    cmocka_unit_test(a_platform_takes_one_place),
	    cmocka_unit_test(keys_of_a_platform_replace_each_other),
	    cmocka_unit_test(a_cache_never_changes_a_verdict),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
