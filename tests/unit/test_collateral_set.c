/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral among the issuer's processes: its text, and the collections that
 * appraisers choose from.  OpenSSL's two functions that verify are wrapped
 * (Makefile) and counted.
 */
#include "sim_check.h"

#include <stdlib.h>

#include "issuer/collateral_set.h"

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

/* One root; what the collateral of its platforms differs in. */
enum { PLAIN, NEWER, NEWER_CRL, BROKEN, OTHER_FMSPC, PROCESSOR, SETS };
static struct sim_collateral made[SETS];
static struct dci_anchor anchor;
static uint8_t *quote;
static size_t quote_size;

static void
vary(struct sim_spec *spec, int which)
{
	if (which == NEWER)
		spec->tcb_info.from += 60;
	if (which == NEWER_CRL)
		spec->pck_crl.from += 60;
	if (which == BROKEN) {
		spec->tcb_evaluation += 1;
		spec->tamper.qe_identity_signature = true;
	}
	if (which == OTHER_FMSPC)
		spec->tcb_info_fmspc[5] ^= 1;
	if (which == PROCESSOR)
		spec->processor_ca = true;
}

static int
setup(void **state)
{
	struct sim_platform *p CLEANUP(cleanup_platform) = test_platform();
	uint8_t report_data[DCI_REPORT_DATA_SIZE] = {0};
	struct dci_failure f;
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	(void)state;
	for (int i = 0; i < SETS; i++) {
		struct sim_spec spec = *sim_spec_of(p);

		vary(&spec, i);
		struct sim_platform *q CLEANUP(cleanup_platform) =
		    sim_vary(p, &spec, &f);
		assert_non_null(q);
		assert_int_equal(sim_collateral_make(&made[i], q, &f), 0);
	}
	assert_int_equal(sim_root_pem(p, &pem, &n, &f), 0);
	assert_int_equal(dci_anchor_from_pem(&anchor, pem, n, &f), 0);
	return sim_quote(p, NULL, report_data, &quote, &quote_size, &f);
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < SETS; i++)
		sim_collateral_free(&made[i]);
	free(quote);
	return 0;
}

/* A file with those sets, to -1. */
static struct writer
file_of(bool more, const int *sets)
{
	struct writer w = writer_new(COLLATERAL_TEXT_MAX);

	collateral_file_begin(&w, more);
	for (; *sets >= 0; sets++) {
		struct dci_collateral view = sim_collateral_view(&made[*sets]);

		collateral_text_add(&w, &view);
	}
	assert_false(w.failed);
	return w;
}

static struct collateral_set *
open_all(bool more, const int *sets, const struct collateral_set *old)
{
	struct writer w CLEANUP(writer_free) = file_of(more, sets);
	struct collateral_set *s =
	    collateral_set_open((struct bytes){w.data, w.n});

	assert_non_null(s);
	while (collateral_set_verify_next(s, &anchor, old))
		continue;
	return s;
}

#define SETS_OF(...) ((const int[]){__VA_ARGS__, -1})

/* --- the text ----------------------------------------------------------------
 */

static void
a_text_is_read_as_it_was_written(void **state)
{
	struct dci_collateral in = sim_collateral_view(&made[PLAIN]), out;
	struct writer w CLEANUP(writer_free) = writer_new(COLLATERAL_TEXT_MAX);
	struct reader r;
	size_t n;

	(void)state;
	in.doc[DCI_DOC_PCK_CRL].data = NULL;
	in.doc[DCI_DOC_PCK_CRL].n = 0;
	in.doc[DCI_DOC_ROOT_CA_CRL].n = 0;
	collateral_text_add(&w, &in);
	collateral_text_add(&w, &in);
	assert_true(collateral_text_count((struct bytes){w.data, w.n}, 2, &n));
	assert_int_equal(n, 2);
	assert_false(collateral_text_count((struct bytes){w.data, w.n}, 1, &n));
	r = reader_of(w.data, w.n);
	for (int i = 0; i < 2; i++) {
		assert_true(collateral_text_next(&r, &out));
		for (size_t d = 0; d < DCI_DOCUMENTS; d++) {
			assert_int_equal(out.doc[d].n, in.doc[d].n);
			assert_int_equal(
			    out.doc[d].data == NULL, in.doc[d].data == NULL);
			if (in.doc[d].n > 0)
				assert_memory_equal(out.doc[d].data,
				    in.doc[d].data, in.doc[d].n);
		}
	}
	assert_false(collateral_text_next(&r, &out));
	assert_true(reader_done(&r));
}

