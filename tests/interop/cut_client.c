/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client that is gone at every byte of the exchange.  Has no code of ours.
 *
 * cut_client 2|3 CA CERT KEY HOST PORT [STEP]       TLS 1.2 or 1.3
 *
 * Connects again and again and runs the exchange of Gramine's clients up to its
 * CSR; the first time it goes before its first byte, then after STEP bytes
 * (every byte), and so on, until it got through to the last.  It goes by FIN
 * and by reset in turns.  Prints how many bytes there are and at which of them
 * its messages begin.
 */
#include <err.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define REQUEST "SECRET_PROVISION_RA_TLS_REQUEST_V1"
#define HEADER  41 /* bytes before the secret */
#define SECRET  22

static SSL_CTX *ctx;
static unsigned secrets; /* received */
static EVP_PKEY *csr_key;
static struct addrinfo *where;
static size_t sent, limit;
static int cut;

/* Between OpenSSL and the socket: what is over the limit is not sent. */
static long
on_bio(BIO *b, int op, const char *data, size_t n, int i, long l, int result,
    size_t *processed)
{
	int fd;

	(void)i;
	(void)l;
	(void)processed;
	if (op != BIO_CB_WRITE)
		return result;
	if (sent + n <= limit) {
		sent += n;
		return result;
	}
	cut = 1;
	BIO_get_fd(b, &fd);
	if (send(fd, data, limit - sent, MSG_NOSIGNAL) < 0)
		warn("send");
	sent = limit;
	return -1;
}

static int
put(SSL *ssl, const void *data, size_t n)
{
	return SSL_write(ssl, data, (int)n) == (int)n ? 0 : -1;
}

static int
get(SSL *ssl, void *data, size_t n)
{
	for (size_t have = 0; have < n;) {
		int got = SSL_read(ssl, (char *)data + have, (int)(n - have));

		if (got <= 0)
			return -1;
		have += (size_t)got;
	}
	return 0;
}

static int
csr_make(unsigned char **der)
{
	X509_REQ *req = X509_REQ_new();

	if (req == NULL || !X509_REQ_set_version(req, 0) ||
	    !X509_REQ_set_pubkey(req, csr_key) ||
	    X509_REQ_sign(req, csr_key, EVP_sha256()) <= 0)
		errx(2, "no CSR");
	*der = NULL;
	int n = i2d_X509_REQ(req, der);
	X509_REQ_free(req);
	return n;
}

static int
exchange(SSL *ssl, size_t begins[3])
{
	unsigned char *csr, answer[HEADER + SECRET], length[4] = {0};

	if (SSL_connect(ssl) != 1)
		return -1;
	begins[0] = sent;
	if (put(ssl, REQUEST, sizeof(REQUEST)) != 0 ||
	    get(ssl, answer, sizeof(answer)) != 0)
		return -1;
	secrets++;
	int n = csr_make(&csr);
	length[0] = (unsigned char)n;
	length[1] = (unsigned char)(n >> 8);
	begins[1] = sent;
	int bad = put(ssl, length, sizeof(length));
	begins[2] = sent;
	if (bad == 0)
		bad = put(ssl, csr, (size_t)n);
	OPENSSL_free(csr);
	return bad;
}

/* PREFIX.0.crt and PREFIX.0.key, and so on: an issuer releases its secret for
 * one piece of evidence so many times only. */
#define SECRETS_PER_EVIDENCE 90

static unsigned
use_evidence(const char *prefix)
{
	unsigned number = secrets / SECRETS_PER_EVIDENCE;
	char certificate[256], key[256];

	snprintf(certificate, sizeof(certificate), "%s.%u.crt", prefix, number);
	snprintf(key, sizeof(key), "%s.%u.key", prefix, number);
	if (SSL_CTX_use_certificate_file(ctx, certificate, SSL_FILETYPE_PEM) !=
		1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		errx(2, "%s cannot be used", certificate);
	return number;
}

static int
connect_to(void)
{
	int fd = socket(where->ai_family, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || connect(fd, where->ai_addr, where->ai_addrlen) != 0)
		err(2, "connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
hang_up(int fd, int hard)
{
	struct linger linger = {1, 0};
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char unread[4096];

	if (hard) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	} else {
		/* Until the server has seen it, so that they do not pile up. */
		shutdown(fd, SHUT_WR);
		while (poll(&p, 1, 10000) > 0 &&
		       recv(fd, unread, sizeof(unread), 0) > 0)
			;
	}
	close(fd);
}

int
main(int argc, char **argv)
{
	size_t begins[3] = {0}, step = argc == 7 ? strtoul(argv[6], NULL, 10) : 1;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	unsigned connections = 0, evidence;

	if (argc < 6 || step == 0)
		errx(2, "usage: cut_client 2|3 CA EVIDENCE HOST PORT [STEP]");
	int version = argv[1][0] == '2' ? TLS1_2_VERSION : TLS1_3_VERSION;
	argv++;
	signal(SIGPIPE, SIG_IGN);
	ctx = SSL_CTX_new(TLS_client_method());
	csr_key = EVP_EC_gen("P-256");
	if (ctx == NULL || csr_key == NULL ||
	    SSL_CTX_set_min_proto_version(ctx, version) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, version) != 1 ||
	    SSL_CTX_load_verify_locations(ctx, argv[1], NULL) != 1 ||
	    getaddrinfo(argv[3], argv[4], &hints, &where) != 0)
		errx(2, "cannot be set up");
	do {
		evidence = use_evidence(argv[2]);
		SSL *ssl = SSL_new(ctx);
		int fd = connect_to();
		BIO *bio = BIO_new_socket(fd, BIO_NOCLOSE);

		BIO_set_callback_ex(bio, on_bio);
		SSL_set_bio(ssl, bio, bio);
		sent = 0;
		cut = 0;
		int bad = exchange(ssl, begins);
		if (bad != 0 && !cut)
			errx(1, "after %zu bytes the server was the first to go",
			    sent);
		SSL_set_quiet_shutdown(ssl, 1);
		SSL_free(ssl);
		hang_up(fd, connections++ % 2);
		limit += step;
	} while (cut);
	printf("connections=%u bytes=%zu request=%zu length=%zu csr=%zu "
	       "evidence=%u\n",
	    connections, sent, begins[0], begins[1], begins[2],
	    evidence);
	freeaddrinfo(where);
	EVP_PKEY_free(csr_key);
	SSL_CTX_free(ctx);
	return 0;
}
