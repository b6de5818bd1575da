/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an issuance costs at least: the server's side of a bare mutual TLS
 * handshake over TCP with the same client certificate, by a process that does
 * nothing else; one verification of a quote's signature, one of a CSR, one
 * signature.  CPU time, user and system, in microseconds each.
 */
#include <arpa/inet.h>
#include <err.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/ssl.h>

#include "base/digest.h"
#include "bench/identity.h"
#include "client/source.h"
#include "ratls/make.h"

#define SECONDS 0.3 /* for each bare operation */

static unsigned handshakes = 600;
static int version = TLS1_3_VERSION;
static enum evidence_style style = STYLE_DCI;
static enum curve curve = CURVE_P256;

/* CPU time of this process, in microseconds. */
static double
used(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return 1e6 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* --- handshakes -------------------------------------------------------------
 */

static int
take_any(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

static SSL_CTX *
context(const SSL_METHOD *method, EVP_PKEY *key, X509 *certificate)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL || SSL_CTX_use_certificate(ctx, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		errx(1, "no TLS context");
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_cert_list(ctx, 64 * 1024);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
	return ctx;
}

/* One handshake, until the client has closed. */
static void
handshake(SSL_CTX *ctx, int fd, int (*shake)(SSL *), bool client)
{
	SSL *ssl = SSL_new(ctx);
	int one = 1;
	char rest[256];

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (ssl == NULL || !SSL_set_fd(ssl, fd) || shake(ssl) != 1)
		errx(1, "a handshake failed");
	if (client) {
		shutdown(fd, SHUT_WR);
		while (read(fd, rest, sizeof(rest)) > 0)
			;
	} else if (SSL_read(ssl, rest, sizeof(rest)) > 0) {
		errx(1, "a client that speaks");
	}
	SSL_free(ssl);
	close(fd);
}

_Noreturn static void
run_client(const struct identity *id, const struct sockaddr_in *to)
{
	SSL_CTX *ctx = context(TLS_client_method(), id->key, id->certificate);

	for (unsigned i = 0; i < handshakes; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || connect(fd, (const void *)to, sizeof(*to)) != 0)
			err(1, "connect");
		handshake(ctx, fd, SSL_connect, true);
	}
	_exit(0);
}

static int
listen_somewhere(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof(*at);

	*at = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || bind(fd, (const void *)at, n) != 0 ||
	    listen(fd, 16) != 0 || getsockname(fd, (void *)at, &n) != 0)
		err(1, "listen");
	return fd;
}

static double
cost_handshake(const struct identity *id, const struct identity *server)
{
	struct sockaddr_in at;
	int listener CLEANUP(cleanup_fd) = listen_somewhere(&at), status;
	SSL_CTX *ctx =
	    context(TLS_server_method(), server->key, server->certificate);
	double start = 0;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		run_client(id, &at);
	for (unsigned i = 0; i < handshakes; i++) {
		/* The first ones fill caches. */
		if (i == handshakes / 10)
			start = used();
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			err(1, "accept");
		handshake(ctx, fd, SSL_accept, false);
	}
	double spent = used() - start;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "the client failed");
	SSL_CTX_free(ctx);
	return spent / (handshakes - handshakes / 10);
}

/* --- bare operations
 * ---------------------------------------------------------- */

struct operation {
	EVP_PKEY *key, *peer;
	const EVP_MD *md;
	struct bytes message;
	uint8_t signature[128];
	size_t n;
};

static bool
sign(struct operation *o)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();

	o->n = sizeof(o->signature);
	return ctx != NULL &&
	       EVP_DigestSignInit(ctx, NULL, o->md, NULL, o->key) > 0 &&
	       EVP_DigestSign(
		   ctx, o->signature, &o->n, o->message.p, o->message.n) > 0;
}

static bool
verify(struct operation *o)
{
	return ecdsa_verify_der(
	    o->key, o->md, o->message, (struct bytes){o->signature, o->n});
}

/* An ephemeral key and the secret shared with another one. */
static bool
agree(struct operation *o)
{
	EVP_PKEY *own CLEANUP(cleanup_pkey) =
	    EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	EVP_PKEY_CTX *ctx CLEANUP(cleanup_pkey_ctx) =
	    own == NULL ? NULL : EVP_PKEY_CTX_new(own, NULL);

	o->n = sizeof(o->signature);
	return ctx != NULL && EVP_PKEY_derive_init(ctx) > 0 &&
	       EVP_PKEY_derive_set_peer(ctx, o->peer) > 0 &&
	       EVP_PKEY_derive(ctx, o->signature, &o->n) > 0;
}

