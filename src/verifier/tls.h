/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTPS whose certificate is evidence: a client that cares can attest the
 * verifier itself, from the handshake alone (RA-TLS). */
#ifndef VERIFIER_TLS_H
#define VERIFIER_TLS_H

#include <openssl/ssl.h>

#include "ratls/source.h"

/* A fresh key, and a certificate with a quote over it.  NULL with *f. */
SSL_CTX *verifier_tls(
    const struct quote_source *, struct dci_failure *f) MUST_CHECK;

CLEANUP_TYPE(cleanup_ssl_ctx, SSL_CTX, SSL_CTX_free)

#endif
