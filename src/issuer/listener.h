/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket that clients connect to. */
#ifndef ISSUER_LISTENER_H
#define ISSUER_LISTENER_H

#include "issuer/config.h"

/* Binds and listens; takes the fallback address where the system has no IPv6.
 * Returns the descriptor, or -1 with *f; *address says what it is bound to. */
int listener_open(const struct issuer_config *, struct issuer_address *address,
    struct dci_failure *f) MUST_CHECK;

/* The port that it got; 0 if that cannot be found out. */
unsigned listener_port(int listener);

#endif
