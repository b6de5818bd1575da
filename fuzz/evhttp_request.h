/* SPDX-License-Identifier: BSD-3-Clause */
/* A request as evhttp reads it from the network, by libevent's own parsers. */
#ifndef FUZZ_EVHTTP_REQUEST_H
#define FUZZ_EVHTTP_REQUEST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>

#include "base/memory.h"

enum message_read_status { DATA_CORRUPTED = -1, ALL_DATA_READ = 1 };
enum message_read_status evhttp_parse_firstline_(
    struct evhttp_request *, struct evbuffer *);
enum message_read_status evhttp_parse_headers_(
    struct evhttp_request *, struct evbuffer *);

CLEANUP_TYPE(cleanup_buffer, struct evbuffer, evbuffer_free)
CLEANUP_TYPE(cleanup_request, struct evhttp_request, evhttp_request_free)

/* The request that begins with this head, to free; NULL: it is none. */
static inline struct evhttp_request *
request_read(const char *head)
{
	struct evhttp_request *req CLEANUP(cleanup_request) =
	    evhttp_request_new(NULL, NULL);
	struct evbuffer *b CLEANUP(cleanup_buffer) = evbuffer_new();

	if (req == NULL || b == NULL ||
	    evbuffer_add(b, head, strlen(head)) != 0)
		abort();
	req->kind = EVHTTP_REQUEST;
	if (evhttp_parse_firstline_(req, b) != ALL_DATA_READ ||
	    evhttp_parse_headers_(req, b) != ALL_DATA_READ)
		return NULL;
	return TAKE(req);
}

#endif