static void
a_text_that_is_cut_off_is_malformed(void **state)
{
	struct writer w CLEANUP(writer_free) = file_of(false, SETS_OF(PLAIN));
	size_t sets;

	(void)state;
	assert_null(collateral_set_open((struct bytes){w.data, 0}));
	for (size_t n = 2; n < w.n; n++) {
		/* Memory of just that size, for the sanitizer. */
		uint8_t *copy CLEANUP(cleanup_free) = malloc(n);

		memcpy(copy, w.data, n);
		assert_false(collateral_text_count(
		    (struct bytes){copy + 1, n - 1}, COLLATERAL_SETS, &sets));
		if (n % 512 == 0)
			assert_null(
			    collateral_set_open((struct bytes){copy, n}));
	}
	w.data[0] = 2;
	assert_null(collateral_set_open((struct bytes){w.data, w.n}));
}

static void
too_many_sets_are_malformed(void **state)
{
	struct writer w CLEANUP(writer_free) = writer_new(COLLATERAL_TEXT_MAX);
	struct dci_collateral empty = {0};

	(void)state;
	collateral_file_begin(&w, false);
	for (size_t i = 0; i < COLLATERAL_SETS; i++)
		collateral_text_add(&w, &empty);
	struct collateral_set *s =
	    collateral_set_open((struct bytes){w.data, w.n});
	assert_int_equal(collateral_set_size(s), COLLATERAL_SETS);
	collateral_set_free(s);
	collateral_text_add(&w, &empty);
	assert_null(collateral_set_open((struct bytes){w.data, w.n}));
}

static void
a_set_has_the_name_of_its_snapshot(void **state)
{
	struct collateral_set *s = open_all(false, SETS_OF(PLAIN), NULL);
	struct dci_collateral view = sim_collateral_view(&made[PLAIN]);
	uint8_t name[32], expected[32];

	(void)state;
	dci_snapshot_digest(expected, collateral_set_snapshot(s, 0));
	collateral_digest(name, &view);
	assert_memory_equal(name, expected, sizeof(name));
	collateral_set_free(s);
}

/* --- verifying
 * ---------------------------------------------------------------- */

static void
what_is_known_is_not_verified_again(void **state)
{
	struct collateral_set *old, *next;

	(void)state;
	verifications = 0;
	old = open_all(true, SETS_OF(PLAIN, OTHER_FMSPC), NULL);
	unsigned first = verifications;
	assert_true(first >= 8);
	assert_true(collateral_set_is_fresh(old, 1));

	verifications = 0;
	next = open_all(true, SETS_OF(OTHER_FMSPC, PLAIN), old);
	assert_int_equal(verifications, 0);
	assert_false(collateral_set_is_fresh(next, 0));
	assert_ptr_equal(
	    collateral_set_snapshot(next, 0), collateral_set_snapshot(old, 1));
	/* They outlive the collection that they were made for. */
	collateral_set_free(old);
	struct dci_failure f;
	assert_int_equal(
	    dci_snapshot_check(collateral_set_snapshot(next, 1), &f), 0);

	old = next;
	next = open_all(true, SETS_OF(PLAIN, NEWER, NEWER), old);
	assert_true(verifications > 0 && verifications < first);
	assert_true(collateral_set_is_fresh(next, 1));
	assert_ptr_equal(
	    collateral_set_snapshot(next, 1), collateral_set_snapshot(next, 2));
	collateral_set_free(old);
	collateral_set_free(next);
}

