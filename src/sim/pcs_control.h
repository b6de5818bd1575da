/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tests change while the service runs: /sim/faults (the switches, blanks
 * between them) and /sim/time (a time, or "+" and a period).  GET says what
 * is, POST replaces it; from loopback addresses only.
 */
#ifndef SIM_PCS_CONTROL_H
#define SIM_PCS_CONTROL_H

#include <event2/http.h>

#include "sim/pcs_fault.h"

struct pcs_state {
	struct pcs_faults faults;
	int64_t offset; /* of the simulated clock from the real one, seconds */
};

int64_t pcs_state_now(const struct pcs_state *);
void pcs_state_set_time(struct pcs_state *, int64_t now);

/* Whether somebody with that address (numbers as text) may. */
bool pcs_control_allows(const char *address);
/* Whether that path is one of these. */
bool pcs_control_path(const char *path);
/* Does what such a request asks for.  Returns the HTTP status, with the new
 * state or, after a refusal, which changes nothing, its reason in *body. */
int pcs_control(struct pcs_state *, struct evhttp_request *,
    struct writer *body) MUST_CHECK;

#endif
