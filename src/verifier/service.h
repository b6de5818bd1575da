/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Proxy Verifier's HTTP service: routes, and what they need.  One event
 * loop does everything but the enrolment.
 */
#ifndef VERIFIER_SERVICE_H
#define VERIFIER_SERVICE_H

#include <openssl/ssl.h>

#include "ratls/source.h"
#include "verifier/config.h"
#include "verifier/delegate.h"

struct service;

/* What the service is made of, all of which has to stay. */
struct service_parts {
	struct event_base *base;
	const struct verifier_config *config;
	const struct dci_anchor *anchor;
	SSL_CTX *tls; /* or NULL */
	struct delegate *delegate;
};

/* Reads the collateral, listens.  NULL with *f. */
struct service *service_new(
    const struct service_parts *, struct dci_failure *f) MUST_CHECK;
void service_free(struct service *);

/* The port it listens on. */
unsigned service_port(const struct service *);

/* Once a second. */
void service_tick(struct service *);
/* Reads the collateral again; keeps the old one if it cannot be read. */
void service_reload(struct service *);
/* Fetches all collateral anew, if there is a source. */
void service_refresh(struct service *);
/* Takes no more connections; ends the loop when what was answered is sent. */
void service_stop(struct service *);

#endif
