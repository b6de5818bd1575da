/* SPDX-License-Identifier: BSD-3-Clause */
/* The SGX extension of a PCK certificate, OID 1.2.840.113741.1.13.1 (Intel
 * SGX PCK Certificate and CRL Profile, 1.3.5; spec: section 2). */
#ifndef DCAP_PCK_H
#define DCAP_PCK_H

#include "dcap/cert.h"

struct pck {
	uint8_t ppid[16];
	uint8_t components[16]; /* SVNs of the TCB components */
	uint16_t pce_svn;
	uint8_t cpusvn[16];
	uint8_t pce_id[2];
	uint8_t fmspc[6];
	uint8_t sgx_type;
	bool platform; /* the entries of a Platform CA's certificate */
	uint8_t instance_id[16];
	bool dynamic_platform, cached_keys, smt_enabled;
};

/* Every entry exactly once, of its exact type and range; those of a Platform
 * CA if and only if platform.  Returns 0, or -1 with *f
 * (pck-extension-malformed). */
int pck_parse(struct pck *, const struct cert *, bool platform,
    struct dci_failure *f) MUST_CHECK;

#endif
