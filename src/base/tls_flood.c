/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdint.h>

#include "base/limits.h"
#include "base/tls_flood.h"

/* Both begin with the type of a record: in TLS 1.3 the outer one of all that is
 * encrypted says data. */
bool
tls_flood_counts(int sent, int type, const void *data, size_t n)
{
	const uint8_t *kind = data;

	return !sent && n > 0 && *kind != SSL3_RT_APPLICATION_DATA &&
	       (type == SSL3_RT_HEADER || type == SSL3_RT_INNER_CONTENT_TYPE);
}

/* No callback can make OpenSSL fail, but once the other side has ended it
 * throws the rest away. */
void
tls_flood_end(SSL *ssl)
{
	SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

/* The number of such records lives in the SSL itself, since that outlives what
 * its owner knows of it. */
static void
on_message(int sent, int version, int type, const void *data, size_t n,
    SSL *ssl, void *arg)
{
	(void)version;
	(void)arg;
	if (!tls_flood_counts(sent, type, data, n))
		return;
	uintptr_t records = (uintptr_t)SSL_get_app_data(ssl) + 1;
	SSL_set_app_data(ssl, (void *)records);
	if (tls_flooded(ssl))
		tls_flood_end(ssl);
}

void
tls_flood_guard(SSL_CTX *ctx)
{
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_msg_callback(ctx, on_message);
}

bool
tls_flooded(const SSL *ssl)
{
	return (uintptr_t)SSL_get_app_data(ssl) > LIMIT_HANDSHAKE_RECORDS;
}
