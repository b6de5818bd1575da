/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What issuing and the verification of a request cost, beside the bare ECDSA
 * operation that each cannot do without.  Takes the seconds per loop as its
 * argument (default 1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "ca/ca.h"

static double seconds = 1;

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
insist(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_issue: %s failed\n", what);
	exit(1);
}

/* Everything that the loops need. */
struct bench {
	struct ca *ca;
	struct ca_leaf leaf;
	EVP_PKEY *key;
	uint8_t *csr;
	int csr_size;
	uint8_t message[300], signature[160];
	size_t signature_size;
	int64_t now;
};

static void
run_issue(struct bench *b)
{
	static struct ca_certificate out;

	insist(ca_issue(b->ca, &b->leaf, b->now, &out, NULL) == 0, "issue");
}

static void
run_csr(struct bench *b)
{
	struct ec_point key;
	struct bytes spki;

	insist(csr_verify((struct bytes){b->csr, (size_t)b->csr_size}, &key,
		   &spki, NULL) == 0,
	    "csr_verify");
}

static void
run_sign(struct bench *b)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();

	b->signature_size = sizeof(b->signature);
	insist(ctx != NULL &&
		   EVP_DigestSignInit(
		       ctx, NULL, digest_sha256(), NULL, b->key) > 0 &&
		   EVP_DigestSign(ctx, b->signature, &b->signature_size,
		       b->message, sizeof(b->message)) > 0,
	    "sign");
}

static void
run_verify(struct bench *b)
{
	insist(ecdsa_verify_der(b->key, digest_sha256(),
		   (struct bytes){b->message, sizeof(b->message)},
		   (struct bytes){b->signature, b->signature_size}),
	    "verify");
}

static double
measure(const char *name, void (*run)(struct bench *), struct bench *b)
{
	double from = cpu(), spent;
	unsigned long n = 0;

	do {
		for (unsigned i = 0; i < 32; i++)
			run(b);
		n += 32;
		spent = cpu() - from;
	} while (spent < seconds);
	double each = spent / (double)n * 1e6;
	printf("%-24s %9.0f /s %8.1f us\n", name, 1e6 / each, each);
	return each;
}

static struct ca *
make_ca(int64_t now)
{
	static const char *const names[] = {
	    "issuing.key", "issuing.crt", "root.crt", "root.key"};
	char base[] = "/tmp/dci-bench.XXXXXX", folder[64], path[96];
	uint8_t *pem[4];
	size_t n[4];
	bool made;

	insist(mkdtemp(base) != NULL, "mkdtemp");
	snprintf(folder, sizeof(folder), "%s/ca", base);
	insist(ca_create(folder, true, now, &made, NULL) == 0, "ca_create");
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		insist(file_read(path, LIMIT_PEM, &pem[i], &n[i], NULL) == 0,
		    "file_read");
		unlink(path);
	}
	rmdir(folder);
	rmdir(base);
	struct ca *ca =
	    ca_open((struct bytes){pem[0], n[0]}, (struct bytes){pem[1], n[1]},
		(struct bytes){pem[2], n[2]}, now, NULL);
	insist(ca != NULL, "ca_open");
	for (size_t i = 0; i < 4; i++)
		free(pem[i]);
	return ca;
}

static void
bench_curve(struct bench *b, enum curve curve)
{
	const char *name = curve_name(curve);
	char label[32];

	b->key = ec_generate(curve);
	insist(b->key != NULL && ec_export(&b->leaf.key, b->key), "key");
	X509_REQ *req CLEANUP(cleanup_x509_req) = X509_REQ_new();
	insist(req != NULL && X509_REQ_set_pubkey(req, b->key) &&
		   X509_REQ_sign(req, b->key, digest_sha256()) > 0,
	    "request");
	b->csr = NULL;
	b->csr_size = i2d_X509_REQ(req, &b->csr);
	snprintf(label, sizeof(label), "raw sign %s", name);
	double sign = measure(label, run_sign, b);
	snprintf(label, sizeof(label), "raw verify %s", name);
	double verify = measure(label, run_verify, b);
	snprintf(label, sizeof(label), "csr_verify %s", name);
	double csr = measure(label, run_csr, b);
	snprintf(label, sizeof(label), "ca_issue for %s", name);
	double issue = measure(label, run_issue, b);
	printf("ratio csr_verify / raw verify: %.2f\n", csr / verify);
	if (curve == CURVE_P256)
		printf("ratio ca_issue / raw sign: %.2f\n", issue / sign);
	OPENSSL_free(b->csr);
	EVP_PKEY_free(b->key);
}

int
main(int argc, char **argv)
{
	static struct bench b;

	if (argc > 1)
		seconds = strtod(argv[1], NULL);
	b.now = time(NULL);
	b.ca = make_ca(b.now);
	b.leaf = (struct ca_leaf){.name = "proxy-verifier",
	    .assurance = CA_HARDWARE,
	    .ttl = 24 * 3600,
	    .not_after = INT64_MAX};
	bench_curve(&b, CURVE_P256);
	bench_curve(&b, CURVE_P384);
	ca_close(b.ca);
	return 0;
}
