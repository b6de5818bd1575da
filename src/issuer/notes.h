/* SPDX-License-Identifier: BSD-3-Clause */
/* What a configuration makes worth saying in the log. */
#ifndef ISSUER_NOTES_H
#define ISSUER_NOTES_H

#include "issuer/config.h"

/* About the policy, and about a lack of collateral.  environment_ignored: the
 * file has enclave sections, so that RA_TLS_* were not looked at. */
void issuer_note_policy(struct issuer_config *, bool environment_ignored);

/* That the TLS key is no secret. */
void issuer_note_key(struct issuer_config *);

/* That the configuration of Intel's QCNL says where collateral is fetched. */
void issuer_note_qcnl(struct issuer_config *);

/* About settings that a reload cannot change. */
void issuer_note_changes(
    struct issuer_config *, const struct issuer_config *old);

#endif
