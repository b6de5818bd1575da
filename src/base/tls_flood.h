/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bound on TLS records that are not data.  OpenSSL reads on by itself as long
 * as what comes is no data, and does not return while enough of it comes: a
 * client of TLS 1.2 may ask for renegotiation again and again, and gets a
 * warning each time; so may a server, and in TLS 1.3 either may update keys.
 */
#ifndef BASE_TLS_FLOOD_H
#define BASE_TLS_FLOOD_H

#include <stdbool.h>
#include <openssl/ssl.h>

#include "base/memory.h"

/* For all connections of that context: calls of OpenSSL return after a message
 * that is no data, and after LIMIT_HANDSHAKE_RECORDS of them the connection is
 * as if the other side had ended it.  The count is the SSL's "app data", which
 * nothing else may use. */
void tls_flood_guard(SSL_CTX *);

/* Whether that is why it ended. */
bool tls_flooded(const SSL *) MUST_CHECK;

/* For who counts by himself, in a callback of SSL_CTX_set_msg_callback() with
 * these arguments: whether it is about a record that is not data; and what
 * makes the connection as if the other side had ended it. */
bool tls_flood_counts(
    int sent, int type, const void *data, size_t n) MUST_CHECK;
void tls_flood_end(SSL *);

#endif
