/* SPDX-License-Identifier: BSD-3-Clause */
/* What an appraiser decides, on its way to the worker, the ledger and the
 * signer. */
#ifndef ISSUER_SUBMIT_H
#define ISSUER_SUBMIT_H

#include "base/ecdsa.h"
#include "issuer/appraiser.h"

/* To the worker: the client is admitted. */
void submit_admission(struct appraiser *, const struct client *);
/* To worker and ledger: it is refused, by the failure of its appraisal. */
void submit_refusal(struct appraiser *, const struct client *);

/* To the ledger: the row for a secret or a certificate.  False, with the
 * failure of the appraisal set, if it is too large. */
bool submit_row(struct appraiser *, struct client *, enum ledger_kind,
    struct bytes csr) MUST_CHECK;
/* To the signer, for the row that was sent last. */
void submit_request(
    struct appraiser *, const struct client *, const struct ec_point *key);

#endif
