/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces that TCB info and QE identity have in common. */
#ifndef SIM_DOCUMENT_H
#define SIM_DOCUMENT_H

#include "base/bytes.h"
#include "base/ecdsa.h"
#include "sim/spec.h"

/* "issueDate":"...","nextUpdate":"..." */
void document_dates(struct writer *, const struct sim_validity *);
/* Upper-case hex between quotation marks. */
void document_hex(struct writer *, const uint8_t *, size_t n);
/* "tcbDate":"...","tcbStatus":"..."[,"advisoryIDs":[...]] */
void document_level_end(struct writer *, const char *date, const char *status,
    const char *advisories);

/*
 * {"NAME":INNER,"signature":"HEX"}: the inner object as it stands, signed with
 * raw r || s (spec dcap 3.3).  With broken set, one bit of the signature is
 * wrong.  False when memory is short or the inner text failed.
 */
bool document_sign(struct writer *out, const char *name,
    const struct writer *inner, EVP_PKEY *, bool broken) MUST_CHECK;

#endif
