/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Policy and collateral on their way to the children: to those who write down
 * and sign first, and when they have them, to the appraisers.
 */
#ifndef ISSUER_SUPPLY_H
#define ISSUER_SUPPLY_H

#include "issuer/processes.h"

/* Loads the configuration's collateral into w, which is made anew.  Returns 0,
 * or -1 with *f. */
int supply_load(struct writer *w, const struct issuer_config *,
    struct dci_failure *f) MUST_CHECK;

/*
 * Seals what the configuration, p->local and the publication have by now, and
 * passes it on: the policy, too, if all may have changed.
 */
void supply_change(struct parent *, enum change);

/* All children are starting with the newest. */
void supply_settle(struct parent *);

/* The ledger or the signer has dealt with what it was sent. */
void supply_done(struct parent *);
/* An appraiser uses so many more of what it was sent.  False if it was sent
 * less. */
bool supply_loaded(struct process *, unsigned files) MUST_CHECK;

#endif
