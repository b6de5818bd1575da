/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the appraiser share. */
#ifndef ISSUER_APPRAISER_H
#define ISSUER_APPRAISER_H

#include "dci/appraisal.h"
#include "issuer/child.h"
#include "issuer/reference.h"
#include "issuer/reporter.h"
#include "issuer/usage.h"

#define CLIENT_BUCKETS 4096

/* One client, from its evidence to its certificate. */
struct client {
	struct client *next; /* in its bucket */
	connection_id connection;
	uint8_t request_id[REQUEST_ID_SIZE];
	uint64_t ticket; /* ours, unlike the names that the worker gives */
	char peer[PEER_SIZE];
	uint8_t address[16];  /* what bounds per address count by */
	uint8_t *certificate; /* owned; the appraisal points into it */
	size_t certificate_size;
	/* The appraisal's texts may point into the collateral. */
	struct reference *reference;
	struct dci_appraisal appraisal;
	struct wait *wait; /* for collateral; NULL: it does not */
};

struct appraiser {
	struct child *child;
	struct references *references;
	/* What is known of platforms, under whatever collateral. */
	struct dci_cache *cache;
	/* collector NULL: it is being started again. */
	struct channel *worker, *signer, *ledger, *collector;
	struct reporter *reporter;
	struct waiting *waiting;
	struct usage usage;
	/* Kept, so that not every row grows them anew; no secrets in them. */
	struct writer record, row;
	struct client *bucket[CLIENT_BUCKETS];
	/* Begins anywhere: what an earlier appraiser of this index asked for
	 * may still be on its way. */
	uint64_t next_ticket;
};

/* A new client in the place of the one with that connection, if there is one.
 * The certificate is copied. */
struct client *client_new(
    struct appraiser *, const struct m_evidence *, struct bytes certificate);
/* NULL: it was not admitted, or is gone. */
struct client *client_find(const struct appraiser *, connection_id);
/* Does nothing if there is none. */
void client_forget(struct appraiser *, connection_id);

/* Appraises the client by what is in use now; then it is admitted, or refused
 * (and gone), or waits for collateral. */
void client_appraise(struct appraiser *, struct client *);

#endif
