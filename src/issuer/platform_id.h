/* SPDX-License-Identifier: BSD-3-Clause */
/* Which collateral a quote needs: comparing and naming that. */
#ifndef ISSUER_PLATFORM_ID_H
#define ISSUER_PLATFORM_ID_H

#include "base/log.h"
#include "dci/verify.h"

bool platform_id_same(
    const struct dci_platform_id *, const struct dci_platform_id *);

#define PLATFORM_ID_TEXT 64
/* "FMSPC 00906ED50000 (SGX), platform CA", for messages. */
void platform_id_text(
    char out[static PLATFORM_ID_TEXT], const struct dci_platform_id *);
/* The same as fields tee, fmspc and ca. */
void platform_id_log(struct log_line *, const struct dci_platform_id *);

#endif
