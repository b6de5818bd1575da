/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "issuer/channel.h"

#define FIXED_MAX     8192
#define MESSAGE_MAX   (4 + FIXED_MAX + LEDGER_ROW_MAX)
#define READS_AT_ONCE 64 /* then the other events get their turn */

static const struct message_rule {
	const char *name;
	enum role from, to; /* ROLES: any */
	size_t fixed, tail;
} rules[M_TYPES] = {
#define ROLE_ANY ROLES
#define MESSAGE(name_, from_, to_, fixed_, tail_) \
	[M_##name_] = {#name_, ROLE_##from_, ROLE_##to_, sizeof(fixed_), tail_},
    MESSAGES(MESSAGE)
#undef MESSAGE
};

#define MESSAGE(name, from, to, fixed, tail)                               \
	_Static_assert(sizeof(fixed) <= FIXED_MAX, #name " is too large"); \
	_Static_assert((tail) <= LEDGER_ROW_MAX, #name " tail too large");
MESSAGES(MESSAGE)
#undef MESSAGE

struct outgoing {
	STAILQ_ENTRY(outgoing) next;
	int fd;
	size_t n;
	uint8_t data[];
};

struct channel {
	int fd;
	enum role self, peer;
	struct event *readable, *writable;
	STAILQ_HEAD(, outgoing) queue;
	size_t queued; /* bytes in it */
	channel_receive receive;
	channel_closed closed;
	void *arg;
	bool refused;
	bool *freed; /* set by channel_free() while a callback runs */
};

static bool
allowed(enum role rule, enum role actual)
{
	return rule == ROLES || rule == actual;
}

/* NULL: there is no such message between these two. */
static const struct message_rule *
rule_for(uint64_t type, enum role from, enum role to)
{
	if (type == M_NONE || type >= M_TYPES)
		return NULL;
	const struct message_rule *rule = &rules[type];
	if (!allowed(rule->from, from) || !allowed(rule->to, to))
		return NULL;
	return rule;
}

/* Splits what was received; the buffer is aligned for every fixed part. */
static bool
decode(struct message *m, const uint8_t *data, size_t n, int fd, enum role self,
    enum role peer)
{
	uint64_t type;

	if (n < sizeof(type))
		return false;
	memcpy(&type, data, sizeof(type));
	const struct message_rule *rule = rule_for(type, peer, self);
	if (rule == NULL)
		return false;
	size_t head = sizeof(type) + rule->fixed;
	bool brings = type == M_PEER || type == M_FILE || type == M_PUBLISHED ||
		      type == M_EARLY;
	if (n < head || n - head > rule->tail || brings != (fd >= 0))
		return false;
	*m = (struct message){.type = (enum message_type)type,
	    .fixed = data + sizeof(type),
	    .tail = {data + head, n - head},
	    .fd = fd};
	return true;
}

static _Alignas(16) uint8_t incoming[MESSAGE_MAX];

enum received { RECEIVED, RECEIVED_BAD, RECEIVED_END, RECEIVED_NOTHING };

/* The descriptor of a received message, or -1. */
static int
passed_fd(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	int fd = -1;

	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static enum received
receive_one(
    int fd, int flags, struct message *m, enum role self, enum role peer)
{
	union {
		struct cmsghdr header;
		/* No more than one fits; the kernel closes the others. */
		uint8_t space[CMSG_LEN(sizeof(int))];
	} control;
	struct iovec iov = {incoming, sizeof(incoming)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = CMSG_LEN(sizeof(int))};
	ssize_t n;

	do
		n = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return RECEIVED_NOTHING;
	if (n <= 0)
		return RECEIVED_END; /* a reset peer is a closed one */
	int passed = passed_fd(&msg);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	    decode(m, incoming, (size_t)n, passed, self, peer))
		return RECEIVED;
	if (passed >= 0)
		close(passed);
	return RECEIVED_BAD;
}

/* Those that serve everybody must not end because one of those that face
 * clients or the network went mad. */
static bool
outlives(enum role self, enum role peer)
{
	return self == ROLE_PARENT ||
	       (self == ROLE_COLLECTOR && peer == ROLE_APPRAISER) ||
	       (self == ROLE_APPRAISER && peer == ROLE_COLLECTOR) ||
	       ((self == ROLE_SIGNER || self == ROLE_LEDGER) &&
		   (peer == ROLE_WORKER || peer == ROLE_APPRAISER));
}

void
channel_refuse(struct channel *c, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!outlives(c->self, c->peer))
		log_fatal("ipc", "bad internal framing: %s", text);
	log_note(LOG_LEVEL_ERROR, "ipc",
	    "bad internal framing: %s; that channel is closed", text);
	c->refused = true;
	/* Closed by on_readable(), which need not be what is running. */
	event_active(c->readable, EV_READ, 0);
}

bool
channel_refused(const struct channel *c)
{
	return c->refused;
}

/* What a worker was released may be a secret. */
static void
forget_incoming(const struct message *m)
{
	if (m->type == M_RELEASE)
		wipe(incoming, (size_t)(m->tail.p + m->tail.n - incoming));
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;
	struct message m;
	bool freed = false;

	(void)what;
	c->freed = &freed;
	for (int i = 0; i < READS_AT_ONCE && !c->refused; i++) {
		enum received got =
		    receive_one(fd, MSG_DONTWAIT, &m, c->self, c->peer);

		if (got == RECEIVED_NOTHING) {
			c->freed = NULL;
			return;
		}
		if (got == RECEIVED_END)
			break;
		if (got == RECEIVED_BAD) {
			channel_refuse(c, "a message that does not exist");
			break;
		}
		c->receive(c, &m, c->arg);
		forget_incoming(&m);
		if (freed)
			return;
		if (i + 1 == READS_AT_ONCE && !c->refused) {
			c->freed = NULL;
			return;
		}
	}
	c->freed = NULL;
	event_del(c->readable);
	c->closed(c, c->arg);
}

/* One message in parts; fd or -1 goes along.  False: the socket is full. */
static bool
send_parts(const struct channel *c, struct iovec *iov, size_t parts, int fd)
{
	union {
		struct cmsghdr header;
		uint8_t space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr msg = {.msg_iov = iov, .msg_iovlen = parts};
	ssize_t n;

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		struct cmsghdr *h = CMSG_FIRSTHDR(&msg);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(int));
	}
	do
		n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	/* Any other failure: the peer is gone, which on_readable() tells. */
	return true;
}

static void
outgoing_free(struct outgoing *out)
{
	if (out->fd >= 0)
		close(out->fd);
	wipe(out->data, out->n);
	free(out);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;
	struct outgoing *out;

	(void)fd;
	(void)what;
	while ((out = STAILQ_FIRST(&c->queue)) != NULL) {
		struct iovec iov = {out->data, out->n};

		if (!send_parts(c, &iov, 1, out->fd)) {
			event_add(c->writable, NULL);
			return;
		}
		STAILQ_REMOVE_HEAD(&c->queue, next);
		c->queued -= out->n;
		outgoing_free(out);
	}
}

struct channel *
channel_new(struct event_base *base, int fd, enum role self, enum role peer,
    channel_receive receive, channel_closed closed, void *arg)
{
	struct channel *c = calloc(1, sizeof(*c));

	if (c == NULL)
		log_fatal("ipc", "out of memory");
	*c = (struct channel){.fd = fd,
	    .self = self,
	    .peer = peer,
	    .receive = receive,
	    .closed = closed,
	    .arg = arg};
	STAILQ_INIT(&c->queue);
	c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(base, fd, EV_WRITE, on_writable, c);
	if (c->readable == NULL || c->writable == NULL ||
	    event_add(c->readable, NULL) != 0)
		log_fatal("ipc", "cannot watch a channel");
	return c;
}

void
channel_free(struct channel *c)
{
	struct outgoing *out;

	if (c == NULL)
		return;
	if (c->freed != NULL)
		*c->freed = true;
	while ((out = STAILQ_FIRST(&c->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->queue, next);
		outgoing_free(out);
	}
	event_free(c->readable);
	event_free(c->writable);
	close(c->fd);
	free(c);
}

/* Copies a message that has to wait. */
static void
enqueue(struct channel *c, const struct iovec *iov, size_t parts, int fd)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < parts; i++)
		n += iov[i].iov_len;
	struct outgoing *out = malloc(sizeof(*out) + n);
	if (out == NULL)
		log_fatal("ipc", "out of memory");
	out->n = n;
	out->fd = fd >= 0 ? dup(fd) : -1;
	for (size_t i = 0; i < parts; i++) {
		memcpy(out->data + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	if (STAILQ_EMPTY(&c->queue))
		event_add(c->writable, NULL);
	STAILQ_INSERT_TAIL(&c->queue, out, next);
	c->queued += n;
}

size_t
channel_queued(const struct channel *c)
{
	return c->queued;
}

void
channel_send(struct channel *c, enum message_type type, const void *fixed,
    struct bytes tail, int fd)
{
	const struct message_rule *rule = rule_for(type, c->self, c->peer);
	if (rule == NULL)
		log_fatal("ipc", "message %d may not be sent there", type);
	uint64_t wire_type = type;
	struct iovec iov[] = {{&wire_type, sizeof(wire_type)},
	    {(void *)fixed, rule->fixed}, {(void *)tail.p, tail.n}};
	size_t parts = tail.n > 0 ? 3 : 2;

	if (tail.n > rule->tail)
		log_fatal("ipc", "%s: tail of %zu bytes", rule->name, tail.n);
	if (!STAILQ_EMPTY(&c->queue) || !send_parts(c, iov, parts, fd))
		enqueue(c, iov, parts, fd);
}

bool
channel_wait(int fd, enum role self, enum role peer, struct message *m)
{
	enum received got = receive_one(fd, 0, m, self, peer);

	if (got == RECEIVED_BAD)
		log_fatal("ipc", "bad internal framing at the start");
	return got == RECEIVED;
}

void
channel_pair(int fd[static 2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) != 0)
		log_fatal("ipc", "socketpair: %s", strerror(errno));
}
