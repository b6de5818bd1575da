/* SPDX-License-Identifier: BSD-3-Clause */
/* Quotes per second against a snapshot, and bare signature verifications per
 * second in the same run: the ratio is the number of ECDSA verifications that
 * one quote costs, all its parsing included. */
#include <string.h>
#include <time.h>

#include "base/ecdsa.h"
#include "tests/vectors/bundle.h"

#define SECONDS 2.0

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
rate_quotes(const struct bundle *b, const struct dci_snapshot *s)
{
	struct dci_verification *v = calloc(1, sizeof(*v));
	double start = now();
	unsigned n = 0;

	for (; now() < start + SECONDS; n++) {
		dci_verify_quote(v, b->quote.p, b->quote.n, s, b->time, NULL);
		if (v->status == DCI_STATUS_INVALID)
			abort();
	}
	free(v);
	return n / (now() - start);
}

static double
rate_signatures(const struct dci_quote *q)
{
	uint8_t point[P256_POINT_SIZE] = {4};
	struct bytes message = {q->signed_part, q->signed_size};
	double start;
	unsigned n = 0;

	memcpy(point + 1, q->attestation_key, 64);
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(CURVE_P256, point, sizeof(point));
	for (start = now(); now() < start + SECONDS; n++) {
		if (!ecdsa_verify_raw(key, message, q->signature))
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
	double signatures = rate_signatures(&q), quotes = rate_quotes(&b, s);
	printf("P-256 verifications  %8.0f/s\n", signatures);
	printf("quotes, one snapshot %8.0f/s: %.2f verifications each\n",
	    quotes, signatures / quotes);
	printf("snapshots            %8.0f/s\n", rate_snapshots(&c));
	dci_snapshot_free(s);
	bundle_free(&b);
	json_decref(rows);
	return 0;
}
