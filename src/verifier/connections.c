/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "base/log.h"
#include "verifier/connections.h"

/* evhttp waits until a whole body is in it. */
#define INPUT_MAX (LIMIT_HTTP_BODY + LIMIT_HTTP_HEADERS)
/* Bytes from one request's end to the next one's: what lay in the buffer, and
 * a request, with room for the sizes of its chunks. */
#define TAKEN_MAX (INPUT_MAX + LIMIT_HTTP_BODY + LIMIT_HTTP_BODY / 4)
/* Lines of headers and parts of chunks, that is, steps of evhttp's. */
#define STEPS_MAX 4096
/* Memory that a step may take beyond its bytes: names and values of headers
 * have structures; a chunk, which is four steps, may have a buffer of libevent's,
 * 1 KiB, for its one byte. */
#define STEP_HOLDS 256
/* More than a quote needs, with its headers. */
#define HELD_SMALL (32u * 1024)
/* At once, so that others have their turn; nearly all requests fit. */
#define READ_MAX 8192
/* What evbuffer_read() takes, and the rest of the space that it makes for it. */
#define READ_LIBEVENT 4096
#define READ_MORE     4000

#define ACCEPT_MAX          64 /* before others have their turn */
#define RESUME_MILLISECONDS 20
#define OTHER_DESCRIPTORS   64 /* that are open too, or will be */

struct connection {
	TAILQ_ENTRY(connection) entry;
	struct connections *all;
	struct bufferevent *bev; /* with a reference of ours */
	int fd;                  /* -1: not known yet */
	int64_t deadline;        /* 0: not set yet */
	size_t taken;            /* bytes since its last whole request */
	unsigned steps;          /* in which they left its buffer again */
	size_t held;             /* memory that they may take */
	bool ended;
	struct bucket_key key;
};

/* A descriptor is closed a little later than its connection is released. */
#define DESCRIPTORS (2 * LIMIT_HTTP_CONNECTIONS)
#define TALLIES     8192u /* a power of two, more than connections */

struct tally {
	struct bucket_key key;
	unsigned n;
};

struct connections {
	TAILQ_HEAD(, connection) list, fresh; /* fresh: no fd yet */
	size_t n, most, held;
	unsigned surplus; /* ended since a sweep, as too much was held */
	int64_t now;
	unsigned seconds, per_address, accepted; /* since a sweep */
	struct evconnlistener *listener;
	struct event *resume;
	bool stopped;
	SSL_CTX *tls;
	/* By descriptor. */
	struct connection *by_fd[DESCRIPTORS];
	struct tally tally[TALLIES]; /* of one sweep */
};

_Static_assert(
    TALLIES > LIMIT_HTTP_CONNECTIONS, "the tally has room for everybody");

static void sweep(struct connections *);

/* As many as there are descriptors for. */
static size_t
most_connections(void)
{
	struct rlimit limit;
	size_t most = LIMIT_HTTP_CONNECTIONS;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= most + OTHER_DESCRIPTORS)
		return most;
	most = limit.rlim_cur > 2 * OTHER_DESCRIPTORS
		   ? limit.rlim_cur - OTHER_DESCRIPTORS
		   : limit.rlim_cur / 2;
	log_note(LOG_LEVEL_WARN, "start",
	    "with %llu open files at most, only %zu connections are taken",
	    (unsigned long long)limit.rlim_cur, most);
	return most;
}

/* Goes on with accepting, at once or when there may be room again. */
static void
accept_later(struct connections *cs)
{
	struct timeval wait = {
	    .tv_usec = cs->n < cs->most ? 0 : RESUME_MILLISECONDS * 1000};

	evconnlistener_disable(cs->listener);
	if (!cs->stopped)
		evtimer_add(cs->resume, &wait);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct connections *cs = arg;

	(void)fd;
	(void)what;
	sweep(cs);
	if (cs->n < cs->most && !cs->stopped)
		evconnlistener_enable(cs->listener);
	else
		accept_later(cs);
}

/* Descriptors or memory are short, of the whole machine perhaps.  The sweep of
 * the next second goes on; to try again at once would be a loop. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)arg;
	log_note(LOG_LEVEL_WARN, "accept-failed", "%s", strerror(errno));
	evconnlistener_disable(listener);
}

struct connections *
connections_new(const struct verifier_config *config, struct event_base *base,
    struct evconnlistener *listener, SSL_CTX *tls, int64_t now)
{
	struct connections *cs = calloc(1, sizeof(*cs));

	if (cs == NULL)
		return NULL;
	cs->now = now;
	TAILQ_INIT(&cs->list);
	TAILQ_INIT(&cs->fresh);
	cs->most = most_connections();
	cs->seconds = config->seconds;
	cs->per_address = config->connections_per_address;
	cs->listener = listener;
	cs->tls = tls;
	cs->resume = evtimer_new(base, on_resume, cs);
	if (cs->resume == NULL) {
		free(cs);
		return NULL;
	}
	evconnlistener_set_error_cb(listener, on_accept_error);
	return cs;
}

/* evhttp sees the end of the stream and closes. */
static void
end(struct connection *c)
{
	int fd = bufferevent_getfd(c->bev);

	if (fd >= 0 && !c->ended)
		shutdown(fd, SHUT_RDWR);
	c->ended = true;
}

