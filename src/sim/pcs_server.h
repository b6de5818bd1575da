/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated provisioning certification service: a simulated platform's
 * documents over HTTP, one event loop, one line in the log for each request.
 */
#ifndef SIM_PCS_SERVER_H
#define SIM_PCS_SERVER_H

#include <event2/event.h>

#include "sim/pcs_options.h"
#include "sim/platform.h"

struct pcs_server;

/* Binds and listens.  Options and platform are borrowed.  NULL with *f. */
struct pcs_server *pcs_server_new(struct event_base *,
    const struct pcs_options *, const struct sim_platform *,
    struct dci_failure *f) MUST_CHECK;
void pcs_server_free(struct pcs_server *); /* NULL is fine */
/* The port it listens on, also where the options have 0. */
unsigned pcs_server_port(const struct pcs_server *);

#endif
