/* SPDX-License-Identifier: BSD-3-Clause */
/* PEM (RFC 7468), strictly: between the blocks there is only white space. */
#ifndef DCAP_PEM_H
#define DCAP_PEM_H

#include "base/bytes.h"

/* The next block, which must carry that label ("CERTIFICATE"); white space
 * before it is skipped.  On success *der is allocated, and not empty.  Fails
 * on anything else.  Watches memory (base/memory.h). */
bool pem_block(
    struct reader *, const char *label, uint8_t **der, size_t *n) MUST_CHECK;

/* Whether nothing is left but white space and at most one NUL, the last. */
bool pem_done(const struct reader *) MUST_CHECK;

#endif
