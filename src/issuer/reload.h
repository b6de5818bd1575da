/* SPDX-License-Identifier: BSD-3-Clause */
/* Policy and collateral as children get them, at the start and on SIGHUP. */
#ifndef ISSUER_RELOAD_H
#define ISSUER_RELOAD_H

#include "issuer/processes.h"

/* Loads and seals what the configuration names.  Returns 0, or -1 with *f. */
int reload_start(struct parent *, struct dci_failure *f) MUST_CHECK;

/* Reads the configuration again and passes it on.  Where anything is wrong
 * everything stays as it was, and the log says why. */
void reload_again(struct parent *);

/* A running child has dealt with what it was sent. */
void reload_done(struct parent *);

#endif
