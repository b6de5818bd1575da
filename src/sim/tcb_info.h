/* SPDX-License-Identifier: BSD-3-Clause */
/* TCB info, version 3, id SGX or TDX (spec dcap 3.1). */
#ifndef SIM_TCB_INFO_H
#define SIM_TCB_INFO_H

#include "base/bytes.h"
#include "dci/quote.h"
#include "sim/pki.h"

/* Appends the complete signed document. */
bool tcb_info_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *, enum dci_tee) MUST_CHECK;

#endif
