/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker: accepts clients, speaks TLS with them and cuts what they send into
 * messages.  It parses nothing of what it passes on and holds no key but that
 * of the TLS server.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "issuer/tls.h"
#include "issuer/worker.h"

#define ACCEPTS_AT_ONCE    16
#define PAUSE_MICROSECONDS 100000

/* --- the bound per address
 * --------------------------------------------------------- */

struct address_count {
	struct address_count *next;
	uint8_t address[16];
	unsigned n;
};

static struct address_count **
address_slot(struct worker *w, const uint8_t address[static 16])
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < 16; i++)
		h = (h ^ address[i]) * 16777619u;
	struct address_count **slot = &w->addresses[h % 1024];
	while (*slot != NULL && memcmp((*slot)->address, address, 16) != 0)
		slot = &(*slot)->next;
	return slot;
}

static bool
address_enter(struct worker *w, const uint8_t address[static 16])
{
	struct address_count **slot = address_slot(w, address), *a = *slot;

	if (a == NULL) {
		a = calloc(1, sizeof(*a));
		if (a == NULL)
			return false;
		memcpy(a->address, address, sizeof(a->address));
		*slot = a;
	}
	if (a->n >= w->child->start.per_address)
		return false;
	a->n++;
	return true;
}

static void
address_leave(struct worker *w, const uint8_t address[static 16])
{
	struct address_count **slot = address_slot(w, address), *a = *slot;

	if (a != NULL && --a->n == 0) {
		*slot = a->next;
		free(a);
	}
}

/* "[address]:port" or "address:port"; and what the bound counts by: an IPv4
 * address, or an IPv6 network of 64 bits, which is what one site has. */
static void
describe_peer(const struct sockaddr_storage *from, char peer[static PEER_SIZE],
    uint8_t address[static 16])
{
	char text[INET6_ADDRSTRLEN] = "?";

	memset(address, 0, 16);
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)from;

		inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		memcpy(address + 12, &in->sin_addr, 4);
		snprintf(peer, PEER_SIZE, "%s:%u", text, ntohs(in->sin_port));
		return;
	}
	const struct sockaddr_in6 *in6 = (const void *)from;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(
		    AF_INET, in6->sin6_addr.s6_addr + 12, text, sizeof(text));
		memcpy(address + 12, in6->sin6_addr.s6_addr + 12, 4);
		snprintf(peer, PEER_SIZE, "%s:%u", text, ntohs(in6->sin6_port));
		return;
	}
	inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	memcpy(address, in6->sin6_addr.s6_addr, 8);
	snprintf(peer, PEER_SIZE, "[%s]:%u", text, ntohs(in6->sin6_port));
}

/* --- room
 * -----------------------------------------------------------------------------
 */

static bool
is_full(const struct worker *w)
{
	return w->connections >= w->child->start.connections;
}

static bool
is_pressed(const struct worker *w)
{
	return w->connections > w->child->start.connections / 4 * 3;
}

/* A worker without room leaves new clients to the others; where none has room
 * they wait in the kernel. */
static void
listen_if_room(struct worker *w)
{
	if (w->appraiser == NULL || w->ledger == NULL)
		return;
	if (is_full(w) || event_pending(w->pause, EV_TIMEOUT, NULL))
		event_del(w->listener);
	else
		event_add(w->listener, NULL);
}

/* While there is little room, clients may be silent less long. */
static void
on_pressure(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;
	int64_t now = clock_seconds();
	struct connection *c;

	(void)fd;
	(void)what;
	while (is_pressed(w) && (c = TAILQ_FIRST(&w->silent)) != NULL &&
	       now - c->since >= LIMIT_PRESSED_HELLO_SECONDS)
		connection_give_way(c);
	if (!is_pressed(w))
		event_del(w->pressure);
}

static void
watch_pressure(struct worker *w)
{
	struct timeval second = {1, 0};

	if (is_pressed(w) && !event_pending(w->pressure, EV_TIMEOUT, NULL))
		event_add(w->pressure, &second);
}

/* --- accepting
 * ------------------------------------------------------------------------ */

static void
refuse_early(struct worker *w, int fd, const char *peer)
{
	struct m_refusal m = {0};

	dci_fail(&m.failure, DCI_TOO_MANY_CONNECTIONS,
	    "%s This address has %u with this worker, as many as "
	    "connections_per_address admits. %s",
	    dci_code_meaning(DCI_TOO_MANY_CONNECTIONS),
	    w->child->start.per_address,
	    dci_code_remedy(DCI_TOO_MANY_CONNECTIONS));
	snprintf(m.peer, sizeof(m.peer), "%s", peer);
	if (RAND_bytes(m.request_id, sizeof(m.request_id)) != 1)
		log_fatal("internal-error", "no random bytes");
	reporter_refusal(w->reporter, &m, (struct bytes){0});
	close(fd);
}

static size_t
free_slot(const struct worker *w)
{
	size_t n = w->child->start.connections;

	/* Most are free: the next ones after the last are tried first. */
	for (size_t i = 0; i < n; i++) {
		size_t slot = (w->generation + i) % n;

		if (w->slot[slot] == NULL)
			return slot;
	}
	return n;
}

