/* SPDX-License-Identifier: BSD-3-Clause */
/* One request and its answer, and what of the service it uses. */
#ifndef VERIFIER_HANDLE_H
#define VERIFIER_HANDLE_H

#include <event2/http.h>

#include "verifier/collateral.h"
#include "verifier/connections.h"
#include "verifier/service.h"

struct service {
	struct service_parts with;
	struct collateral *collateral;
	struct evconnlistener *listener;
	struct evhttp *http;
	struct connections *connections;
	struct buckets *buckets; /* NULL: no bound */
	struct event *stop;
	unsigned stop_rounds;
	unsigned refusals, refusals_dropped; /* in this second */
	struct dci_appraisal appraisal;      /* of the request at hand */
};

/* For evhttp_set_gencb(); arg is the struct service.  Answers at once, with
 * nothing left to do. */
void handle_request(struct evhttp_request *, void *arg);

/* Of a clock that only goes forward. */
int64_t handle_milliseconds(void);

#endif
