/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated provisioning certification service: a simulated platform's
 * documents over HTTP, one event loop, one line in the log for each request.
 */
#ifndef SIM_PCS_SERVER_H
#define SIM_PCS_SERVER_H

#include <event2/event.h>
#include <sys/socket.h>

#include "sim/platform.h"

#define PCS_FMSPCS 64

struct pcs_config {
	const char *dir;
	const char *listen_text;
	struct sockaddr_storage listen;
	int listen_size;
	bool pccs;      /* the dialect of a caching service */
	int64_t window; /* seconds from issueDate to nextUpdate */
	uint8_t fmspc[PCS_FMSPCS][6];
	size_t fmspcs;
};

struct pcs_server;

/* Binds and listens.  platform and config are borrowed.  NULL with *f. */
struct pcs_server *pcs_server_new(struct event_base *,
    const struct pcs_config *, const struct sim_platform *,
    struct dci_failure *f) MUST_CHECK;
void pcs_server_free(struct pcs_server *); /* NULL is fine */
/* The port it listens on, also where the configuration has 0. */
unsigned pcs_server_port(const struct pcs_server *);

#endif
