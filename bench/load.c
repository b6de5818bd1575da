/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whole issuances against a running issuer: RA-TLS handshake, secret, CSR,
 * certificate, close.  Each has an enclave quote of its own, since evidence
 * is good for one certificate; all are made before the clock starts.  Prints
 * lines of a name and a number.
 */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "bench/cpu.h"
#include "bench/identity.h"
#include "client/exchange.h"
#include "client/source.h"

#define SECONDS 60 /* for one issuance */

static struct options {
	struct address issuer;
	const char *ca, *sim;
	pid_t pid; /* of the issuer's parent process */
	enum curve curve;
	enum evidence_style style;
	int version; /* of TLS */
	unsigned count, concurrency;
} options = {.curve = CURVE_P256,
    .version = TLS1_3_VERSION,
    .count = 1000,
    .concurrency = 8};

static struct client_source source;
static struct identity *identities;
static int64_t *latency; /* shared; -1: failed */

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *
shared(size_t n)
{
	void *p = mmap(
	    NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	return p;
}

/* --- one issuance ----------------------------------------------------------
 */

static SSL_CTX *
context(void)
{
	struct identity *first = &identities[0];
	uint8_t *der = NULL;
	int n = i2d_X509(first->certificate, &der);
	struct stream_identity id = {.ca_file = options.ca,
	    .key = first->key,
	    .certificate = {der, (size_t)n}};
	struct dci_failure f;
	SSL_CTX *ctx = stream_context(&id, &f);

	OPENSSL_free(der);
	if (ctx == NULL)
		errx(1, "%s", f.sentence);
	SSL_CTX_set_max_proto_version(ctx, options.version);
	return ctx;
}

static int
issue(SSL_CTX *ctx, const struct identity *id, struct dci_failure *f)
{
	struct stream stream CLEANUP(stream_close) = STREAM_NONE;
	struct exchange_answer answer CLEANUP(exchange_free) = {.cas = 0};
	const struct exchange_ours ours = {.csr = {id->csr.data, id->csr.n}};

	if (SSL_CTX_use_certificate(ctx, id->certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, id->key) != 1)
		errx(1, "a key and a certificate that differ");
	if (stream_open(&stream, ctx, &options.issuer, SECONDS, f) != 0)
		return -1;
	return exchange_run(&answer, &stream, &ours, f);
}

/* A child: its share of the issuances, one after the other. */
_Noreturn static void
run(unsigned first, int gate)
{
	SSL_CTX *ctx = context();
	char unused;

	if (read(gate, &unused, 1) < 0)
		err(1, "read");
	for (unsigned i = first; i < options.count; i += options.concurrency) {
		struct dci_failure f;
		int64_t start = now();

		if (issue(ctx, &identities[i], &f) == 0) {
			latency[i] = now() - start;
			continue;
		}
		latency[i] = -1;
		/* The first ones say it all. */
		if (i < 2 * options.concurrency)
			warnx("issuance %u: %s: %s", i, dci_code_name(f.code),
			    f.sentence);
	}
	_exit(0);
}

/* --- all of them ------------------------------------------------------------
 */

/* They start together, when the returned descriptor is closed. */
static int
start_children(void)
{
	int gate[2];

	if (pipe(gate) != 0)
		err(1, "pipe");
	for (unsigned i = 0; i < options.concurrency; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			close(gate[1]);
			run(i, gate[0]);
		}
	}
	close(gate[0]);
	/* Until each has its TLS context. */
	usleep(300000);
	return gate[1];
}

static void
wait_children(void)
{
	int status;

	while (wait(&status) > 0) {
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			errx(1, "a client process failed");
	}
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static unsigned
report_latency(int64_t wall)
{
	unsigned failures = 0;

	qsort(latency, options.count, sizeof(*latency), by_size);
	while (failures < options.count && latency[failures] < 0)
		failures++;
	unsigned good = options.count - failures;
	printf("issuances %u\nfailures %u\n", good, failures);
	if (good == 0)
		errx(1, "nothing was issued");
	const int64_t *sorted = latency + failures;
	printf("per_second %.0f\n", good / (1e-9 * (double)wall));
	printf("p50_ms %.2f\n", 1e-6 * (double)sorted[good / 2]);
	printf("p99_ms %.2f\n", 1e-6 * (double)sorted[good * 99 / 100]);
	return good;
}

static void
report_cpu(const struct cpu *before, const struct cpu *after, unsigned good)
{
	static const char *const names[] = {
	    "worker", "appraiser", "signer", "ledger"};

	printf("cpu_us %.1f\n",
	    1e-3 * (double)cpu_used(before, after, NULL) / good);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		printf("cpu_%s_us %.1f\n", names[i],
		    1e-3 * (double)cpu_used(before, after, names[i]) / good);
}

static void
measure(void)
{
	static struct cpu before, after;
	int gate = start_children();

	cpu_read(&before, options.pid);
	int64_t start = now();
	close(gate);
	wait_children();
	int64_t wall = now() - start;
	/* The last connections end after the clients. */
	usleep(100000);
	cpu_read(&after, options.pid);
	report_cpu(&before, &after, report_latency(wall));
}

/* --- what is wanted ---------------------------------------------------------
 */

static void
usage(void)
{
	errx(2, "usage: load -a ADDRESS -A CAFILE -s SIMDIR -p PID "
		"[-k p256|p384] [-g] [-m 1.2|1.3] [-n COUNT] [-c CLIENTS]");
}

static void
parse(int argc, char **argv)
{
	const char *issuer = NULL;
	struct dci_failure f;
	int c;

	while ((c = getopt(argc, argv, "a:A:s:p:k:gm:n:c:")) != -1) {
		switch (c) {
		case 'a':
			issuer = optarg;
			break;
		case 'A':
			options.ca = optarg;
			break;
		case 's':
			options.sim = optarg;
			break;
		case 'p':
			options.pid = (pid_t)strtol(optarg, NULL, 10);
			break;
		case 'k':
			options.curve = strcmp(optarg, "p384") == 0
					    ? CURVE_P384
					    : CURVE_P256;
			break;
		case 'g':
			options.style = STYLE_GRAMINE;
			break;
		case 'm':
			options.version = strcmp(optarg, "1.2") == 0
					      ? TLS1_2_VERSION
					      : TLS1_3_VERSION;
			break;
		case 'n':
			options.count = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			options.concurrency =
			    (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			usage();
		}
	}
	if (optind != argc || issuer == NULL || options.ca == NULL ||
	    options.sim == NULL || options.pid <= 0 || options.count == 0 ||
	    options.concurrency == 0)
		usage();
	if (address_parse(&options.issuer, issuer, &f) != 0)
		errx(2, "%s", f.sentence);
}

int
main(int argc, char **argv)
{
	struct dci_failure f;

	parse(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (client_source_open(&source, options.sim, &f) != 0)
		errx(2, "%s", f.sentence);
	identities = calloc(options.count, sizeof(*identities));
	latency = shared(options.count * sizeof(*latency));
	if (identities == NULL)
		err(1, "calloc");
	for (unsigned i = 0; i < options.count; i++)
		identity_make(&identities[i], options.curve, options.style,
		    &source.quotes);
	measure();
	for (unsigned i = 0; i < options.count; i++)
		identity_free(&identities[i]);
	free(identities);
	client_source_close(&source);
	return 0;
}
