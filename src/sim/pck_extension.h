/* SPDX-License-Identifier: BSD-3-Clause */
/* The SGX extension of PCK certificates, 1.2.840.113741.1.13.1 (spec dcap,
 * section 2). */
#ifndef SIM_PCK_EXTENSION_H
#define SIM_PCK_EXTENSION_H

#include <openssl/x509.h>

#include "base/memory.h"
#include "sim/spec.h"

/* Adds the extension to a certificate that has its public key already: PPID
 * and platform instance id derive from that key. */
bool pck_extension_add(X509 *, const struct sim_spec *) MUST_CHECK;

#endif
