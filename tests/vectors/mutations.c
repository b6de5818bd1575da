/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One genuine SGX quote (version 3) with its collateral, altered in every way
 * that intel_qvl_on_mutations.tsv lists and some more: each has the code, or
 * the unchanged verdict, that we expect.  Where Intel's library is lax and we
 * are not, the name ends in "(Intel: accepted)".
 */
#include <stdio.h>
#include <string.h>

#include "tests/vectors/mutate.h"

/* The bytes of a quote of version 3 before its certificates. */
#define CERT 1052

static unsigned run, failed;

static struct bundle
bundle_copy(const struct bundle *b)
{
	struct bundle copy = {.time = b->time};

	copy.quote = blob_copy(b->quote.p, b->quote.n);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		copy.doc[i] = blob_copy(b->doc[i].p, b->doc[i].n);
	return copy;
}

static void
report(const char *name, const char *want, const char *got,
    const struct dci_verification *v)
{
	bool ok = strcmp(want, got) == 0;

	printf("%s %u - %s: %s\n", ok ? "ok" : "not ok", ++run, name, want);
	if (!ok) {
		failed++;
		printf("# got %s: %s\n", got, v->failure.sentence);
	}
}

static void
mutation_run(const struct mutation *m, struct dci_verification *v,
    enum dci_status genuine)
{
	struct bundle b = bundle_copy(&base);

	m->apply(&b);
	bundle_verify(v, &b, NULL, NULL);
	const char *got = v->status == genuine ? "ok"
			  : v->status != DCI_STATUS_INVALID
			      ? dci_status_name(v->status)
			      : dci_code_name(v->failure.code);
	report(m->name, m->code, got, v);
	bundle_free(&b);
}

/* Valid at both ends of the narrowest window, and not a second beyond. */
static void
boundaries(struct dci_verification *v, enum dci_status genuine)
{
	struct dci_tolerance grace = {.grace = 1};
	struct bundle b = bundle_copy(&base);

	bundle_verify(v, &b, NULL, NULL);
	int64_t last = v->earliest_next_update, first = v->newest_issued;

	b.time = last;
	bundle_verify(v, &b, NULL, NULL);
	report("at the earliest nextUpdate", dci_status_name(genuine),
	    dci_status_name(v->status), v);
	b.time = last + 1;
	bundle_verify(v, &b, NULL, NULL);
	report("one second later", "Invalid", dci_status_name(v->status), v);
	bundle_verify(v, &b, NULL, &grace);
	report("one second later, with a grace of one",
	    dci_status_name(genuine),
	    v->expired_by == 1 ? dci_status_name(v->status) : "not noted", v);
	b.time = last + 2;
	bundle_verify(v, &b, NULL, &grace);
	report("two seconds later, with a grace of one", "Invalid",
	    dci_status_name(v->status), v);
	b.time = first;
	bundle_verify(v, &b, NULL, NULL);
	report("at the newest issue date", dci_status_name(genuine),
	    dci_status_name(v->status), v);
	b.time = first - 1;
	grace.grace = DCI_UNLIMITED;
	bundle_verify(v, &b, NULL, &grace);
	report("one second before, with all grace", "Invalid",
	    dci_status_name(v->status), v);
	bundle_free(&b);
}

static void
anchors(struct dci_verification *v)
{
	struct dci_anchor other = dci_anchor_intel;
	struct dci_tolerance least = {.min_tcb_evaluation = UINT32_MAX};

	/* The inverse point: on the curve, and not the key. */
	other.key[64] ^= 1;
	bundle_verify(v, &base, &other, NULL);
	report("another anchor", "pck-root-untrusted",
	    dci_code_name(v->failure.code), v);
	bundle_verify(v, &base, NULL, &least);
	report("a higher evaluation number demanded", "tcb-evaluation-too-low",
	    dci_code_name(v->failure.code), v);
}

/* Every single byte of header, body and signature data up to the certificates
 * altered: never a genuine verdict. */
static void
every_byte(struct dci_verification *v)
{
	struct bundle b = bundle_copy(&base);
	unsigned accepted = 0;

	for (size_t i = 0; i < CERT; i++) {
		b.quote.p[i] ^= 0x80;
		bundle_verify(v, &b, NULL, NULL);
		if (v->status != DCI_STATUS_INVALID)
			accepted++;
		b.quote.p[i] ^= 0x80;
	}
	report("each of 1052 bytes altered", "0",
	    accepted == 0 ? "0" : "accepted", v);
	bundle_free(&b);
}

static bool
is(const json_t *row, const char *name, const char *value)
{
	return strcmp(json_string_value(json_object_get(row, name)), value) ==
	       0;
}

/* Whether the TDX documents in tdx are inside their dates at base's time. */
static bool
tdx_fits(struct dci_verification *v)
{
	struct bundle b = bundle_copy(&base);
	bool fits;

	tcb_of_tdx(&b);
	bundle_verify(v, &b, NULL, NULL);
	fits = dci_code_class(v->failure.code) != DCI_CLASS_STALE;
	bundle_free(&b);
	b = bundle_copy(&base);
	qe_of_tdx(&b);
	bundle_verify(v, &b, NULL, NULL);
	fits &= dci_code_class(v->failure.code) != DCI_CLASS_STALE;
	bundle_free(&b);
	return fits;
}

/* The first row with a verdict like that of Intel's experiments for which
 * there are documents of TDX of the same time. */
static bool
choose(const json_t *rows, struct dci_verification *v)
{
	static const char verdict[] = "ConfigurationAndSWHardeningNeeded";
	const json_t *row, *other;
	size_t i, j;

	json_array_foreach (rows, i, row) {
		if (!is(row, "expect", verdict))
			continue;
		bundle_load(&base, row);
		json_array_foreach (rows, j, other) {
			if (!is(other, "tee", "TDX") ||
			    !is(other, "expect", "UpToDate"))
				continue;
			bundle_load(&tdx, other);
			if (tdx_fits(v))
				return true;
			bundle_free(&tdx);
		}
		bundle_free(&base);
	}
	return false;
}

/* A row of the other of the two CAs. */
static bool
choose_other(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		bundle_load(&other_ca, row);
		struct blob *a = DOC(&base, PCK_CRL_CHAIN);
		struct blob *b = DOC(&other_ca, PCK_CRL_CHAIN);

		if (a->n != b->n || memcmp(a->p, b->p, a->n) != 0)
			return true;
		bundle_free(&other_ca);
	}
	return false;
}

int
main(void)
{
	json_t *rows = vectors_rows();
	struct dci_verification *v = calloc(1, sizeof(*v));

	if (rows == NULL || !choose(rows, v) || !choose_other(rows)) {
		printf("1..0 # SKIP no vectors in %s\n", vectors_folder());
		json_decref(rows);
		free(v);
		return 0;
	}
	bundle_verify(v, &base, NULL, NULL);
	enum dci_status genuine = v->status;
	for (size_t i = 0; i < quote_mutations_n; i++)
		mutation_run(&quote_mutations[i], v, genuine);
	for (size_t i = 0; i < collateral_mutations_n; i++)
		mutation_run(&collateral_mutations[i], v, genuine);
	boundaries(v, genuine);
	anchors(v);
	every_byte(v);
	printf("1..%u\n# %u mutations, %u failed\n", run, run, failed);
	bundle_free(&base);
	bundle_free(&tdx);
	bundle_free(&other_ca);
	json_decref(rows);
	free(v);
	return failed == 0 ? 0 : 1;
}
