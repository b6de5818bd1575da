/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends answers, also in the ways in which networks and servers fail: late, in
 * drops, cut off, without end, not at all. */
#ifndef SIM_PCS_SEND_H
#define SIM_PCS_SEND_H

#include <event2/event.h>
#include <event2/http.h>

#include "sim/pcs_fault.h"

struct pcs_sender;

/* NULL when memory is short. */
struct pcs_sender *pcs_sender_new(struct event_base *) MUST_CHECK;
/* Before evhttp_free(): lets go of what is not sent yet.  NULL is fine. */
void pcs_sender_free(struct pcs_sender *);

/* Answers a request that has its headers; the body is copied. */
void pcs_send(struct pcs_sender *, struct evhttp_request *, int status,
    struct bytes body, const struct pcs_effects *);

#endif
