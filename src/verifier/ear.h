/* SPDX-License-Identifier: BSD-3-Clause */
/* A result as an Entity Attestation Result (draft-ietf-rats-ear), in a JWS
 * (RFC 7515, compact serialisation). */
#ifndef VERIFIER_EAR_H
#define VERIFIER_EAR_H

#include "verifier/report.h"
#include "verifier/sign.h"

/* Whether a nonce (NULL: none) may stand in an EAR: 8 to 64 bytes.  Returns
 * 0, or -1 with *f (nonce-unacceptable). */
int ear_nonce(const char *nonce, struct dci_failure *f) MUST_CHECK;

/* Appends the JWS.  outdated: a TCB out of date is only worth a warning.
 * Returns 0, or -1 with *f (result-unsigned). */
int ear_write(struct writer *, const struct report *, const struct delegation *,
    bool outdated, struct dci_failure *f) MUST_CHECK;

#endif
