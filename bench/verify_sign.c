/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The floor of a report: one verification of a quote against a snapshot and
 * one signature over 900 bytes, in microseconds of CPU.  The best of several
 * rounds.
 * usage: verify_sign SIM-FOLDER QUOTE p256|p384
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "base/file.h"
#include "base/limits.h"
#include "collateral/load.h"

#define ROUNDS 7
#define EACH   100

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct dci_snapshot *
snapshot_of(const char *sim, struct dci_failure *f)
{
	struct collateral_files files;
	struct dci_anchor anchor;
	char path[PATH_MAX];
	uint8_t *pem;
	size_t n;

	snprintf(path, sizeof(path), "%s/root.crt", sim);
	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0 ||
	    dci_anchor_from_pem(&anchor, pem, n, f) != 0)
		return NULL;
	free(pem);
	snprintf(path, sizeof(path), "%s/collateral", sim);
	if (collateral_load(&files, path, f) != 0)
		return NULL;
	struct dci_collateral view = collateral_view(&files);
	return dci_snapshot_new(&view, &anchor);
}

int
main(int argc, char **argv)
{
	static struct dci_verification v;
	static const struct dci_tolerance none = {.grace = 0};
	uint8_t message[900] = {0}, digest[SHA256_SIZE], signature[112];
	struct dci_failure f;
	double best = 1e9;
	uint8_t *quote;
	size_t n, size;

	if (argc != 4)
		return 2;
	struct dci_snapshot *s = snapshot_of(argv[1], &f);
	struct dci_cache *cache = dci_cache_new(1);
	EVP_PKEY *key =
	    ec_generate(strcmp(argv[3], "p384") == 0 ? CURVE_P384 : CURVE_P256);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (s == NULL || cache == NULL || ctx == NULL ||
	    EVP_PKEY_sign_init(ctx) != 1 ||
	    file_read(argv[2], LIMIT_QUOTE, &quote, &n, &f) != 0)
		return 2;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = cpu_us();

		for (int i = 0; i < EACH; i++) {
			dci_verify_quote(
			    &v, quote, n, s, time(NULL), &none, cache);
			sha256(digest, message, sizeof(message));
			size = sizeof(signature);
			if (v.status != DCI_STATUS_UP_TO_DATE ||
			    EVP_PKEY_sign(ctx, signature, &size, digest,
				sizeof(digest)) != 1)
				return 2;
		}
		double took = (cpu_us() - begin) / EACH;
		best = took < best ? took : best;
	}
	printf("%.1f\n", best);
	return 0;
}
