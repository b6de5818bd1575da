/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTPS for the simulated service, so that clients can be seen to verify it. */
#ifndef SIM_PCS_TLS_H
#define SIM_PCS_TLS_H

#include <event2/bufferevent.h>
#include <openssl/ssl.h>

#include "base/memory.h"
#include "dci/code.h"

/* A context with a certificate chain and key, in PEM files.  NULL with *f. */
SSL_CTX *pcs_tls_new(
    const char *certificate, const char *key, struct dci_failure *f) MUST_CHECK;

/* For evhttp_set_bevcb(); arg is the SSL_CTX. */
struct bufferevent *pcs_tls_bufferevent(struct event_base *, void *arg);

#endif
