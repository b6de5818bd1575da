/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collateral that rows may name: the ledger process keeps what appraisers
 * have, or had just now, at hand, and puts a snapshot into the ledger together
 * with the first row that names it.  So nobody but an appraiser, which has
 * verified it, decides what is stored for ever.
 */
#ifndef ISSUER_SHELF_H
#define ISSUER_SHELF_H

#include "base/bytes.h"
#include "ledger/ledger.h"

struct shelf;

struct shelf *shelf_new(void); /* fatal without memory */

/*
 * Takes in a file as the parent gives it (collateral_text.h), which is copied.
 * What is not in it any more stays for LIMIT_SHELF_SECONDS, since requests may
 * still be on their way, but no more than LIMIT_PUBLISHED bytes of that.
 * Returns false if it is malformed.
 */
bool shelf_fill(struct shelf *, struct bytes file, int64_t now) MUST_CHECK;

/*
 * Puts the snapshot into the ledger unless it is known to be there; in a batch.
 * One that is not at hand is left alone: the ledger has it from earlier times,
 * or will refuse the row.  Returns 0, or -1 with *f.
 */
int shelf_put(struct shelf *, struct ledger *,
    const uint8_t snapshot[static 32], struct dci_failure *f) MUST_CHECK;

/* The end of the batch: whether what was put is there for good. */
void shelf_settle(struct shelf *, bool committed);

#endif
