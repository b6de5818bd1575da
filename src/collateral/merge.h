/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which of two versions of a document stays.  Pure: what is known of them and
 * the time in, the decision and why out.
 *
 * TCB info and QE identity are ordered by tcbEvaluationDataNumber, then by
 * issueDate; CRLs by their number, then by thisUpdate.  A version that is not
 * newer is never taken, not even when the one in use has expired: whoever can
 * hold back documents must not gain by it.
 */
#ifndef COLLATERAL_MERGE_H
#define COLLATERAL_MERGE_H

#include "base/memory.h"
#include "collateral/fetch.h"

/* A clock may be so many seconds behind the one of the issuer of a document. */
#define MERGE_CLOCK_SLACK 300

enum merge {
	MERGE_TAKE,   /* it replaces what is there */
	MERGE_SAME,   /* it is what is there */
	MERGE_WAIT,   /* it will be taken, once it is valid: within the slack */
	MERGE_REFUSE, /* *why says why */
};

/*
 * old: what is in use, or NULL.  Both are described without a failure.
 * Refuses with collateral-rollback (older), collateral-not-yet-valid (by more
 * than the slack) or collateral-expired (and what is in use is not).  The same
 * document is taken where its issuer chain ends later.
 */
enum merge merge_decide(enum fetch_item, const struct dci_described *old,
    const struct dci_described *new, int64_t now, struct dci_failure *why);

#endif
