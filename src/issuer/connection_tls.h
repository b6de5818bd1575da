/* SPDX-License-Identifier: BSD-3-Clause */
/* The TLS layer of a connection, without blocking. */
#ifndef ISSUER_CONNECTION_TLS_H
#define ISSUER_CONNECTION_TLS_H

#include "dci/code.h"
#include "issuer/connection.h"

#define CONNECTION_READ_CHUNK 8192
#define CONNECTION_OUT_MAX \
	(RELEASE_MAX + SECRET_PROV_HEADER_SIZE + LIMIT_SECRET)

/* What a step of the state machine says to its loop. */
enum next { NEXT_AGAIN, NEXT_READ, NEXT_WRITE, NEXT_WAIT, NEXT_END };

/* Makes the SSL object.  False without memory. */
bool connection_tls_begin(struct connection *) MUST_CHECK;
/* NEXT_AGAIN: it is done.  NEXT_END: it failed, with *f. */
enum next connection_handshake(
    struct connection *, struct dci_failure *f) MUST_CHECK;

/* After a call on the SSL object that did not succeed: whether to come back.
 * NEXT_END: end of file, or broken. */
enum next connection_wants(struct connection *, int result) MUST_CHECK;

/* Reads more into c->in. */
enum next connection_fill(struct connection *) MUST_CHECK;
/* Sends what is in c->out; NEXT_AGAIN when all of it is gone. */
enum next connection_flush(struct connection *) MUST_CHECK;

#endif
