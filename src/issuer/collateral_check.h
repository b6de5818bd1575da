/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether collateral is worth taking into use, before it is. */
#ifndef ISSUER_COLLATERAL_CHECK_H
#define ISSUER_COLLATERAL_CHECK_H

#include "base/bytes.h"
#include "dci/verify.h"

/*
 * Verifies what collateral_text_load() wrote, dates apart, in a process of its
 * own that is locked in like an appraiser: the parent parses nothing that
 * comes from elsewhere.  Returns 0, or -1 with *f for the first set that is of
 * no use.
 */
int collateral_check_apart(struct bytes text, const struct dci_anchor *,
    struct dci_failure *f) MUST_CHECK;

#endif
