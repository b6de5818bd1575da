/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Appends per second and CPU per append, with rows of a real size: a quote of
 * 4.7 KB of which 3.7 KB are the PCK chain, a record of 8 KB, a certificate
 * of 0.8 KB.  Usage: bench_ledger [FOLDER], which should lie on a real disk.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "ledger/ledger.h"
#include "tests/unit/folder.h"

#define CHAINS 8 /* platforms */

static uint8_t quote[1020], chain[3700], csr[320], spki[91], certificate[800];
static uint8_t claims[200];
static char record[8192];

static double
wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static void
must(int rc, const struct dci_failure *f)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s\n", f->sentence);
	exit(2);
}

static void
append(struct ledger *l, uint32_t n)
{
	struct ledger_row row = {
	    .kind = LEDGER_CERTIFICATE,
	    .evaluated = 1767225600,
	    .peer = {(const uint8_t *)"192.0.2.1:4711", 14},
	    .entry = {(const uint8_t *)"proxy-verifier", 14},
	    .verdict = {(const uint8_t *)"UpToDate", 8},
	    .quote = {quote, sizeof(quote)},
	    .pck_chain = {chain, sizeof(chain)},
	    .claims = {claims, sizeof(claims)},
	    .spki = {spki, sizeof(spki)},
	    .csr = {csr, sizeof(csr)},
	    .record = {(const uint8_t *)record, sizeof(record)},
	};
	struct dci_failure f = {0};
	uint8_t serial[32];
	int64_t id;

	chain[0] = (uint8_t)(n % CHAINS);
	memcpy(quote, &n, sizeof(n));
	sha256(row.evidence_digest, quote, sizeof(quote));
	sha256(serial, row.evidence_digest, 32);
	sha256(row.policy_digest, "policy", 6);
	static const uint8_t none[7 * 32];
	sha256(row.snapshot_digest, none, sizeof(none));
	must(ledger_append(l, &row,
		 (struct bytes){certificate, sizeof(certificate)}, serial,
		 1767312000, 1767225600, &id, &f),
	    &f);
}

static void
content(struct ledger *l)
{
	static const uint8_t none[7 * 32];
	struct bytes document[LEDGER_DOCUMENTS] = {{NULL, 0}};
	struct dci_failure f = {0};
	uint8_t digest[32];

	sha256(digest, "policy", 6);
	must(ledger_put_policy(
		 l, digest, (struct bytes){(const uint8_t *)"policy", 6}, &f),
	    &f);
	sha256(digest, none, sizeof(none));
	must(ledger_put_snapshot(l, digest, document, &f), &f);
}

static void
run(const char *folder, uint32_t rows, uint32_t batch)
{
	char own[PATH_MAX], path[PATH_MAX + 16];
	struct dci_failure f = {0};

	snprintf(own, sizeof(own), "%s/bench-XXXXXX", folder);
	if (mkdtemp(own) == NULL)
		exit(2);
	snprintf(path, sizeof(path), "%s/ledger.db", own);
	struct ledger *l = ledger_open(path, &f);
	must(l == NULL, &f);
	content(l);
	double w = wall(), c = cpu();
	for (uint32_t n = 0; n < rows; n++) {
		if (n % batch == 0)
			must(ledger_begin(l, &f), &f);
		append(l, n);
		if (n % batch == batch - 1)
			must(ledger_commit(l, &f), &f);
	}
	w = wall() - w;
	c = cpu() - c;
	printf("batch %2u: %7.0f appends/s, %6.1f us CPU per append\n", batch,
	    rows / w, c / rows * 1e6);
	int64_t good;
	w = wall();
	must(ledger_check(l, &good, &f), &f);
	printf("          check of %lld rows: %.1f us each\n", (long long)good,
	    (wall() - w) / (double)good * 1e6);
	ledger_close(l);
	if (folder_remove(own) != 0)
		exit(2);
}

int
main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : ".";

	memset(record, 'r', sizeof(record));
	for (size_t i = 0; i < sizeof(chain); i++)
		chain[i] = (uint8_t)(i * 37);
	run(folder, 4096, 1);
	run(folder, 16384, 16);
	return 0;
}
