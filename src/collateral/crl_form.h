/* SPDX-License-Identifier: BSD-3-Clause */
/* The forms in which CRLs come: DER, PEM, hex of DER, base64 of DER (spec
 * dcap, section 8: Intel's services use three of them). */
#ifndef COLLATERAL_CRL_FORM_H
#define COLLATERAL_CRL_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/*
 * Replaces an allocated CRL by its DER, allocated with a NUL after it, where
 * its form is recognised: exactly one PEM block "X509 CRL", or hex digits, or
 * strict base64, of something that begins like DER; blanks and a final NUL
 * around them are allowed.  Leaves everything else untouched.  *data may be
 * NULL.  False, with nothing changed, when memory is short.
 */
bool crl_to_der(uint8_t **data, size_t *n) MUST_CHECK;

#endif
