/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients that enrol again and again while the issuer's processes are killed,
 * and remember every certificate that reached them, however the exchange
 * ended.
 *
 * kill_clients -a HOST:PORT -A CAFILE -s SIMDIR -o FILE -S SEED [-c CLIENTS]
 *     [-w MILLISECONDS]
 *
 * For each certificate a line "SERIAL SHA-256" goes to FILE, with fdatasync();
 * between two enrolments a client waits up to MILLISECONDS.  SIGTERM ends it;
 * then it prints how many exchanges were complete, refused, and cut off.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "bench/identity.h"
#include "client/exchange.h"
#include "client/source.h"
#include "proto/secret_prov.h"

#define SECONDS     30 /* for one enrolment */
#define SERIAL_SIZE 16
#define CLIENTS     64

/* What an issuer without wrap_key sends first. */
static const char secret[] = "RA Delegation Process";

static struct {
	struct address issuer;
	const char *ca, *sim, *out;
	unsigned clients, wait, seed;
} options = {.clients = 3, .wait = 100};

static struct client_source source;
static volatile sig_atomic_t ended;
static int out;

static struct counts {
	unsigned complete, refused, cut, held;
} counts;

static void
on_term(int number)
{
	(void)number;
	ended = 1;
}

/* --- what is held ------------------------------------------------------------
 */

static void
hold(struct bytes der)
{
	char serial[2 * SERIAL_SIZE + 1], digest[2 * SHA256_SIZE + 1];
	uint8_t hash[SHA256_SIZE], number[SERIAL_SIZE];
	char line[sizeof(serial) + sizeof(digest) + 1];
	const uint8_t *p = der.p;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)der.n);

	if (x == NULL)
		errx(1, "what came as a certificate is none");
	BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	if (n == NULL || BN_bn2binpad(n, number, SERIAL_SIZE) < 0)
		errx(1, "a serial of more than 16 bytes");
	BN_free(n);
	sha256(hash, der.p, der.n);
	hex_encode(serial, number, sizeof(number));
	hex_encode(digest, hash, sizeof(hash));
	int size = snprintf(line, sizeof(line), "%s %s\n", serial, digest);
	if (write(out, line, (size_t)size) != size || fdatasync(out) != 0)
		err(1, "%s", options.out);
	counts.held++;
}

/* The leaf, also where the connection broke before the CA's certificates. */
static void
hold_what_came(const struct exchange_answer *answer)
{
	size_t at = SECRET_PROV_HEADER_SIZE + sizeof(secret);
	struct dci_failure f;
	struct bytes der;

	if (answer->raw.n <= at)
		return;
	struct reader r = reader_of(answer->raw.data + at, answer->raw.n - at);
	if (!enrol_refusal_begins(&r) &&
	    enrol_frame_decode(&r, ENROL_CERTIFICATE_MAX, "leaf", &der, &f) ==
		DECODED_DONE)
		hold(der);
}

/* --- one enrolment -----------------------------------------------------------
 */

static SSL_CTX *
context(const struct identity *id)
{
	uint8_t *der = NULL;
	int n = i2d_X509(id->certificate, &der);
	struct stream_identity identity = {.ca_file = options.ca,
	    .key = id->key,
	    .certificate = {der, (size_t)n}};
	struct dci_failure f;
	SSL_CTX *ctx = stream_context(&identity, &f);

	OPENSSL_free(der);
	if (ctx == NULL)
		errx(1, "%s", f.sentence);
	return ctx;
}

static void
enrol(const struct identity *id)
{
	struct stream stream CLEANUP(stream_close) = STREAM_NONE;
	struct exchange_answer answer CLEANUP(exchange_free) = {.cas = 0};
	SSL_CTX *ctx = context(id);
	struct dci_failure f = {0};
	const struct exchange_ours ours = {.csr = {id->csr.data, id->csr.n}};
	int bad = stream_open(&stream, ctx, &options.issuer, SECONDS, &f);

	SSL_CTX_free(ctx);
	if (bad == 0)
		bad = exchange_run(&answer, &stream, &ours, &f);
	hold_what_came(&answer);
	if (bad == 0)
		counts.complete++;
	else if (f.code == DCI_ISSUER_REFUSED)
		counts.refused++;
	else
		counts.cut++;
}

_Noreturn static void
client(unsigned number, int report)
{
	srandom(options.seed + number);
	while (!ended) {
		struct identity id = {0};

		identity_make(&id, number % 2 == 0 ? CURVE_P256 : CURVE_P384,
		    number % 3 == 0 ? STYLE_GRAMINE : STYLE_DCI,
		    &source.quotes);
		enrol(&id);
		identity_free(&id);
		if (options.wait > 0 && !ended)
			usleep((unsigned)random() % (options.wait * 1000));
	}
	if (write(report, &counts, sizeof(counts)) != sizeof(counts))
		_exit(1);
	_exit(0);
}

/* --- all of them -------------------------------------------------------------
 */

static void
parse(int argc, char **argv)
{
	const char *issuer = NULL;
	struct dci_failure f;
	int c;

	while ((c = getopt(argc, argv, "a:A:s:o:S:c:w:")) != -1) {
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
		case 'o':
			options.out = optarg;
			break;
		case 'S':
			options.seed = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'c':
			options.clients = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			options.wait = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			errx(2, "usage: see tests/interop/kill_clients.c");
		}
	}
	if (optind != argc || issuer == NULL || options.ca == NULL ||
	    options.sim == NULL || options.out == NULL ||
	    options.clients > CLIENTS)
		errx(2, "usage: see tests/interop/kill_clients.c");
	if (address_parse(&options.issuer, issuer, &f) != 0)
		errx(2, "%s", f.sentence);
}

int
main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_term};
	struct counts all = {0}, one;
	struct dci_failure f;
	int report[2], status, bad = 0;
	pid_t clients[CLIENTS];

	parse(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	if (client_source_open(&source, options.sim, &f) != 0)
		errx(2, "%s", f.sentence);
	out = open(options.out, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (out < 0 || pipe(report) != 0)
		err(2, "%s", options.out);
	for (unsigned i = 0; i < options.clients; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (pid == 0)
			client(i, report[1]);
		clients[i] = pid;
	}
	close(report[1]);
	while (!ended)
		usleep(20000);
	for (unsigned i = 0; i < options.clients; i++)
		kill(clients[i], SIGTERM);
	while (wait(&status) > 0)
		bad |= status;
	while (read(report[0], &one, sizeof(one)) == sizeof(one)) {
		all.complete += one.complete;
		all.refused += one.refused;
		all.cut += one.cut;
		all.held += one.held;
	}
	printf("complete=%u refused=%u cut=%u held=%u\n", all.complete,
	    all.refused, all.cut, all.held);
	client_source_close(&source);
	return bad == 0 ? 0 : 1;
}
