/* SPDX-License-Identifier: BSD-3-Clause */
/* One request and its answer, and what of the service it uses. */
#ifndef VERIFIER_HANDLE_H
#define VERIFIER_HANDLE_H

#include <event2/http.h>

#include "verifier/answer.h"
#include "verifier/collateral.h"
#include "verifier/connections.h"
#include "verifier/fetched.h"
#include "verifier/query.h"
#include "verifier/service.h"

struct waiting;

/* The numbers of requests are made many at a time: a call of RAND_bytes() costs
 * the same for 16 bytes as for these, and system calls. */
#define NUMBER_SIZE     (REQUEST_ID_SIZE / 2)
#define NUMBERS_AT_ONCE 64

struct service {
	struct service_parts with;
	struct collateral *collateral;
	struct fetched *fetched; /* NULL: the network is not asked */
	struct waiting *waiting;
	struct evconnlistener *listener;
	struct evhttp *http;
	struct connections *connections;
	struct buckets *buckets; /* NULL: no bound */
	struct event *stop;
	unsigned stop_rounds;
	unsigned refusals, refusals_dropped; /* in this second */
	uint8_t numbers[NUMBERS_AT_ONCE][NUMBER_SIZE];
	unsigned numbers_left;
	struct dci_appraisal appraisal; /* of the request at hand */
};

/* One request on its way. */
struct exchange {
	struct service *service;
	struct evhttp_request *req;
	struct query query;
	const struct delegation *delegation;
	struct bucket_key address;
	uint8_t number[NUMBER_SIZE];
	char id[REQUEST_ID_SIZE]; /* the number in hex */
	int64_t now;
	bool verified; /* the service's appraisal belongs to it */
	bool waited;   /* for collateral */
};

/* For evhttp_set_gencb(); arg is the struct service.  Answers at once, with
 * nothing left to do, unless the request has to wait for collateral. */
void handle_request(struct evhttp_request *, void *arg);

/* For waiting_new(). */
struct request;
void handle_waited(
    struct exchange *, struct request *, const struct dci_failure *why);

#endif
