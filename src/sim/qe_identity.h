/* SPDX-License-Identifier: BSD-3-Clause */
/* Identity of the simulated Quoting Enclave: version 2, id QE (spec dcap
 * 3.2). */
#ifndef SIM_QE_IDENTITY_H
#define SIM_QE_IDENTITY_H

#include "base/bytes.h"
#include "sim/pki.h"

/* Appends the complete signed document.  It describes the QE of
 * sim_spec_default(), whatever QE the spec has. */
bool qe_identity_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *) MUST_CHECK;

#endif
