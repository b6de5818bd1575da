/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral as one JSON object with the field names of
 * sgx_ql_qve_collateral_t, all of them strings.
 */
#ifndef COLLATERAL_BUNDLE_H
#define COLLATERAL_BUNDLE_H

#include "collateral/load.h"

/*
 * Reads a bundle; name is for messages.  Members that are absent, or null,
 * are missing documents; version, tee_type and unknown members are ignored.
 * TCB info and QE identity may also be split into the inner object and
 * tcb_info_signature, qe_identity_signature in hex, as dcap-qvl has them.
 * CRLs stay in the form in which they come.  Fails with
 * collateral-malformed or file-too-large.  *out is filled in only on
 * success.
 */
int bundle_read(struct collateral_files *out, const char *name,
    const char *text, size_t n, struct dci_failure *f) MUST_CHECK;

/*
 * Writes a bundle, allocated, with a NUL after its *n bytes: complete signed
 * documents, CRLs in hex of DER, missing documents left out.  Fails with
 * collateral-malformed where a text is not UTF-8 or a CRL is not DER.
 */
int collateral_write_bundle(const struct dci_collateral *, char **text,
    size_t *n, struct dci_failure *f) MUST_CHECK;

#endif
