/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/err.h>

#include "base/tls_flood.h"
#include "issuer/connection_tls.h"
#include "issuer/worker.h"
#include "proto/secret_prov.h"

enum next
connection_wants(struct connection *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return NEXT_READ;
	case SSL_ERROR_WANT_WRITE:
		return NEXT_WRITE;
	default:
		return NEXT_END;
	}
}

/* Fewer are admitted after the handshake (base/tls_flood.h). */
static void
on_tls_message(int sent, int version, int type, const void *data, size_t n,
    SSL *ssl, void *arg)
{
	struct connection *c = arg;

	(void)version;
	if (!tls_flood_counts(sent, type, data, n) ||
	    ++c->records <= (c->stage == STAGE_HANDSHAKE
				    ? LIMIT_HANDSHAKE_RECORDS
				    : LIMIT_LATER_RECORDS))
		return;
	c->flooded = true;
	tls_flood_end(ssl);
}

/* The code for a reason of OpenSSL's; DCI_TLS_HANDSHAKE_FAILED: none of its
 * own. */
static enum dci_code
code_of(const struct connection *c, unsigned long error)
{
	X509 *shown = SSL_get0_peer_certificate(c->ssl);
	EVP_PKEY *key = shown == NULL ? NULL : X509_get0_pubkey(shown);

	if (c->flooded)
		return DCI_TLS_FLOOD;
	switch (ERR_GET_REASON(error)) {
	case SSL_R_EXCESSIVE_MESSAGE_SIZE:
		return DCI_CERTIFICATE_TOO_LARGE;
	case SSL_R_WRONG_SIGNATURE_TYPE:
		/* Its key did not sign: that is not checked any more. */
		return key != NULL && EVP_PKEY_is_a(key, "RSA")
			   ? DCI_TLS_KEY_RSA
			   : DCI_TLS_KEY_UNSUPPORTED;
	case SSL_R_WRONG_CURVE:
		return DCI_TLS_KEY_CURVE;
	default:
		return DCI_TLS_HANDSHAKE_FAILED;
	}
}

static void
handshake_failed(const struct connection *c, struct dci_failure *f)
{
	unsigned long e = ERR_peek_last_error();
	enum dci_code code = code_of(c, e);
	const char *why = e != 0 ? ERR_reason_error_string(e) : NULL;

	if (code != DCI_TLS_HANDSHAKE_FAILED) {
		dci_fail(f, code, "%s %s", dci_code_meaning(code),
		    dci_code_remedy(code));
		return;
	}
	if (why == NULL)
		why = e != 0 ? "for a reason that OpenSSL does not name"
			     : "the client closed the connection";
	dci_fail(f, DCI_TLS_HANDSHAKE_FAILED,
	    "The TLS handshake did not complete: %s. %s", why,
	    dci_code_remedy(DCI_TLS_HANDSHAKE_FAILED));
}

enum next
connection_handshake(struct connection *c, struct dci_failure *f)
{
	ERR_clear_error();
	int r = SSL_do_handshake(c->ssl);

	if (r == 1)
		return NEXT_AGAIN;
	enum next next = connection_wants(c, r);
	if (next == NEXT_END)
		handshake_failed(c, f);
	return next;
}

enum next
connection_fill(struct connection *c)
{
	uint8_t chunk[CONNECTION_READ_CHUNK];

	ERR_clear_error();
	int n = SSL_read(c->ssl, chunk, sizeof(chunk));
	if (n <= 0)
		return connection_wants(c, n);
	writer_put(&c->in, chunk, (size_t)n);
	wipe(chunk, (size_t)n);
	return c->in.failed ? NEXT_END : NEXT_AGAIN;
}

enum next
connection_flush(struct connection *c)
{
	while (c->out_done < c->out.n) {
		ERR_clear_error();
		int n = SSL_write(c->ssl, c->out.data + c->out_done,
		    (int)(c->out.n - c->out_done));

		if (n <= 0)
			return connection_wants(c, n);
		c->out_done += (size_t)n;
	}
	/* It may have been a secret. */
	writer_free(&c->out);
	c->out = writer_new(CONNECTION_OUT_MAX);
	c->out_done = 0;
	return NEXT_AGAIN;
}

bool
connection_tls_begin(struct connection *c)
{
	c->ssl = SSL_new(c->worker->tls);
	if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1)
		return false;
	SSL_set_accept_state(c->ssl);
	SSL_set_msg_callback(c->ssl, on_tls_message);
	SSL_set_msg_callback_arg(c->ssl, c);
	return true;
}
