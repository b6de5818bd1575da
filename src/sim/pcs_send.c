/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "sim/pcs_send.h"

#define LONG_HEADERS      64
#define LONG_HEADER_SIZE  16384
#define BLANKS            65536
#define BLANKS_QUEUED_MAX (4 * BLANKS)
#define BLANKS_MS         5

/* An answer that takes time.  The request stays ours until its reply has
 * ended; once the client is gone it has no connection. */
struct pending {
	TAILQ_ENTRY(pending) entry;
	struct pcs_sender *sender;
	struct evhttp_request *http;
	struct event *timer;
	struct evbuffer *body; /* what is left of it */
	int status;
	struct pcs_effects effects;
	bool begun; /* status and headers are sent */
};

struct pcs_sender {
	struct event_base *base;
	TAILQ_HEAD(, pending) list;
};

struct pcs_sender *
pcs_sender_new(struct event_base *base)
{
	struct pcs_sender *s = calloc(1, sizeof(*s));

	if (s != NULL) {
		s->base = base;
		TAILQ_INIT(&s->list);
	}
	return s;
}

static void
pending_free(struct pending *p)
{
	TAILQ_REMOVE(&p->sender->list, p, entry);
	if (p->timer != NULL)
		event_free(p->timer);
	if (p->body != NULL)
		evbuffer_free(p->body);
	free(p);
}

static bool
client_gone(const struct pending *p)
{
	return evhttp_request_get_connection(p->http) == NULL;
}

void
pcs_sender_free(struct pcs_sender *s)
{
	struct pending *p;

	if (s == NULL)
		return;
	while ((p = TAILQ_FIRST(&s->list)) != NULL) {
		/* Of those with a connection evhttp_free() takes care. */
		if (client_gone(p))
			evhttp_send_reply_end(p->http);
		pending_free(p);
	}
	free(s);
}

static void
wait_for(struct pending *p, unsigned milliseconds)
{
	struct timeval time = {.tv_sec = milliseconds / 1000,
	    .tv_usec = (suseconds_t)(milliseconds % 1000) * 1000};

	evtimer_add(p->timer, &time);
}

static void
add_header(struct evhttp_request *http, const char *name, const char *value)
{
	evhttp_add_header(evhttp_request_get_output_headers(http), name, value);
}

static void
add_long_headers(struct evhttp_request *http)
{
	char name[32], value[LONG_HEADER_SIZE + 1];

	memset(value, 'x', LONG_HEADER_SIZE);
	value[LONG_HEADER_SIZE] = '\0';
	for (unsigned i = 0; i < LONG_HEADERS; i++) {
		snprintf(name, sizeof(name), "Padding-%u", i);
		add_header(http, name, value);
	}
}

static void
announce_length(struct pending *p)
{
	char length[32];

	snprintf(length, sizeof(length), "%zu", evbuffer_get_length(p->body));
	add_header(p->http, "Content-Length", length);
}

static void
begin(struct pending *p)
{
	evhttp_send_reply_start(p->http, p->status, NULL);
	p->begun = true;
}

static void
end(struct pending *p)
{
	evhttp_send_reply_end(p->http);
	pending_free(p);
}

/* A byte, and again after a while. */
static void
send_drop(struct pending *p)
{
	struct evbuffer *drop = evbuffer_new();

	if (!p->begun) {
		announce_length(p);
		begin(p);
	}
	if (drop == NULL || evbuffer_get_length(p->body) == 0) {
		end(p);
	} else {
		evbuffer_remove_buffer(p->body, drop, 1);
		evhttp_send_reply_chunk(p->http, drop);
		wait_for(p, p->effects.drip);
	}
	if (drop != NULL)
		evbuffer_free(drop);
}

/* As much as the client takes, without end. */
static void
send_blanks(struct pending *p)
{
	static char blanks[BLANKS];
	struct bufferevent *bev = evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(p->http));

	if (!p->begun) {
		begin(p);
		evhttp_send_reply_chunk(p->http, p->body);
	}
	if (evbuffer_get_length(bufferevent_get_output(bev)) <
	    BLANKS_QUEUED_MAX) {
		memset(blanks, ' ', sizeof(blanks));
		evbuffer_add(p->body, blanks, sizeof(blanks));
		evhttp_send_reply_chunk(p->http, p->body);
	}
	wait_for(p, BLANKS_MS);
}

static void
send_half(struct pending *p)
{
	struct evbuffer *half = evbuffer_new();

	announce_length(p);
	add_header(p->http, "Connection", "close");
	if (half != NULL) {
		evbuffer_remove_buffer(
		    p->body, half, evbuffer_get_length(p->body) / 2);
		evhttp_send_reply(p->http, p->status, NULL, half);
		evbuffer_free(half);
	}
	pending_free(p);
}

static void
send_all(struct pending *p)
{
	evhttp_send_reply(p->http, p->status, NULL, p->body);
	pending_free(p);
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct pending *p = arg;

	(void)fd;
	(void)what;
	if (client_gone(p)) {
		end(p);
	} else if (p->effects.close) {
		evhttp_connection_free(evhttp_request_get_connection(p->http));
		pending_free(p);
	} else if (p->effects.endless) {
		send_blanks(p);
	} else if (p->effects.truncated) {
		send_half(p);
	} else if (p->effects.drip > 0) {
		send_drop(p);
	} else {
		send_all(p);
	}
}

void
pcs_send(struct pcs_sender *s, struct evhttp_request *http, int status,
    struct bytes body, const struct pcs_effects *effects)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		evhttp_send_error(http, HTTP_INTERNAL, NULL);
		return;
	}
	p->sender = s;
	p->http = http;
	p->status = status;
	p->effects = *effects;
	TAILQ_INSERT_TAIL(&s->list, p, entry);
	p->body = evbuffer_new();
	p->timer = evtimer_new(s->base, on_time, p);
	if (p->body == NULL || p->timer == NULL ||
	    evbuffer_add(p->body, body.p, body.n) != 0) {
		evhttp_send_error(http, HTTP_INTERNAL, NULL);
		pending_free(p);
		return;
	}
	if (effects->long_headers)
		add_long_headers(http);
	/* Even at once not from within evhttp, which must not lose the
	 * connection there. */
	wait_for(p, effects->delay * 1000);
}
