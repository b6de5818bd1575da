/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The value of the TCG DICE tagged evidence extension: CBOR
 * 60000([bstr quote, bstr claims]) (CCC Interoperable RA-TLS; 60000 stands for
 * a quote of SGX or TDX).
 */
#ifndef RATLS_DICE_H
#define RATLS_DICE_H

#include "base/bytes.h"
#include "dci/record.h"

#define DICE_TAG_QUOTE 60000u

struct dice {
	struct bytes quote, claims; /* point into the value */
};

/* Reads it and ends exactly.  Appends the check evidence-form when it fails;
 * sizes are the caller's business.  Returns 0, or -1 with *f. */
int dice_parse(struct dice *, struct bytes value, struct dci_checks *,
    struct dci_failure *f) MUST_CHECK;

/* Appends the value. */
void dice_encode(struct writer *, struct bytes quote, struct bytes claims);

#endif
