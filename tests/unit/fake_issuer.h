/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An issuer for tests of the client: blocking, one connection at a time, no
 * attestation, and misbehaving in every way that it is told to.
 */
#ifndef TESTS_FAKE_ISSUER_H
#define TESTS_FAKE_ISSUER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "base/limits.h"
#include "proto/enrol.h"
#include "proto/secret_prov.h"

/* FAKE(identifier, name) */
#define FAKE_MODES                                           \
	FAKE(GOOD, "good")                                   \
	FAKE(GOOD_TLS12, "good-tls12")                       \
	FAKE(GOOD_SLOW, "good-byte-by-byte")                 \
	FAKE(REFUSE_AT_ONCE, "refuse-at-once")               \
	FAKE(REFUSE_CERTIFICATE, "refuse-certificate")       \
	FAKE(REFUSE_CHAIN, "refuse-chain")                   \
	FAKE(REFUSE_MALFORMED, "refuse-malformed")           \
	FAKE(CLOSE_AT_ONCE, "close-at-once")                 \
	FAKE(RESET_AT_ONCE, "reset-at-once")                 \
	FAKE(TRUNCATE_AT_ONCE, "truncate-at-once")           \
	FAKE(TRUNCATE_CERTIFICATE, "truncate-certificate")   \
	FAKE(TRUNCATE_END, "truncate-end")                   \
	FAKE(SECRET_OTHER, "secret-other")                   \
	FAKE(SECRET_TOO_LARGE, "secret-too-large")           \
	FAKE(SECRET_ONLY, "secret-only")                     \
	FAKE(CERTIFICATE_TOO_LARGE, "certificate-too-large") \
	FAKE(CERTIFICATE_EMPTY, "certificate-empty")         \
	FAKE(CERTIFICATE_GARBAGE, "certificate-garbage")     \
	FAKE(CERTIFICATE_TRAILING, "certificate-trailing")   \
	FAKE(CERTIFICATES_TOO_MANY, "certificates-too-many") \
	FAKE(NO_CHAIN, "no-chain")                           \
	FAKE(NO_ROOT, "no-root")                             \
	FAKE(WRONG_KEY, "wrong-key")                         \
	FAKE(WRONG_CA, "wrong-ca")                           \
	FAKE(EXPIRED, "expired")                             \
	FAKE(FLOOD_TLS12, "flood-of-hello-requests")         \
	FAKE(FLOOD_TLS13, "flood-of-key-updates")            \
	FAKE(SILENT, "silent")                               \
	FAKE(SILENT_TCP, "silent-tcp")                       \
	FAKE(NO_TLS, "no-tls")                               \
	FAKE(ALERT_LATE, "alert-after-handshake")            \
	FAKE(ALERT_EARLY, "alert-in-handshake")

enum fake_mode {
#define FAKE(id, name) FAKE_##id,
	FAKE_MODES
#undef FAKE
	    FAKE_MODE_COUNT
};

static const char *const fake_mode_names[] = {
#define FAKE(id, name) name,
    FAKE_MODES
#undef FAKE
};

#define MUST(x)                                                               \
	do {                                                                  \
		if (!(x)) {                                                   \
			fprintf(stderr, "fake issuer: %s:%d: %s\n", __FILE__, \
			    __LINE__, #x);                                    \
			exit(99);                                             \
		}                                                             \
	} while (0)

struct fake_issuer {
	EVP_PKEY *tls_ca_key, *server_key, *root_key, *issuing_key;
	X509 *tls_ca, *server, *root, *issuing;
	int listener;
	uint16_t port;
};

static void
fake_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	MUST(e != NULL && X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

/* issuer NULL: self-signed.  days counts from now; san NULL: a CA. */
static X509 *
fake_certificate(const char *cn, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key, const char *san, int days)
{
	static long serial = 7;
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);

	MUST(X509_set_version(x, X509_VERSION_3));
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), -3 * 86400);
	X509_gmtime_adj(X509_getm_notAfter(x), days * 86400L);
	X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(
	    x, issuer != NULL ? X509_get_subject_name(issuer) : name);
	X509_set_pubkey(x, key);
	if (san == NULL)
		fake_extension(x, x, NID_basic_constraints, "critical,CA:TRUE");
	else if (san[0] != '\0')
		fake_extension(x, x, NID_subject_alt_name, san);
	MUST(X509_sign(x, issuer_key, digest_sha256()) > 0);
	return x;
}

