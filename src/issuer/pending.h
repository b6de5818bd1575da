/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ledger process is to release, from the row that asks for it to the
 * commit.  For a certificate there are two halves, the appraiser's row and the
 * signer's answer, of which either may come first; until the other is here, it
 * waits in a table under the appraiser's ticket.
 */
#ifndef ISSUER_PENDING_H
#define ISSUER_PENDING_H

#include <sys/queue.h>

#include "issuer/messages.h"

struct pending {
	struct pending *next; /* in the table */
	STAILQ_ENTRY(pending) in_batch;
	unsigned appraiser; /* its worker has the same index */
	uint64_t ticket;
	uint8_t request_id[REQUEST_ID_SIZE]; /* once the row is here */
	connection_id connection;
	enum ledger_kind kind;
	uint8_t *encoded;       /* the row; owned; NULL: not here yet */
	struct ledger_row row;  /* points into encoded */
	uint8_t row_digest[32]; /* of a certificate's row */
	bool is_signed;
	struct m_signed answer;
	int64_t row_id; /* once it is in the ledger */
	struct dci_failure failure;
};

/* Fatal without memory. */
struct pending *pending_new(unsigned appraiser, uint64_t ticket);
void pending_free(struct pending *);

/* Keeps a copy of the row, decoded once.  False if it is not what it should
 * be; then only pending_free() may follow.  Fatal without memory. */
bool pending_take_row(
    struct pending *, const struct m_row *, struct bytes encoded);

/* Certificates of which one half is here. */
struct pending_table;

struct pending_table *pending_table_new(void); /* fatal without memory */

/* The one of that appraiser with that ticket, made if there is none. */
struct pending *pending_find(
    struct pending_table *, unsigned appraiser, uint64_t ticket);
/* Takes it out of the table; it is the caller's then. */
void pending_take(struct pending_table *, const struct pending *);
/* How many of that appraiser are there. */
size_t pending_count(const struct pending_table *, unsigned appraiser);
/* Frees all of an appraiser that is gone: they will not be completed. */
void pending_forget(struct pending_table *, unsigned appraiser);

#endif
