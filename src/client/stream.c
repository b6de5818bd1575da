/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/tls_flood.h"
#include "client/stream.h"
#include "proto/enrol.h"

CLEANUP_TYPE(cleanup_ssl_ctx, SSL_CTX, SSL_CTX_free)

/* The newest reason in OpenSSL's queue, and an empty queue. */
static const char *
openssl_reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return text != NULL ? text : "no reason known";
}

SSL_CTX *
stream_context(const struct stream_identity *id, struct dci_failure *f)
{
	SSL_CTX *ctx CLEANUP(cleanup_ssl_ctx) =
	    SSL_CTX_new(TLS_client_method());

	if (ctx == NULL ||
	    !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)ENROL_ALPN_WIRE,
		sizeof(ENROL_ALPN_WIRE) - 1) != 0) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No TLS context: %s.",
		    openssl_reason());
		return NULL;
	}
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
				     SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	tls_flood_guard(ctx);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_load_verify_file(ctx, id->ca_file) <= 0) {
		dci_fail(f, DCI_CA_FILE_MALFORMED,
		    "%s has no certificate that could be read: %s.",
		    id->ca_file, openssl_reason());
		return NULL;
	}
	if (SSL_CTX_use_certificate_ASN1(
		ctx, (int)id->certificate.n, id->certificate.p) <= 0 ||
	    SSL_CTX_use_PrivateKey(ctx, id->key) <= 0) {
		dci_fail(f, DCI_INTERNAL,
		    "OpenSSL does not take our own TLS certificate: %s.",
		    openssl_reason());
		return NULL;
	}
	return TAKE(ctx);
}

/* Names the server that has to be at the other end, in the certificate and,
 * for names, in SNI. */
static bool
expect_server(SSL *ssl, const struct address *a)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
	char ip[sizeof(a->host)];

	X509_VERIFY_PARAM_set_hostflags(
	    param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (!a->literal)
		return X509_VERIFY_PARAM_set1_host(param, a->host, 0) > 0 &&
		       SSL_set_tlsext_host_name(ssl, a->host) > 0;
	snprintf(ip, sizeof(ip), "%.*s", (int)strcspn(a->host, "%"), a->host);
	return X509_VERIFY_PARAM_set1_ip_asc(param, ip) > 0;
}

/* Waits until OpenSSL can go on.  0, or -1 at the deadline or on an error. */
static int
await(const struct stream *s, int ssl_error)
{
	struct pollfd p = {.fd = s->fd,
	    .events = ssl_error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};

	for (;;) {
		int64_t left = s->deadline - clock_milliseconds();

		if (left <= 0)
			return -1;
		int ready =
		    poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -1;
	}
}

/* Whether a call wants to be repeated.  Otherwise *ssl_error is set and, at
 * the deadline, *late. */
static bool
again(const struct stream *s, int result, int *ssl_error, bool *late)
{
	*late = false;
	*ssl_error = SSL_get_error(s->ssl, result);
	if (*ssl_error != SSL_ERROR_WANT_READ &&
	    *ssl_error != SSL_ERROR_WANT_WRITE)
		return false;
	*late = await(s, *ssl_error) != 0;
	return !*late;
}

static int
fail_late(struct dci_failure *f, const char *what)
{
	return dci_fail(f, DCI_ISSUER_TIMEOUT,
	    "The issuer did not answer in time %s.", what);
}

static int
fail_flooded(struct dci_failure *f)
{
	ERR_clear_error();
	return dci_fail(f, DCI_ISSUER_FLOOD,
	    "The issuer sent more than %u TLS records that are not data.",
	    LIMIT_HANDSHAKE_RECORDS);
}

static int
fail_handshake(SSL *ssl, int ssl_error, int error, struct dci_failure *f)
{
	long verified = SSL_get_verify_result(ssl);

	if (ssl_error == SSL_ERROR_SSL && verified != X509_V_OK) {
		ERR_clear_error();
		return dci_fail(f, DCI_ISSUER_UNTRUSTED,
		    "The server's certificate was not accepted: %s.",
		    X509_verify_cert_error_string(verified));
	}
	if (ssl_error == SSL_ERROR_SYSCALL)
		return dci_fail(f, DCI_TLS_HANDSHAKE,
		    "The connection broke during the TLS handshake: %s.",
		    error != 0 ? strerror(error) : "end of file");
	return dci_fail(f, DCI_TLS_HANDSHAKE, "The TLS handshake failed: %s.",
	    openssl_reason());
}

