/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What some bytes are, told by their content, and everything that they say.
 * Nothing is verified: neither signatures nor dates nor trust.
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include <stdbool.h>

#include "base/bytes.h"

/*
 * Quotes (SGX and TDX), certificates (RA-TLS, delegation, PCK, any other),
 * certificate requests, revocation lists, TCB info, QE identity, collateral
 * bundles; raw, in DER, in PEM (several blocks too), in hex or in base64.
 * Appends lines of text, or one JSON object and a newline, in printable ASCII
 * only.  Takes any bytes.  Returns 0, or 1 where they are nothing of that
 * kind, which the output says.
 */
int inspect(struct writer *out, struct bytes, bool json) MUST_CHECK;

/* More than inspect() writes for anything; a longer output fails the
 * writer. */
#define INSPECT_OUTPUT_MAX (16u * 1024 * 1024)

#endif
