/* SPDX-License-Identifier: BSD-3-Clause */
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>

#include "sim/pcs_tls.h"

CLEANUP_TYPE(cleanup_ssl_ctx, SSL_CTX, SSL_CTX_free)

SSL_CTX *
pcs_tls_new(const char *certificate, const char *key, struct dci_failure *f)
{
	SSL_CTX *ctx CLEANUP(cleanup_ssl_ctx) =
	    SSL_CTX_new(TLS_server_method());

	if (ctx == NULL ||
	    !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1) {
		const char *why = ERR_reason_error_string(ERR_peek_error());

		dci_fail(f, DCI_USAGE,
		    "--tls: %s and %s are no certificate and its key: %s.",
		    certificate, key, why != NULL ? why : "unknown reason");
		ERR_clear_error();
		return NULL;
	}
	return TAKE(ctx);
}

struct bufferevent *
pcs_tls_bufferevent(struct event_base *base, void *arg)
{
	SSL *ssl = SSL_new(arg);

	if (ssl == NULL)
		return NULL;
	struct bufferevent *bev = bufferevent_openssl_socket_new(
	    base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	else
		/* Clients of HTTP just close. */
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}
