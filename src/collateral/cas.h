/* SPDX-License-Identifier: BSD-3-Clause */
/* The CAs to believe for https, read before a process locks itself in. */
#ifndef COLLATERAL_CAS_H
#define COLLATERAL_CAS_H

#include "base/memory.h"
#include "dci/code.h"

CLEANUP_TYPE(cleanup_store, X509_STORE, X509_STORE_free)

/*
 * A store with the certificates of a PEM text; any of them may end a chain, so
 * that it may be a server's own.  NULL with *f (source-cas): no certificate,
 * or anything but certificates that can be read.
 */
X509_STORE *cas_from_pem(const char *pem, struct dci_failure *f) MUST_CHECK;

/* The same with the system's: those of the file that libcurl was built for,
 * /etc/ssl/certs/ca-certificates.crt on Debian. */
X509_STORE *cas_of_system(struct dci_failure *f) MUST_CHECK;

#endif
