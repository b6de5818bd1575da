/* SPDX-License-Identifier: BSD-3-Clause */
/* The two CRLs (spec dcap 3.5): version 2 with crlNumber and authority key
 * identifier, in DER. */
#ifndef SIM_CRL_H
#define SIM_CRL_H

#include "base/bytes.h"
#include "sim/pki.h"

/* Appends the CRL of the root: PCK CA and TCB signer, where the spec revokes
 * them. */
bool root_crl_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *) MUST_CHECK;
/* Appends the CRL of the PCK CA: a few platforms that nobody has, and the
 * PCK leaf where the spec revokes it. */
bool pck_crl_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *) MUST_CHECK;

#endif