/* Everything for one fake issuer on a free port of 127.0.0.1. */
static void
fake_issuer_make(struct fake_issuer *fake, const char *san)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	fake->tls_ca_key = ec_generate(CURVE_P256);
	fake->server_key = ec_generate(CURVE_P256);
	fake->root_key = ec_generate(CURVE_P256);
	fake->issuing_key = ec_generate(CURVE_P256);
	fake->tls_ca = fake_certificate(
	    "TLS CA", fake->tls_ca_key, NULL, fake->tls_ca_key, NULL, 9);
	fake->server = fake_certificate(
	    "server", fake->server_key, fake->tls_ca, fake->tls_ca_key, san, 9);
	fake->root = fake_certificate(
	    "Fake Root", fake->root_key, NULL, fake->root_key, NULL, 9);
	fake->issuing = fake_certificate("Fake Issuing", fake->issuing_key,
	    fake->root, fake->root_key, NULL, 9);
	fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(bind(fake->listener, (struct sockaddr *)&a, sizeof(a)) == 0);
	MUST(listen(fake->listener, 8) == 0);
	MUST(getsockname(fake->listener, (struct sockaddr *)&a, &n) == 0);
	fake->port = ntohs(a.sin_port);
}

static void
fake_issuer_free(struct fake_issuer *fake)
{
	EVP_PKEY_free(fake->tls_ca_key);
	EVP_PKEY_free(fake->server_key);
	EVP_PKEY_free(fake->root_key);
	EVP_PKEY_free(fake->issuing_key);
	X509_free(fake->tls_ca);
	X509_free(fake->server);
	X509_free(fake->root);
	X509_free(fake->issuing);
	close(fake->listener);
}

static void
fake_write_ca(const struct fake_issuer *fake, const char *path)
{
	FILE *file = fopen(path, "w");

	MUST(file != NULL && PEM_write_X509(file, fake->tls_ca));
	MUST(fclose(file) == 0);
}

static int
fake_take_anybody(int good, X509_STORE_CTX *ctx)
{
	(void)good;
	(void)ctx;
	return 1;
}

static int
fake_take_nobody(int good, X509_STORE_CTX *ctx)
{
	(void)good;
	X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
	return 0;
}

static int
fake_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned int in_n, void *arg)
{
	(void)ssl;
	(void)arg;
	MUST(in_n == 6 && memcmp(in,
			      "\x05"
			      "dci/1",
			      6) == 0);
	*out = in + 1;
	*n = in[0];
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
fake_context(const struct fake_issuer *fake, enum fake_mode mode)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	bool nobody = mode == FAKE_ALERT_LATE || mode == FAKE_ALERT_EARLY;

	MUST(SSL_CTX_use_certificate(ctx, fake->server) > 0);
	MUST(SSL_CTX_use_PrivateKey(ctx, fake->server_key) > 0);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_alpn_select_cb(ctx, fake_alpn, NULL);
	SSL_CTX_set_verify(ctx,
	    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
	    nobody ? fake_take_nobody : fake_take_anybody);
	if (mode == FAKE_GOOD_TLS12 || mode == FAKE_ALERT_EARLY ||
	    mode == FAKE_FLOOD_TLS12)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	return ctx;
}

static void
fake_send(SSL *ssl, struct writer *w, enum fake_mode mode)
{
	size_t step = mode == FAKE_GOOD_SLOW ? 1 : w->n, put;

	MUST(!w->failed);
	for (size_t at = 0; at < w->n; at += step)
		MUST(SSL_write_ex(ssl, w->data + at, step, &put) == 1);
	writer_free(w);
	*w = writer_new(1 << 20);
}