static int
shake_hands(struct stream *s, struct dci_failure *f)
{
	int ssl_error, result;
	bool late;

	do {
		ERR_clear_error();
		errno = 0;
		result = SSL_connect(s->ssl);
		if (result == 1)
			return 0;
	} while (again(s, result, &ssl_error, &late));
	if (late)
		return fail_late(f, "during the TLS handshake");
	if (tls_flooded(s->ssl))
		return fail_flooded(f);
	return fail_handshake(s->ssl, ssl_error, errno, f);
}

int
stream_open(struct stream *s, SSL_CTX *ctx, const struct address *a,
    int seconds, struct dci_failure *f)
{
	*s = STREAM_NONE;
	s->fd = address_connect(a, f);
	if (s->fd < 0)
		return -1;
	s->deadline = clock_milliseconds() + (int64_t)seconds * 1000;
	s->ssl = SSL_new(ctx);
	if (s->ssl == NULL || !SSL_set_fd(s->ssl, s->fd) ||
	    !expect_server(s->ssl, a)) {
		stream_close(s);
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No TLS connection: %s.",
		    openssl_reason());
	}
	if (shake_hands(s, f) != 0) {
		stream_close(s);
		return -1;
	}
	return 0;
}

void
stream_close(struct stream *s)
{
	if (s->ssl != NULL && SSL_is_init_finished(s->ssl)) {
		ERR_clear_error();
		(void)SSL_shutdown(s->ssl);
	}
	ERR_clear_error();
	SSL_free(s->ssl);
	if (s->fd >= 0)
		close(s->fd);
	*s = STREAM_NONE;
}

/* What went wrong after the handshake. */
static int
fail_io(int ssl_error, int error, struct dci_failure *f)
{
	unsigned long e = ERR_peek_last_error();
	int reason = ERR_GET_REASON(e);

	if (ssl_error == SSL_ERROR_SYSCALL && error != 0 &&
	    error != ECONNRESET && error != EPIPE)
		return dci_fail(f, DCI_ISSUER_CONNECTION,
		    "The connection to the issuer broke: %s.", strerror(error));
	if (ssl_error == SSL_ERROR_SYSCALL ||
	    reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		ERR_clear_error();
		return dci_fail(f, DCI_ISSUER_CLOSED,
		    "The issuer closed the connection without a reason%s%s.",
		    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
	}
	/* OpenSSL counts the alerts that it receives from 1000 on. */
	if (ERR_GET_LIB(e) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET)
		return dci_fail(f, DCI_ISSUER_REFUSED,
		    "The issuer refused this client with a TLS alert: %s.",
		    openssl_reason());
	return dci_fail(f, DCI_ISSUER_CONNECTION,
	    "The TLS connection to the issuer broke: %s.", openssl_reason());
}

int
stream_write(struct stream *s, struct bytes data, struct dci_failure *f)
{
	int ssl_error, result;
	size_t put;
	bool late;

	do {
		ERR_clear_error();
		errno = 0;
		result = SSL_write_ex(s->ssl, data.p, data.n, &put);
		if (result == 1)
			return 0;
	} while (again(s, result, &ssl_error, &late));
	if (late)
		return fail_late(f, "while we were sending");
	if (tls_flooded(s->ssl))
		return fail_flooded(f);
	return fail_io(ssl_error, errno, f);
}

enum stream_read
stream_read(struct stream *s, struct writer *w, struct dci_failure *f)
{
	uint8_t chunk[4096];
	int ssl_error, result;
	size_t got = 0;
	bool late;

	do {
		ERR_clear_error();
		errno = 0;
		result = SSL_read_ex(s->ssl, chunk, sizeof(chunk), &got);
		if (result == 1) {
			writer_put(w, chunk, got);
			wipe(chunk, got);
			if (!w->failed)
				return STREAM_DATA;
			dci_fail(f, DCI_FRAME_LENGTH,
			    "The issuer sends more than is accepted.");
			return STREAM_FAILED;
		}
	} while (again(s, result, &ssl_error, &late));
	if (tls_flooded(s->ssl)) {
		fail_flooded(f);
		return STREAM_FAILED;
	}
	if (ssl_error == SSL_ERROR_ZERO_RETURN)
		return STREAM_END;
	if (late)
		fail_late(f, "after the TLS handshake");
	else
		fail_io(ssl_error, errno, f);
	return STREAM_FAILED;
}
