/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>

#include "verifier/connections.h"

/* More than evhttp ever leaves in it while it listens. */
#define INPUT_MAX (2u * LIMIT_HTTP_BODY)

struct connection {
	TAILQ_ENTRY(connection) entry;
	struct bufferevent *bev; /* with a reference of ours */
	int fd;                  /* -1: not known yet */
	int64_t deadline;        /* 0: not set yet */
	struct bucket_key key;
};

#define DESCRIPTORS (LIMIT_HTTP_CONNECTIONS + 256) /* others are open too */
#define TALLIES     8192u /* a power of two, more than connections */

struct tally {
	struct bucket_key key;
	unsigned n;
};

struct connections {
	TAILQ_HEAD(, connection) list, fresh; /* fresh: no fd yet */
	size_t n;
	int64_t now;
	unsigned seconds, per_address;
	struct evconnlistener *listener;
	bool full;
	SSL_CTX *tls;
	/* By descriptor. */
	struct connection *by_fd[DESCRIPTORS];
	struct tally tally[TALLIES]; /* of one sweep */
};

_Static_assert(TALLIES > DESCRIPTORS, "the tally has room for everybody");

struct connections *
connections_new(const struct verifier_config *config,
    struct evconnlistener *listener, SSL_CTX *tls)
{
	struct connections *cs = calloc(1, sizeof(*cs));

	if (cs == NULL)
		return NULL;
	TAILQ_INIT(&cs->list);
	TAILQ_INIT(&cs->fresh);
	cs->seconds = config->seconds;
	cs->per_address = config->connections_per_address;
	cs->listener = listener;
	cs->tls = tls;
	return cs;
}

static void
release(struct connections *cs, struct connection *c)
{
	if (c->fd >= 0)
		cs->by_fd[c->fd] = NULL;
	bufferevent_decref(c->bev);
	free(c);
	cs->n--;
}

void
connections_free(struct connections *cs)
{
	struct connection *c;

	if (cs == NULL)
		return;
	TAILQ_CONCAT(&cs->list, &cs->fresh, entry);
	while ((c = TAILQ_FIRST(&cs->list)) != NULL) {
		TAILQ_REMOVE(&cs->list, c, entry);
		release(cs, c);
	}
	free(cs);
}

static struct bufferevent *
new_bufferevent(struct event_base *base, SSL_CTX *tls)
{
	SSL *ssl;

	if (tls == NULL)
		return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if ((ssl = SSL_new(tls)) == NULL)
		return NULL;
	struct bufferevent *bev = bufferevent_openssl_socket_new(
	    base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		SSL_free(ssl);
	else
		/* Clients of HTTP just close. */
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return bev;
}

struct bufferevent *
connections_bufferevent(struct event_base *base, void *arg)
{
	struct connections *cs = arg;
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->bev = new_bufferevent(base, cs->tls)) == NULL) {
		free(c);
		return NULL;
	}
	c->fd = -1;
	bufferevent_incref(c->bev);
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX);
	TAILQ_INSERT_TAIL(&cs->fresh, c, entry);
	if (++cs->n >= LIMIT_HTTP_CONNECTIONS && !cs->full) {
		cs->full = true;
		evconnlistener_disable(cs->listener);
	}
	return c->bev;
}

/* evhttp gives a bufferevent its descriptor after having asked for it. */
static void
register_fresh(struct connections *cs)
{
	static const int one = 1;
	struct sockaddr_storage peer;
	struct connection *c;

	while ((c = TAILQ_FIRST(&cs->fresh)) != NULL) {
		socklen_t n = sizeof(peer);

		TAILQ_REMOVE(&cs->fresh, c, entry);
		TAILQ_INSERT_TAIL(&cs->list, c, entry);
		c->deadline = cs->now + cs->seconds;
		c->fd = bufferevent_getfd(c->bev);
		if (c->fd < 0 || (size_t)c->fd >= DESCRIPTORS) {
			c->fd = -1;
			continue;
		}
		cs->by_fd[c->fd] = c;
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (getpeername(c->fd, (struct sockaddr *)&peer, &n) == 0)
			c->key = bucket_key_of((struct sockaddr *)&peer);
	}
}

struct bucket_key
connections_request(
    struct connections *cs, struct bufferevent *bev, int64_t now)
{
	int fd = bufferevent_getfd(bev);

	cs->now = now;
	register_fresh(cs);
	if (fd < 0 || (size_t)fd >= DESCRIPTORS || cs->by_fd[fd] == NULL)
		return (struct bucket_key){0, 0};
	cs->by_fd[fd]->deadline = now + cs->seconds;
	return cs->by_fd[fd]->key;
}

/* Whether evhttp has freed it: it never is without an event callback. */
static bool
abandoned(const struct connection *c)
{
	bufferevent_event_cb on_event = NULL;

	bufferevent_getcb(c->bev, NULL, NULL, &on_event, NULL);
	return on_event == NULL;
}

/* evhttp sees the end of the stream and closes. */
static void
end(struct connection *c)
{
	if (c->fd >= 0)
		shutdown(c->fd, SHUT_RDWR);
}

static size_t
tally_home(const struct bucket_key *key)
{
	uint64_t h =
	    (key->address + key->family) * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 32) & (TALLIES - 1);
}

/* How many of that address were counted before, this one not included. */
static unsigned
tally_add(struct tally *tally, const struct bucket_key *key)
{
	size_t at = tally_home(key);

	while (tally[at].n > 0 && (tally[at].key.address != key->address ||
				      tally[at].key.family != key->family))
		at = (at + 1) & (TALLIES - 1);
	tally[at].key = *key;
	return tally[at].n++;
}

/* The oldest connections of an address stay. */
static void
end_surplus(struct connections *cs)
{
	struct connection *c;

	if (cs->n <= cs->per_address)
		return;
	memset(cs->tally, 0, sizeof(cs->tally));
	TAILQ_FOREACH (c, &cs->list, entry) {
		if (tally_add(cs->tally, &c->key) >= cs->per_address)
			end(c);
	}
}

void
connections_sweep(struct connections *cs, int64_t now)
{
	struct connection *c, *next;

	cs->now = now;
	register_fresh(cs);
	for (c = TAILQ_FIRST(&cs->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (abandoned(c)) {
			TAILQ_REMOVE(&cs->list, c, entry);
			release(cs, c);
		} else if (now >= c->deadline) {
			end(c);
		}
	}
	end_surplus(cs);
	if (cs->full && cs->n < LIMIT_HTTP_CONNECTIONS) {
		cs->full = false;
		evconnlistener_enable(cs->listener);
	}
}

bool
connections_busy(const struct connections *cs)
{
	const struct connection *c;

	TAILQ_FOREACH (c, &cs->list, entry) {
		if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0)
			return true;
	}
	return false;
}