static void
fake_receive(SSL *ssl, void *out, size_t n)
{
	uint8_t *p = out;
	size_t got;

	while (n > 0) {
		MUST(SSL_read_ex(ssl, p, n, &got) == 1);
		p += got;
		n -= got;
	}
}

static X509_REQ *
fake_receive_csr(SSL *ssl)
{
	uint8_t head[4], der[LIMIT_CSR];
	const uint8_t *p = der;
	uint32_t n;

	fake_receive(ssl, head, 4);
	struct reader r = reader_of(head, 4);
	MUST(reader_u32le(&r, &n) && n <= sizeof(der));
	fake_receive(ssl, der, n);
	X509_REQ *req = d2i_X509_REQ(NULL, &p, n);
	MUST(req != NULL && p == der + n);
	MUST(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)) == 1);
	MUST(X509_NAME_entry_count(X509_REQ_get_subject_name(req)) == 0);
	return req;
}

static void
fake_put(struct writer *w, X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);

	MUST(n > 0);
	enrol_frame_encode(w, (struct bytes){der, (size_t)n});
	OPENSSL_free(der);
}

static void
fake_put_leaf(const struct fake_issuer *fake, struct writer *w, X509_REQ *req,
    enum fake_mode mode)
{
	bool other_ca = mode == FAKE_WRONG_CA;
	X509 *leaf = fake_certificate("entry",
	    mode == FAKE_WRONG_KEY ? fake->server_key
				   : X509_REQ_get0_pubkey(req),
	    fake->issuing, other_ca ? fake->server_key : fake->issuing_key, "",
	    mode == FAKE_EXPIRED ? -1 : 9);

	fake_put(w, leaf);
	X509_free(leaf);
}

/* The part after the secret; false to hang up without close_notify. */
static bool
fake_issue(const struct fake_issuer *fake, SSL *ssl, enum fake_mode mode)
{
	struct writer w = writer_new(1 << 20);
	X509_REQ *req = fake_receive_csr(ssl);

	if (mode == FAKE_REFUSE_CERTIFICATE)
		enrol_refusal_encode(&w, "csr-key-mismatch", "Not that key.");
	else if (mode == FAKE_CERTIFICATE_TOO_LARGE)
		writer_u32le(&w, ENROL_CERTIFICATE_MAX + 1);
	else if (mode == FAKE_CERTIFICATE_EMPTY)
		writer_u32le(&w, 0);
	else if (mode == FAKE_CERTIFICATE_GARBAGE)
		enrol_frame_encode(
		    &w, (struct bytes){(const uint8_t *)"garbage", 7});
	else
		fake_put_leaf(fake, &w, req, mode);
	if (mode == FAKE_CERTIFICATE_TRAILING) {
		w.data[0]++; /* the certificate is at least 256 bytes */
		writer_u8(&w, 0);
	}
	if (mode == FAKE_TRUNCATE_CERTIFICATE)
		w.n -= 10;
	else if (mode == FAKE_REFUSE_CHAIN)
		enrol_refusal_encode(&w, "internal-error", "No chain.");
	else if (mode != FAKE_NO_CHAIN && mode != FAKE_REFUSE_CERTIFICATE) {
		fake_put(&w, fake->issuing);
		if (mode != FAKE_NO_ROOT)
			fake_put(&w, fake->root);
		for (int i = 0; mode == FAKE_CERTIFICATES_TOO_MANY && i < 3;
		     i++)
			fake_put(&w, fake->root);
	}
	fake_send(ssl, &w, mode);
	writer_free(&w);
	X509_REQ_free(req);
	return mode != FAKE_TRUNCATE_CERTIFICATE && mode != FAKE_TRUNCATE_END;
}

