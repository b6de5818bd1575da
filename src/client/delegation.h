/* SPDX-License-Identifier: BSD-3-Clause */
/* What the issuer sent, before anybody relies on it. */
#ifndef CLIENT_DELEGATION_H
#define CLIENT_DELEGATION_H

#include "client/client.h"
#include "client/exchange.h"

/*
 * Checks that the leaf certifies that key, and that it chains through the CA
 * certificates to the last of them, which is self-signed, everything being
 * valid at now.  Then fills in certificate, chain and the texts of *result.
 * Returns 0, or -1 with *f (issued-malformed, issued-other-key,
 * issued-chain-invalid).
 */
int delegation_take(struct client_result *, const struct exchange_answer *,
    EVP_PKEY *key, int64_t now, struct dci_failure *f) MUST_CHECK;

/* Keys, certificates and chains in PEM, as struct client_result has them. */
struct delegation_pem {
	struct bytes key, certificate, chain;
};

/* The same for a delegation that was kept; fills in the whole result, which is
 * to be released in any case. */
int delegation_read(struct client_result *, const struct delegation_pem *,
    int64_t now, struct dci_failure *f) MUST_CHECK;

#endif
