/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The server side of TLS as Gramine's clients need it: the eight rules of
 * docs/gramine-clients.md.  The client's certificate is asked for and taken
 * whatever it is: TLS proves possession of its key, the appraiser judges it.
 */
#ifndef ISSUER_TLS_H
#define ISSUER_TLS_H

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "dci/code.h"

/* From a certificate chain and its key in PEM.  NULL with *f (tls-identity):
 * unreadable, not belonging together, too large for one TLS record, or of a
 * kind that Gramine's clients do not take (Ed25519). */
SSL_CTX *tls_context_new(struct bytes chain_pem, struct bytes key_pem,
    struct dci_failure *f) MUST_CHECK;

#endif