static void
admit(struct worker *w, int fd, const struct sockaddr_storage *from)
{
	char peer[PEER_SIZE];
	uint8_t address[16];
	int one = 1;

	describe_peer(from, peer, address);
	if (!address_enter(w, address)) {
		refuse_early(w, fd, peer);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	size_t slot = free_slot(w);
	w->generation++;
	w->connections++;
	connection_start(
	    w, fd, (uint64_t)w->generation << 32 | slot, peer, address);
	watch_pressure(w);
}

/* No descriptors left: an accept loop would spin. */
static void
pause_listening(struct worker *w)
{
	struct timeval tv = {0, PAUSE_MICROSECONDS};

	log_note(LOG_LEVEL_WARN, "out-of-descriptors",
	    "accepting pauses; raise the limit of open files");
	event_add(w->pause, &tv);
	listen_if_room(w);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	listen_if_room(arg);
}

static void
on_listener(evutil_socket_t listener, short what, void *arg)
{
	struct worker *w = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_AT_ONCE && !is_full(w); i++) {
		struct sockaddr_storage from;
		socklen_t n = sizeof(from);
		int fd = accept4(listener, (struct sockaddr *)&from, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit(w, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_listening(w);
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
	listen_if_room(w);
}

/* --- for connections
 * --------------------------------------------------------------------- */

void
worker_forget(struct worker *w, struct connection *c)
{
	w->slot[c->id & UINT32_MAX] = NULL;
	w->connections--;
	address_leave(w, c->address);
	listen_if_room(w);
}

void
worker_refusal(
    struct worker *w, const struct connection *c, const struct dci_failure *f)
{
	struct m_refusal m = {.failure = *f};

	memcpy(m.request_id, c->request_id, sizeof(m.request_id));
	memcpy(m.peer, c->peer, sizeof(m.peer));
	reporter_refusal(w->reporter, &m, (struct bytes){0});
}

/* The connection with that id, unless it has ended meanwhile. */
static struct connection *
find(struct worker *w, connection_id id)
{
	size_t slot = id & UINT32_MAX;

	if (slot >= w->child->start.connections)
		log_fatal("ipc", "bad internal framing: connection");
	struct connection *c = w->slot[slot];
	return c != NULL && c->id == id ? c : NULL;
}

/* An appraiser is not to be believed in matters of form. */
static void
check_failure(struct channel *c, struct dci_failure *f)
{
	if ((unsigned)f->code >= DCI_CODES)
		channel_refuse(c, "a code that does not exist");
	f->sentence[DCI_SENTENCE_MAX - 1] = '\0';
}

static void
on_message(struct channel *channel, const struct message *m, void *arg)
{
	struct worker *w = arg;
	struct connection *c;

	if (m->type == M_VERDICT) {
		struct m_verdict v = MESSAGE_FIXED(struct m_verdict, m);

		check_failure(channel, &v.failure);
		if ((c = find(w, v.connection)) != NULL)
			connection_verdict(c, &v);
	} else if (m->type == M_WAIT) {
		struct m_connection wait =
		    MESSAGE_FIXED(struct m_connection, m);

		if ((c = find(w, wait.connection)) != NULL)
			connection_wait(c);
	} else if (m->type == M_RELEASE) {
		struct m_release r = MESSAGE_FIXED(struct m_release, m);

		check_failure(channel, &r.failure);
		if ((c = find(w, r.connection)) != NULL)
			connection_release(c, &r, m->tail);
	} else {
		channel_refuse(channel, "unexpected message %d", m->type);
	}
}

static void
on_closed(struct channel *c, void *arg)
{
	(void)c;
	(void)arg;
	_exit(0);
}

static void
worker_peer(struct child *child, enum role role, unsigned index, int fd)
{
	struct worker *w = child->state;
	struct channel *c = channel_new(
	    child->base, fd, ROLE_WORKER, role, on_message, on_closed, w);

	(void)index;
	if (role == ROLE_APPRAISER)
		w->appraiser = c;
	else if (role == ROLE_LEDGER)
		reporter_connect(w->reporter, w->ledger = c);
	else
		log_fatal("ipc", "unexpected peer");
	listen_if_room(w);
}

static void
worker_reload(struct child *child, enum file_kind kind, int fd)
{
	(void)child;
	(void)fd;
	log_fatal("ipc", "unexpected file %d", kind);
}

static void
worker_start(struct child *child)
{
	struct worker *w = calloc(1, sizeof(*w));
	struct dci_failure f;

	if (w == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = w;
	w->child = child;
	TAILQ_INIT(&w->silent);
	w->slot = calloc(child->start.connections, sizeof(*w->slot));
	struct bytes chain = child_read(child->file[FILE_TLS_CERTIFICATE],
	    "the TLS certificate", LIMIT_PEM);
	struct bytes key =
	    child_read(child->file[FILE_TLS_KEY], "the TLS key", LIMIT_PEM);
	w->tls = tls_context_new(chain, key, &f);
	wipe((void *)key.p, key.n);
	free((void *)key.p);
	free((void *)chain.p);
	close(child->file[FILE_TLS_KEY]);
	if (w->tls == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	w->listener = event_new(child->base, child->file[FILE_LISTENER],
	    EV_READ | EV_PERSIST, on_listener, w);
	w->pause = evtimer_new(child->base, on_pause_over, w);
	w->reporter = reporter_new(child->base);
	w->pressure = event_new(child->base, -1, EV_PERSIST, on_pressure, w);
	if (w->slot == NULL || w->listener == NULL || w->pause == NULL ||
	    w->pressure == NULL)
		log_fatal("start-failed", "out of memory");
}

static void
worker_stop(struct child *child)
{
	struct worker *w = child->state;

	reporter_flush(w->reporter);
}

const struct child_role role_worker = {.role = ROLE_WORKER,
    .start = worker_start,
    .peer = worker_peer,
    .reload = worker_reload,
    .stop = worker_stop};