/* Messages that are no data, until the client has gone. */
static void
fake_flood(SSL *ssl, enum fake_mode mode)
{
	for (unsigned i = 0; i < 4 * LIMIT_HANDSHAKE_RECORDS; i++) {
		bool asked =
		    mode == FAKE_FLOOD_TLS12
			? SSL_renegotiate(ssl)
			: SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);

		if (!asked || SSL_do_handshake(ssl) != 1)
			return;
	}
}

/* After the handshake; false to hang up without close_notify. */
static bool
fake_talk(const struct fake_issuer *fake, SSL *ssl, enum fake_mode mode)
{
	struct writer w = writer_new(1 << 20);
	char request[SECRET_PROV_REQUEST_SIZE];

	MUST(SSL_get0_peer_certificate(ssl) != NULL);
	if (mode == FAKE_CLOSE_AT_ONCE || mode == FAKE_TRUNCATE_AT_ONCE)
		return mode == FAKE_CLOSE_AT_ONCE;
	if (mode == FAKE_REFUSE_AT_ONCE)
		enrol_refusal_encode(
		    &w, "debug-enclave", "No \x1b[31mdebug enclaves here.");
	else if (mode == FAKE_REFUSE_MALFORMED)
		writer_put(&w, "\xff\xff\xff\xff\0\0", 6);
	if (w.n > 0) {
		fake_send(ssl, &w, mode);
		writer_free(&w);
		return true;
	}
	fake_receive(ssl, request, sizeof(request));
	MUST(strcmp(request, "SECRET_PROVISION_RA_TLS_REQUEST_V1") == 0);
	if (mode == FAKE_FLOOD_TLS12 || mode == FAKE_FLOOD_TLS13)
		fake_flood(ssl, mode);
	if (mode == FAKE_SILENT || mode == FAKE_FLOOD_TLS12 ||
	    mode == FAKE_FLOOD_TLS13)
		return SSL_read(ssl, request, 1) == 1;
	secret_prov_response_encode(
	    &w, (struct bytes){(const uint8_t *)"secret", 7});
	if (mode == FAKE_SECRET_OTHER)
		w.data[20] ^= 1;
	if (mode == FAKE_SECRET_TOO_LARGE)
		w.data[37] = 0x7f;
	fake_send(ssl, &w, mode);
	writer_free(&w);
	if (mode == FAKE_SECRET_OTHER || mode == FAKE_SECRET_TOO_LARGE)
		return true;
	if (mode == FAKE_SECRET_ONLY) {
		MUST(SSL_read(ssl, request, 1) <= 0 &&
		     SSL_get_shutdown(ssl) == SSL_RECEIVED_SHUTDOWN);
		return true;
	}
	return fake_issue(fake, ssl, mode);
}

/* Reads until the client has hung up, so that no reset eats what we sent. */
static void
fake_drain(int fd, enum fake_mode mode)
{
	char sink[4096];

	if (mode != FAKE_SILENT_TCP)
		shutdown(fd, SHUT_WR);
	while (read(fd, sink, sizeof(sink)) > 0)
		;
}

/* Serves one connection. */
static void
fake_serve(const struct fake_issuer *fake, enum fake_mode mode)
{
	int fd = accept(fake->listener, NULL, NULL);
	SSL_CTX *ctx = fake_context(fake, mode);
	SSL *ssl = SSL_new(ctx);

	MUST(fd >= 0);
	if (mode == FAKE_NO_TLS)
		MUST(write(fd, "HTTP/1.0 400 Bad Request\r\n\r\n", 28) == 28);
	SSL_set_fd(ssl, fd);
	if (mode != FAKE_NO_TLS && mode != FAKE_SILENT_TCP &&
	    SSL_accept(ssl) == 1) {
		struct linger hard = {.l_onoff = 1};
		if (mode == FAKE_RESET_AT_ONCE)
			setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		else if (fake_talk(fake, ssl, mode))
			SSL_shutdown(ssl);
	}
	if (mode != FAKE_RESET_AT_ONCE)
		fake_drain(fd, mode);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(fd);
}

#endif
