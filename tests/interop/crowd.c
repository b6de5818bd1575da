/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many clients at once, from one process: all shake hands and ask for the
 * secret before the first one looks for an answer.
 *
 * crowd -a HOST:PORT -A CAFILE -c CERTIFICATE -k KEY [-f FILE] [-n ADDRESSES]
 *     COUNT
 *
 * With -n they come in turn from so many addresses from 127.0.0.2 on.  Makes
 * FILE when all have asked.  Then it waits for the answers and prints how
 * many were served and refused, and the reason of the last refusal.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/pem.h>

#include "client/stream.h"
#include "proto/secret_prov.h"
#include "number.h"

#define SECONDS   60
#define COUNT_MAX 1000

static struct options {
	struct address issuer;
	const char *ca, *certificate, *key, *file;
	unsigned count, addresses;
} options;

static struct stream stream[COUNT_MAX];
static unsigned asked;

/* The Makefile puts this in the place of connect(). */
int __real_connect(int, const struct sockaddr *, socklen_t);
int __wrap_connect(int, const struct sockaddr *, socklen_t);

int
__wrap_connect(int fd, const struct sockaddr *to, socklen_t n)
{
	struct sockaddr_in own = {.sin_family = AF_INET};

	if (options.addresses > 0 && to->sa_family == AF_INET) {
		own.sin_addr.s_addr =
		    htonl(INADDR_LOOPBACK + 1 + asked % options.addresses);
		if (bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0)
			err(2, "bind");
	}
	return __real_connect(fd, to, n);
}

static SSL_CTX *
context(void)
{
	struct stream_identity id = {.ca_file = options.ca};
	FILE *f CLEANUP(cleanup_file) = fopen(options.certificate, "r");
	FILE *k CLEANUP(cleanup_file) = fopen(options.key, "r");
	X509 *x CLEANUP(cleanup_x509) =
	    f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    k != NULL ? PEM_read_PrivateKey(k, NULL, NULL, NULL) : NULL;
	struct dci_failure why;
	uint8_t *der = NULL;

	if (x == NULL || key == NULL)
		errx(2, "no certificate or no key");
	id.key = key;
	id.certificate = (struct bytes){NULL, (size_t)i2d_X509(x, &der)};
	id.certificate.p = der;
	SSL_CTX *ctx = stream_context(&id, &why);
	OPENSSL_free(der);
	if (ctx == NULL)
		errx(2, "%s", why.sentence);
	return ctx;
}

static void
ask(struct stream *s, SSL_CTX *ctx)
{
	struct writer w CLEANUP(writer_free) = writer_new(64);
	struct dci_failure f;

	secret_prov_request_encode(&w);
	if (stream_open(s, ctx, &options.issuer, SECONDS, &f) != 0 ||
	    stream_write(s, (struct bytes){w.data, w.n}, &f) != 0)
		errx(1, "%s", f.sentence);
	asked++;
}

/* Whether the secret comes; if not, the sentence of the refusal. */
static bool
served(struct stream *s, char *reason, size_t n)
{
	struct writer w CLEANUP(writer_free) = writer_new(65536);
	struct dci_failure f = {.sentence = "no reason"};
	struct bytes secret;

	while (stream_read(s, &w, &f) == STREAM_DATA)
		if (w.n >= 4 && memcmp(w.data, "SECR", 4) == 0)
			break;
	struct reader r = reader_of(w.data, w.n);
	if (secret_prov_response_decode(&r, &secret, &f) == DECODED_DONE)
		return true;
	/* The code and the sentence of a refusal frame. */
	snprintf(reason, n, "%.*s", (int)w.n, w.n > 0 ? (char *)w.data : "");
	for (size_t i = 0; i < w.n && i + 1 < n; i++)
		reason[i] = w.data[i] >= ' ' ? (char)w.data[i] : '.';
	return false;
}

static void
parse(int argc, char **argv)
{
	const char *issuer = NULL, *addresses = "0";
	struct dci_failure f;
	int c;

	while ((c = getopt(argc, argv, "a:A:c:k:f:n:")) != -1) {
		const char **to = c == 'a'   ? &issuer
				  : c == 'A' ? &options.ca
				  : c == 'c' ? &options.certificate
				  : c == 'k' ? &options.key
				  : c == 'n' ? &addresses
					     : &options.file;
		*to = optarg;
	}
	options.addresses = (unsigned)number_of(addresses, 0, COUNT_MAX);
	options.count = optind + 1 == argc
			    ? (unsigned)number_of(argv[optind], 1, COUNT_MAX)
			    : 0;
	if (issuer == NULL || options.ca == NULL || options.key == NULL ||
	    options.certificate == NULL || options.count == 0)
		errx(2, "usage: crowd -a HOST:PORT -A CAFILE -c CERTIFICATE "
			"-k KEY [-f FILE] [-n ADDRESSES] COUNT");
	if (address_parse(&options.issuer, issuer, &f) != 0)
		errx(2, "%s", f.sentence);
}

int
main(int argc, char **argv)
{
	char reason[512] = "";
	unsigned good = 0;

	parse(argc, argv);
	SSL_CTX *ctx = context();
	for (unsigned i = 0; i < options.count; i++)
		ask(&stream[i], ctx);
	if (options.file != NULL)
		close(open(options.file, O_WRONLY | O_CREAT, 0600));
	for (unsigned i = 0; i < options.count; i++) {
		good += served(&stream[i], reason, sizeof(reason));
		stream_close(&stream[i]);
	}
	printf(
	    "served=%u refused=%u\n%s\n", good, options.count - good, reason);
	SSL_CTX_free(ctx);
	return 0;
}
