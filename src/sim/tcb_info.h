/* SPDX-License-Identifier: BSD-3-Clause */
/* TCB info, version 3, id SGX (spec dcap 3.1). */
#ifndef SIM_TCB_INFO_H
#define SIM_TCB_INFO_H

#include "base/bytes.h"
#include "sim/pki.h"

/* Appends the complete signed document. */
bool tcb_info_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *) MUST_CHECK;

#endif
