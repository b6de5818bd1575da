/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parent: starts the other processes, gives each what it needs and nothing
 * else, restarts what ends, reloads, stops in order.
 */
#ifndef ISSUER_PARENT_H
#define ISSUER_PARENT_H

#include "issuer/config.h"
#include "issuer/state.h"

/* Logs what a configuration has to say for itself. */
void config_log_notes(const struct issuer_config *);

/* Runs the issuer until SIGTERM or SIGINT.  Returns the exit code. */
int parent_run(struct issuer_config *, const struct state *, int listener,
    const struct issuer_address *);

#endif
