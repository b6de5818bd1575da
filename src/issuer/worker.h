/* SPDX-License-Identifier: BSD-3-Clause */
/* What connections need of the worker that serves them. */
#ifndef ISSUER_WORKER_H
#define ISSUER_WORKER_H

#include "issuer/child.h"
#include "issuer/connection.h"
#include "issuer/reporter.h"

struct worker {
	struct child *child;
	SSL_CTX *tls;
	struct channel *appraiser, *ledger;
	struct reporter *reporter;
	struct event *listener, *pause, *pressure;
	struct connection **slot; /* start.connections of them */
	size_t connections;
	/* Those that have not sent a byte yet, the oldest first. */
	TAILQ_HEAD(, connection) silent;
	uint32_t generation;
	struct address_count *addresses[1024];
};

/* Removes an ended connection from the worker's tables. */
void worker_forget(struct worker *, struct connection *);
/* Sends a refusal of the worker's own to the ledger, which logs it. */
void worker_refusal(
    struct worker *, const struct connection *, const struct dci_failure *);

#endif