static double
cost(struct operation *o, bool (*what)(struct operation *))
{
	double start = used(), end;
	unsigned n = 0;

	do {
		for (unsigned i = 0; i < 50; i++, n++) {
			if (!what(o))
				errx(1, "a bare operation failed");
		}
		end = used();
	} while (end - start < 1e6 * SECONDS);
	return (end - start) / n;
}

/* --- the sum
 * ------------------------------------------------------------------- */

/* An ordinary certificate, without evidence. */
static void
server_make(struct identity *id)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	struct dci_failure f;
	size_t n;

	*id = (struct identity){.key = ec_generate(CURVE_P256)};
	if (id->key == NULL ||
	    ratls_certificate_make(&der, &n, id->key, NULL, 0, &f) != 0)
		errx(1, "no server certificate");
	const uint8_t *p = der;
	id->certificate = d2i_X509(NULL, &p, (long)n);
}

static double
report_handshake(const struct quote_source *source)
{
	struct identity server, client;

	server_make(&server);
	identity_make(&client, curve, style, source);
	double handshake = cost_handshake(&client, &server);
	printf("handshake_us %.1f\n", handshake);
	identity_free(&client);
	identity_free(&server);
	return handshake;
}

/* The sizes that are signed: a quote's header and body, a CSR's info, a
 * delegation certificate.  In the handshake: one key agreement, one signature
 * by the server, one verification of the client's. */
static void
report(const struct quote_source *source)
{
	static const uint8_t zeros[900];
	struct operation quote = {.key = ec_generate(CURVE_P256),
	    .md = digest_sha256(),
	    .message = {zeros, 432}};
	struct operation leaf = {.key = quote.key,
	    .md = digest_sha256(),
	    .message = {zeros, sizeof(zeros)}};
	struct operation csr = {.key = ec_generate(curve),
	    .md = curve == CURVE_P384 ? digest_sha384() : digest_sha256(),
	    .message = {zeros, 130}};
	struct operation exchange = {
	    .peer = EVP_PKEY_Q_keygen(NULL, NULL, "X25519")};

	double handshake = report_handshake(source);
	if (!sign(&quote) || !sign(&csr))
		errx(1, "no signature");
	double quote_us = cost(&quote, verify), csr_us = cost(&csr, verify);
	double sign_us = cost(&leaf, sign), agree_us = cost(&exchange, agree);
	printf("verify_quote_us %.1f\nverify_csr_us %.1f\n", quote_us, csr_us);
	printf("sign_us %.1f\nagree_us %.1f\n", sign_us, agree_us);
	printf("floor_us %.1f\n", handshake + quote_us + csr_us + sign_us);
	printf("operations_us %.1f\n",
	    agree_us + 2 * sign_us + quote_us + 2 * csr_us);
	EVP_PKEY_free(quote.key);
	EVP_PKEY_free(csr.key);
	EVP_PKEY_free(exchange.peer);
}

int
main(int argc, char **argv)
{
	struct client_source source;
	struct dci_failure f;
	int c;

	while ((c = getopt(argc, argv, "gk:m:n:")) != -1) {
		if (c == 'g')
			style = STYLE_GRAMINE;
		else if (c == 'k')
			curve = strcmp(optarg, "p384") == 0 ? CURVE_P384
							    : CURVE_P256;
		else if (c == 'm')
			version = strcmp(optarg, "1.2") == 0 ? TLS1_2_VERSION
							     : TLS1_3_VERSION;
		else if (c == 'n')
			handshakes = (unsigned)strtoul(optarg, NULL, 10);
		else
			argc = 0;
	}
	if (optind != argc - 1 || handshakes < 10)
		errx(2, "usage: floor [-g] [-k p256|p384] [-m 1.2|1.3] "
			"[-n HANDSHAKES] SIMDIR");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (client_source_open(&source, argv[optind], &f) != 0)
		errx(2, "%s", f.sentence);
	report(&source.quotes);
	client_source_close(&source);
	return 0;
}