static void
one_set_is_verified_at_a_time(void **state)
{
	struct writer w CLEANUP(writer_free) =
	    file_of(true, SETS_OF(PLAIN, NEWER, NEWER_CRL));
	struct collateral_set *s =
	    collateral_set_open((struct bytes){w.data, w.n});

	(void)state;
	verifications = 0;
	assert_true(collateral_set_verify_next(s, &anchor, NULL));
	unsigned one = verifications;
	assert_true(collateral_set_verify_next(s, &anchor, NULL));
	assert_true(collateral_set_verify_next(s, &anchor, NULL));
	assert_int_equal(verifications, 3 * one);
	assert_false(collateral_set_verify_next(s, &anchor, NULL));
	assert_false(collateral_set_verify_next(s, &anchor, NULL));
	collateral_set_free(s);
}

/* --- choosing
 * ------------------------------------------------------------------ */

/* Which of those sets is chosen for the quote, or -1. */
static int
chosen(bool more, const int *sets)
{
	struct collateral_set *s = open_all(more, sets, NULL);
	struct dci_failure f = {.code = DCI_OK};
	struct dci_quote parsed;
	int found = -1;

	assert_int_equal(dci_quote_parse(&parsed, quote, quote_size, &f), 0);
	const struct dci_snapshot *one = collateral_set_choose(s, &parsed, &f);
	for (size_t i = 0; one != NULL && i < collateral_set_size(s); i++) {
		if (collateral_set_snapshot(s, i) == one && found < 0)
			found = sets[i];
	}
	assert_true((one == NULL) == (f.code == DCI_COLLATERAL_UNAVAILABLE));
	collateral_set_free(s);
	return found;
}

static void
the_platform_chooses(void **state)
{
	(void)state;
	assert_int_equal(chosen(true, SETS_OF(OTHER_FMSPC, PLAIN)), PLAIN);
	assert_int_equal(chosen(true, SETS_OF(PROCESSOR, PLAIN)), PLAIN);
	assert_int_equal(chosen(true, SETS_OF(OTHER_FMSPC, PROCESSOR)), -1);
}

static void
of_several_the_newest_that_is_in_order_is_chosen(void **state)
{
	(void)state;
	assert_int_equal(chosen(false, SETS_OF(PLAIN, NEWER)), NEWER);
	assert_int_equal(chosen(false, SETS_OF(NEWER, PLAIN)), NEWER);
	assert_int_equal(chosen(false, SETS_OF(PLAIN, NEWER_CRL)), NEWER_CRL);
	assert_int_equal(
	    chosen(false, SETS_OF(NEWER_CRL, NEWER, PLAIN)), NEWER);
	assert_int_equal(chosen(false, SETS_OF(BROKEN, PLAIN)), PLAIN);
	assert_int_equal(chosen(false, SETS_OF(PLAIN, BROKEN)), PLAIN);
	/* Nothing else is there: the verification says what is wrong. */
	assert_int_equal(chosen(false, SETS_OF(OTHER_FMSPC, BROKEN)), BROKEN);
}

static void
a_lack_is_told_where_more_may_come(void **state)
{
	(void)state;
	assert_int_equal(chosen(false, SETS_OF(OTHER_FMSPC)), OTHER_FMSPC);
	assert_int_equal(chosen(true, SETS_OF(OTHER_FMSPC)), -1);
	assert_int_equal(chosen(false, SETS_OF(-1)), -1);
	assert_int_equal(chosen(true, SETS_OF(-1)), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_text_is_read_as_it_was_written),
	    cmocka_unit_test(a_text_that_is_cut_off_is_malformed),
	    cmocka_unit_test(too_many_sets_are_malformed),
	    cmocka_unit_test(a_set_has_the_name_of_its_snapshot),
	    cmocka_unit_test(what_is_known_is_not_verified_again),
	    cmocka_unit_test(one_set_is_verified_at_a_time),
	    cmocka_unit_test(the_platform_chooses),
	    cmocka_unit_test(of_several_the_newest_that_is_in_order_is_chosen),
	    cmocka_unit_test(a_lack_is_told_where_more_may_come),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
