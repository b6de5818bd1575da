/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Group commit: whatever has queued up is written in one transaction, synced
 * once, and only then released.
 */
#ifndef ISSUER_BATCH_H
#define ISSUER_BATCH_H

#include "issuer/recorder.h"
#include "issuer/release.h"
#include "issuer/shelf.h"

struct batch;

/* Fatal without memory.  Runs on an event of the child's loop. */
struct batch *batch_new(struct child *, struct release *);
/* Before the first of the calls below. */
void batch_open(
    struct batch *, struct ledger *, struct shelf *, struct recorder *);

/* Takes over p, whose row is complete: it is stored and released, or refused,
 * as soon as nothing is left to read. */
void batch_add(struct batch *, struct pending *p);
/* Takes over p, which p->failure keeps from being stored. */
void batch_refuse(struct batch *, struct pending *p);
/* Stores and releases at once what is there. */
void batch_commit(struct batch *);

#endif
