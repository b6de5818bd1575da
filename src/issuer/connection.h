/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One client of a worker: TLS and framing, nothing else.  A connection goes
 * through the stages below in order; a refusal jumps to the closing ones.
 */
#ifndef ISSUER_CONNECTION_H
#define ISSUER_CONNECTION_H

#include <sys/queue.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "issuer/channel.h"

enum stage {
	STAGE_HELLO, /* no byte received yet */
	STAGE_HANDSHAKE,
	STAGE_APPRAISAL,   /* waits for the appraiser's verdict */
	STAGE_COLLATERAL,  /* waits for it longer: collateral is fetched */
	STAGE_REQUEST,     /* reads the secret-provisioning request */
	STAGE_SECRET,      /* waits for the ledger to release the secret */
	STAGE_CSR,         /* sends the secret; reads the CSR */
	STAGE_CERTIFICATE, /* waits for the ledger to release a certificate */
	STAGE_CLOSING,     /* sends what is left, and close_notify */
	STAGE_DRAIN,       /* waits for the client to close, so that no reset
			    * overtakes what was sent */
};

struct worker;

struct connection {
	struct worker *worker;
	connection_id id;
	uint8_t request_id[REQUEST_ID_SIZE];
	char peer[PEER_SIZE];
	uint8_t address[16]; /* what the bound per address counts by */
	int fd;
	SSL *ssl; /* made at the first byte: it is large */
	enum stage stage;
	bool known_to_appraiser;
	unsigned records; /* of TLS, other than data */
	bool flooded;     /* too many of them */
	struct writer in; /* received and not yet used */
	struct writer out;
	size_t out_done;
	size_t drained;
	struct event *io, *deadline;
	int exchange_left; /* seconds, when it began to wait */
	TAILQ_ENTRY(connection) in_silent;
	bool silent; /* linked there: no byte received yet */
	/* clock_seconds(): the begin of a silent one, else of the exchange. */
	int64_t since;
};

/* Takes over fd, which is non-blocking.  Links it into the worker; a
 * connection frees itself when it is over. */
void connection_start(struct worker *, int fd, connection_id id,
    const char *peer, const uint8_t address[static 16]);
void connection_free(struct connection *);
/* Ends a silent one at once, so that others have room. */
void connection_give_way(struct connection *);

/* Answers for it from the other processes. */
void connection_wait(struct connection *);
void connection_verdict(struct connection *, const struct m_verdict *);
void connection_release(
    struct connection *, const struct m_release *, struct bytes tail);

#endif
