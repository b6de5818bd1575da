/* SPDX-License-Identifier: BSD-3-Clause */
/* A TLS connection as a client, on a non-blocking socket, with one deadline
 * for everything that happens on it. */
#ifndef CLIENT_STREAM_H
#define CLIENT_STREAM_H

#include <stdint.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "client/address.h"

/* Who the client is and whom it trusts. */
struct stream_identity {
	const char *ca_file; /* PEM */
	EVP_PKEY *key;
	struct bytes certificate; /* DER */
};

/* A context for such connections: TLS 1.2 or later, ALPN "dci/1", server
 * certificates from ca_file only.  NULL with *f. */
SSL_CTX *stream_context(
    const struct stream_identity *, struct dci_failure *f) MUST_CHECK;

struct stream {
	SSL *ssl;
	int fd;
	int64_t deadline; /* milliseconds of CLOCK_MONOTONIC */
};

/* An empty stream, which stream_close() takes. */
#define STREAM_NONE ((struct stream){.fd = -1})

/*
 * Connects and shakes hands; the server has to prove to be the host of that
 * address, by name or IP address.  seconds is for the handshake and for
 * everything afterwards.  Returns 0, or -1 with *f (issuer-unreachable,
 * issuer-untrusted, tls-handshake, issuer-timeout, issuer-flood).
 */
int stream_open(struct stream *, SSL_CTX *, const struct address *, int seconds,
    struct dci_failure *f) MUST_CHECK;
/* Sends close_notify, if it can without waiting, and frees everything. */
void stream_close(struct stream *);

/* Returns 0, or -1 with *f. */
int stream_write(
    struct stream *, struct bytes, struct dci_failure *f) MUST_CHECK;

enum stream_read {
	STREAM_FAILED, /* *f: issuer-timeout, issuer-flood, ... */
	STREAM_DATA,   /* at least one byte was appended */
	STREAM_END,    /* the other side's close_notify */
};

/* Waits for bytes and appends what is there.  An end without close_notify is
 * a failure (issuer-closed), an alert too (issuer-refused). */
enum stream_read stream_read(
    struct stream *, struct writer *, struct dci_failure *f) MUST_CHECK;

#endif
