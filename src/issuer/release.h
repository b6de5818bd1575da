/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the ledger process hands to workers for their clients: the provisioned
 * secret, and certificates with their chain.  Nothing else in the issuer has
 * the secret, but a worker while it sends it.
 */
#ifndef ISSUER_RELEASE_H
#define ISSUER_RELEASE_H

#include "issuer/child.h"
#include "issuer/pending.h"

struct release;

/* Reads secret and CA certificates from the files that the child was given,
 * and closes that of the secret, which is locked in memory.  Fatal if one of
 * them is not what it should be. */
struct release *release_new(struct child *);
/* Wipes the secret. */
void release_free(struct release *);

/* Where the clients of worker `index` are; NULL: it is gone. */
void release_worker(struct release *, unsigned index, struct channel *);

/* Sends what is pending, whose row must be on disk, or the failure that keeps
 * it from being released. */
void release_send(struct release *, const struct pending *);

#endif