/* libevent 2.1 reads 4096 bytes at once, whatever it was told, and most requests
 * are longer.  What has come with them is taken along: that saves two system
 * calls, which leave the enclave, and a round of the loop.  Called by what
 * evbuffer_read() adds; not for TLS, which has its own records. */
static void
read_on(struct connection *c, struct evbuffer *input)
{
	struct evbuffer_iovec room;

	if (evbuffer_get_length(input) > INPUT_MAX - READ_MAX ||
	    evbuffer_reserve_space(input, READ_MORE, &room, 1) != 1)
		return;
	/* An end or an error is there for libevent to find. */
	ssize_t n = read(bufferevent_getfd(c->bev), room.iov_base, READ_MORE);
	if (n <= 0)
		return;
	room.iov_len = (size_t)n;
	(void)evbuffer_commit_space(input, &room, 1);
}

/* What is held in memory for a client that does not let its requests come to
 * an end is bounded, for each and, where it is more than a quote, for all. */
static void
on_input(struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *c = arg;

	unsigned step = info->n_deleted > 0;
	size_t held = info->n_added + step * STEP_HOLDS;

	c->taken += info->n_added;
	c->steps += step;
	c->held += held;
	c->all->held += held;
	bool surplus = c->all->held > LIMIT_HTTP_HELD && c->held > HELD_SMALL;
	if (surplus && !c->ended)
		c->all->surplus++;
	if (surplus || c->taken > TAKEN_MAX || c->steps > STEPS_MAX)
		end(c);
	else if (info->n_added == READ_LIBEVENT && c->all->tls == NULL)
		read_on(c, input);
}

static void
release(struct connections *cs, struct connection *c)
{
	if (c->fd >= 0)
		cs->by_fd[c->fd] = NULL;
	cs->held -= c->held;
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
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
	event_free(cs->resume);
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

static struct connection *
new_connection(struct connections *cs, struct event_base *base)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->bev = new_bufferevent(base, cs->tls)) == NULL) {
		free(c);
		return NULL;
	}
	if (evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c) ==
	    NULL) {
		bufferevent_free(c->bev);
		free(c);
		return NULL;
	}
	c->all = cs;
	c->fd = -1;
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_set_max_single_read(c->bev, READ_MAX);
	return c;
}

struct bufferevent *
connections_bufferevent(struct event_base *base, void *arg)
{
	struct connections *cs = arg;
	struct connection *c;

	if ((c = new_connection(cs, base)) == NULL)
		return NULL;
	bufferevent_incref(c->bev);
	TAILQ_INSERT_TAIL(&cs->fresh, c, entry);
	/* libevent accepts as long as there is somebody.  A client that makes
	 * connections as fast as it can must not have all of them until the
	 * next second. */
	if (++cs->n >= cs->most || ++cs->accepted >= ACCEPT_MAX)
		accept_later(cs);
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
	struct connection *c = cs->by_fd[fd];
	size_t left = evbuffer_get_length(bufferevent_get_input(bev));

	c->deadline = now + cs->seconds;
	cs->held = cs->held - c->held + left;
	c->held = c->taken = left;
	c->steps = 0;
	return c->key;
}

void
connections_hold(struct connections *cs, struct bufferevent *bev, int64_t until)
{
	int fd = bufferevent_getfd(bev);

	if (fd >= 0 && (size_t)fd < DESCRIPTORS && cs->by_fd[fd] != NULL &&
	    cs->by_fd[fd]->deadline < until)
		cs->by_fd[fd]->deadline = until;
}

/* Whether evhttp has freed it: it never is without an event callback. */
static bool
abandoned(const struct connection *c)
{
	bufferevent_event_cb on_event = NULL;

	bufferevent_getcb(c->bev, NULL, NULL, &on_event, NULL);
	return on_event == NULL;
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

static void
sweep(struct connections *cs)
{
	struct connection *c, *next;

	cs->accepted = 0;
	register_fresh(cs);
	for (c = TAILQ_FIRST(&cs->list); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		if (abandoned(c)) {
			TAILQ_REMOVE(&cs->list, c, entry);
			release(cs, c);
		} else if (cs->now >= c->deadline) {
			end(c);
		}
	}
	end_surplus(cs);
}

void
connections_sweep(struct connections *cs, int64_t now)
{
	cs->now = now;
	if (cs->surplus > 0)
		log_note(LOG_LEVEL_WARN, "memory-bound",
		    "%u connections were ended: unfinished requests hold as "
		    "much memory as they may",
		    cs->surplus);
	cs->surplus = 0;
	on_resume(-1, 0, cs);
}

void
connections_stop(struct connections *cs)
{
	cs->stopped = true;
	accept_later(cs);
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
