/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/limits.h"
#include "issuer/tls.h"
#include "proto/enrol.h"

/* Rule 2: a handshake message must not be spread over several records, which
 * hold 16384 bytes. */
#define CHAIN_MAX 16000

/* Room for the lengths around a certificate of exactly LIMIT_CERTIFICATE, and
 * for one byte more, which is then refused with its own code. */
#define CERTIFICATE_MESSAGE_MAX (LIMIT_CERTIFICATE + 1024)

/* What a client may sign with: RA-TLS keys are on P-256 and P-384 (mbedTLS 2
 * pairs any hash with them in TLS 1.2).  An RSA key would cost milliseconds:
 * the client chooses its size and exponent. */
#define CLIENT_SIGNATURES "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512"

CLEANUP_TYPE(cleanup_ctx, SSL_CTX, SSL_CTX_free)

/* What TLS would check of a client's certificate says nothing here: it is
 * self-made.  Taken as it comes; the appraiser decides. */
static int
take_any_certificate(X509_STORE_CTX *store, void *arg)
{
	(void)store;
	(void)arg;
	return 1;
}

/* The refusal frame is only for clients that know it; other offers are
 * ignored, as Gramine's server does. */
static int
choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *in, unsigned in_n, void *arg)
{
	static const unsigned char ours[] = ENROL_ALPN_WIRE;
	unsigned char *chosen = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, n, ours, sizeof(ours) - 1, in,
		in_n) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static int
fail_openssl(struct dci_failure *f, const char *what)
{
	unsigned long e = ERR_peek_last_error();
	const char *why = e != 0 ? ERR_reason_error_string(e) : NULL;

	ERR_clear_error();
	return dci_fail(f, DCI_TLS_IDENTITY, "The server's TLS %s: %s. %s",
	    what, why != NULL ? why : "unknown reason",
	    dci_code_remedy(DCI_TLS_IDENTITY));
}

static int
use_chain(SSL_CTX *ctx, struct bytes pem, struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem.p, (int)pem.n);
	size_t total = 0, n = 0;

	for (;;) {
		X509 *x CLEANUP(cleanup_x509) = bio == NULL
		    ? NULL
		    : PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (x == NULL)
			break;
		int size = i2d_X509(x, NULL);
		total += size > 0 ? (size_t)size + 3 : 0;
		if (n++ == 0 ? SSL_CTX_use_certificate(ctx, x) != 1
			     : SSL_CTX_add1_chain_cert(ctx, x) != 1)
			return fail_openssl(f, "certificate cannot be used");
	}
	if (n == 0)
		return fail_openssl(f, "certificate file has no certificate");
	ERR_clear_error();
	if (total > CHAIN_MAX)
		return dci_fail(f, DCI_TLS_IDENTITY,
		    "The server's TLS certificate chain has %zu bytes; more "
		    "than %d do not fit into one TLS record, which Gramine's "
		    "clients need. Leave out the root, or use ECDSA.",
		    total, CHAIN_MAX);
	return 0;
}

static int
use_key(SSL_CTX *ctx, struct bytes pem, struct dci_failure *f)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key CLEANUP(cleanup_pkey) = bio == NULL
	    ? NULL
	    : PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");

	if (key == NULL)
		return fail_openssl(f, "key cannot be read");
	if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "EC"))
		return dci_fail(f, DCI_TLS_IDENTITY,
		    "The server's TLS key is of type %s; Gramine's clients "
		    "take RSA (2048 bits or more) and ECDSA P-256 or P-384.",
		    EVP_PKEY_get0_type_name(key));
	if (SSL_CTX_use_PrivateKey(ctx, key) != 1 ||
	    SSL_CTX_check_private_key(ctx) != 1)
		return fail_openssl(f, "key does not belong to the certificate");
	return 0;
}

SSL_CTX *
tls_context_new(struct bytes chain_pem, struct bytes key_pem,
    struct dci_failure *f)
{
	SSL_CTX *ctx CLEANUP(cleanup_ctx) = SSL_CTX_new(TLS_server_method());

	/* Rules 1, 6 and 8: no tickets, no renegotiation, no resumption. Rule
	 * 3: P-384 stays in the list of groups, since in TLS 1.2 it rules the
	 * client certificate's curve as well. */
	if (ctx == NULL ||
	    !SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") ||
	    !SSL_CTX_set1_client_sigalgs_list(ctx, CLIENT_SIGNATURES) ||
	    !SSL_CTX_set_num_tickets(ctx, 0) ||
	    !SSL_CTX_set_max_early_data(ctx, 0) ||
	    !SSL_CTX_set_session_id_context(ctx, (const uint8_t *)"dci", 3)) {
		fail_openssl(f, "library cannot be set up");
		return NULL;
	}
	SSL_CTX_set_options(ctx,
	    SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
		SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* SSL_read() returns after a message that is no data, so that a client
	 * that sends nothing else does not keep the event loop. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	/* One read() for what has come, instead of two for each record. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_max_cert_list(ctx, CERTIFICATE_MESSAGE_MAX);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any_certificate, NULL);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	if (use_chain(ctx, chain_pem, f) != 0 || use_key(ctx, key_pem, f) != 0)
		return NULL;
	return TAKE(ctx);
}
