/* SPDX-License-Identifier: BSD-3-Clause */
#include <openssl/err.h>

#include "base/ecdsa.h"
#include "base/tls_flood.h"
#include "ratls/make.h"
#include "verifier/tls.h"

static bool
set_up(SSL_CTX *ctx, EVP_PKEY *key, const uint8_t *der, size_t n)
{
	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") ||
	    !SSL_CTX_use_certificate_ASN1(ctx, (int)n, der) ||
	    !SSL_CTX_use_PrivateKey(ctx, key))
		return false;
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	tls_flood_guard(ctx);
	return true;
}

SSL_CTX *
verifier_tls(const struct quote_source *source, struct dci_failure *f)
{
	/* Gramine's verification callbacks read the second. */
	static const struct ratls_options evidence = {
	    .dice = true, .legacy = true};
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(CURVE_P256);
	SSL_CTX *ctx CLEANUP(cleanup_ssl_ctx) =
	    SSL_CTX_new(TLS_server_method());
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (key == NULL || ctx == NULL) {
		dci_fail(f, DCI_INTERNAL, "No key for HTTPS could be made.");
		return NULL;
	}
	if (ratls_make(&der, &n, key, &evidence, source, f) != 0)
		return NULL;
	if (!set_up(ctx, key, der, n)) {
		ERR_clear_error();
		dci_fail(f, DCI_TLS_IDENTITY,
		    "The RA-TLS certificate for HTTPS cannot be used.");
		return NULL;
	}
	return TAKE(ctx);
}
