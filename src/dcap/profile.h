/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What Intel's certificates must look like, each in its role (spec: sections
 * 2, 3.4 and 14; RFC 5280 4.2).  Common to all: ecdsa-with-SHA256, a P-256
 * key, authority and subject key identifier, CRL distribution points, key
 * usage, basic constraints, and no critical extension that is unknown here.
 */
#ifndef DCAP_PROFILE_H
#define DCAP_PROFILE_H

#include "dcap/cert.h"

enum role { ROLE_PCK, ROLE_TCB_SIGNER, ROLE_INTERMEDIATE, ROLE_ROOT };

const char *role_name(enum role); /* "root CA", ... */
bool role_is_ca(enum role);

/* cas_below: how many CA certificates stand between this one and the end of
 * its chain, for the path length.  Returns 0, or -1 with *f, whose code is
 * certificate-malformed; callers say where. */
int profile_check(const struct cert *, enum role, unsigned cas_below,
    struct dci_failure *f) MUST_CHECK;

/* Whether an intermediate is the Platform CA (else the Processor CA), by its
 * common name.  False if it is neither. */
bool profile_platform_ca(const struct cert *, bool *platform) MUST_CHECK;

#endif
