/* SPDX-License-Identifier: BSD-3-Clause */
/* Identities of the simulated Quoting Enclaves: version 2, id QE or TD_QE
 * (spec dcap 3.2). */
#ifndef SIM_QE_IDENTITY_H
#define SIM_QE_IDENTITY_H

#include "base/bytes.h"
#include "dci/quote.h"
#include "sim/pki.h"

/* Appends the complete signed document.  It describes the QE of
 * sim_spec_default(), whatever QE the spec has; TD QEs have the same SVNs. */
bool qe_identity_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *, enum dci_tee) MUST_CHECK;

#endif
