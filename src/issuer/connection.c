/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "issuer/connection_tls.h"
#include "issuer/explain.h"
#include "issuer/worker.h"
#include "proto/enrol.h"
#include "proto/secret_prov.h"

#define DRAIN_BYTES (256u * 1024)
/* A frame with its length, or the request; then nothing more is read. */
#define IN_MAX        (4 + LIMIT_CSR + CONNECTION_READ_CHUNK)
#define STEPS_AT_ONCE 16 /* then the other events get their turn */

static void run(struct connection *);

static void
set_deadline(struct connection *c, int seconds)
{
	struct timeval tv = {seconds, 0};

	event_add(c->deadline, &tv);
}

static void
heard(struct connection *c)
{
	if (c->silent)
		TAILQ_REMOVE(&c->worker->silent, c, in_silent);
	c->silent = false;
}

/* --- refusing
 * ------------------------------------------------------------------- */

static bool
speaks_dci(const struct connection *c)
{
	const unsigned char *name = NULL;
	unsigned n = 0;

	if (c->ssl != NULL)
		SSL_get0_alpn_selected(c->ssl, &name, &n);
	return n == sizeof(ENROL_ALPN) - 1 && memcmp(name, ENROL_ALPN, n) == 0;
}

/* The end of a refused connection.  Our own clients are told the reason; for
 * the others there is close_notify, since OpenSSL cannot send an alert of ours
 * after the handshake (rule 7: then shut down, drain, close). */
static void
close_refused(struct connection *c, const struct dci_failure *f)
{
	writer_free(&c->out);
	c->out = writer_new(CONNECTION_OUT_MAX);
	c->out_done = 0;
	if (speaks_dci(c) && SSL_is_init_finished(c->ssl))
		enrol_refusal_encode(
		    &c->out, dci_code_name(f->code), f->sentence);
	c->stage = STAGE_CLOSING;
	heard(c);
	set_deadline(c, LIMIT_DRAIN_SECONDS);
}

static enum next
refuse(struct connection *c, const struct dci_failure *f)
{
	worker_refusal(c->worker, c, f);
	close_refused(c, f);
	return NEXT_AGAIN;
}

static enum next
refuse_code(struct connection *c, enum dci_code code)
{
	struct dci_failure f;

	connection_explain(c, code, &f);
	return refuse(c, &f);
}

/* --- the handshake
 * ---------------------------------------------------------------- */

/* The one assertion of a worker: this channel proved possession of the key of
 * this certificate. */
static enum next
hand_over_certificate(struct connection *c)
{
	X509 *certificate = SSL_get0_peer_certificate(c->ssl);
	struct m_evidence e = {.connection = c->id};
	struct dci_failure f;
	uint8_t *der CLEANUP(cleanup_free) = NULL;

	if (certificate == NULL)
		return refuse_code(c, DCI_NO_CLIENT_CERTIFICATE);
	int n = i2d_X509(certificate, NULL);
	if (n > (int)LIMIT_CERTIFICATE) {
		dci_fail(&f, DCI_CERTIFICATE_TOO_LARGE, "%s Found: %d bytes.",
		    dci_code_meaning(DCI_CERTIFICATE_TOO_LARGE), n);
		return refuse(c, &f);
	}
	if (n <= 0 || (der = malloc((size_t)n)) == NULL)
		return refuse_code(c, DCI_OUT_OF_MEMORY);
	uint8_t *p = der;
	i2d_X509(certificate, &p);
	memcpy(e.request_id, c->request_id, sizeof(e.request_id));
	memcpy(e.peer, c->peer, sizeof(e.peer));
	memcpy(e.address, c->address, sizeof(e.address));
	c->known_to_appraiser = true;
	c->stage = STAGE_APPRAISAL;
	channel_send(c->worker->appraiser, M_EVIDENCE, &e,
	    (struct bytes){der, (size_t)n}, -1);
	return NEXT_WAIT;
}

static enum next
step_hello(struct connection *c)
{
	uint8_t first;
	ssize_t n = recv(c->fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NEXT_READ;
	/* Closed without a word: a port scan or a health check. */
	if (n <= 0)
		return NEXT_END;
	heard(c);
	if (!connection_tls_begin(c))
		return NEXT_END;
	c->stage = STAGE_HANDSHAKE;
	set_deadline(c, LIMIT_HANDSHAKE_SECONDS);
	return NEXT_AGAIN;
}

static enum next
step_handshake(struct connection *c)
{
	struct dci_failure f;
	enum next next = connection_handshake(c, &f);

	if (next == NEXT_END)
		return refuse(c, &f);
	if (next != NEXT_AGAIN)
		return next;
	c->records = 0;
	c->since = clock_seconds();
	set_deadline(c, LIMIT_EXCHANGE_SECONDS);
	return hand_over_certificate(c);
}

/* --- the exchange
 * ------------------------------------------------------------------ */

/* Keeps what the decoder did not take. */
static void
keep_rest(struct connection *c, const struct reader *r)
{
	if (r->n > 0)
		memmove(c->in.data, r->p, r->n);
	c->in.n = r->n;
}

static enum next
client_ended(struct connection *c)
{
	if (c->flooded)
		return refuse_code(c, DCI_TLS_FLOOD);
	/* Gramine's constructor mode takes the secret and goes. */
	if (c->stage == STAGE_CSR && c->in.n == 0) {
		c->stage = STAGE_CLOSING;
		set_deadline(c, LIMIT_DRAIN_SECONDS);
		return NEXT_AGAIN;
	}
	return refuse_code(c, DCI_CLIENT_GONE);
}

static void
tell_appraiser(struct connection *c, enum message_type type, struct bytes tail)
{
	struct m_connection m = {.connection = c->id};

	channel_send(c->worker->appraiser, type, &m, tail, -1);
}

static enum next
step_request(struct connection *c)
{
	struct reader r = reader_of(c->in.data, c->in.n);
	struct dci_failure f;

	switch (secret_prov_request_decode(&r, &f)) {
	case DECODED_DONE:
		keep_rest(c, &r);
		c->stage = STAGE_SECRET;
		tell_appraiser(c, M_WANTED, (struct bytes){0});
		return NEXT_WAIT;
	case DECODED_BAD:
		return refuse(c, &f);
	default:
		break;
	}
	enum next next = connection_fill(c);
	return next == NEXT_END ? client_ended(c) : next;
}

static enum next
step_csr(struct connection *c)
{
	enum next next = connection_flush(c);
	struct dci_failure f;
	struct bytes der;

	if (next != NEXT_AGAIN)
		return next == NEXT_END ? client_ended(c) : next;
	struct reader r = reader_of(c->in.data, c->in.n);
	switch (enrol_frame_decode(&r, LIMIT_CSR, "The CSR", &der, &f)) {
	case DECODED_DONE:
		c->stage = STAGE_CERTIFICATE;
		tell_appraiser(c, M_CSR, der);
		/* It forgets a client with the answer to the CSR. */
		c->known_to_appraiser = false;
		keep_rest(c, &r);
		return NEXT_WAIT;
	case DECODED_BAD:
		return refuse(c, &f);
	default:
		break;
	}
	next = connection_fill(c);
	return next == NEXT_END ? client_ended(c) : next;
}

/* The last bytes, close_notify and FIN travel in one segment: shutdown()
 * sends what the kernel has held back. */
static void
hold_back(const struct connection *c)
{
	int one = 1;

	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_CORK, &one, sizeof(one));
}

static enum next
step_closing(struct connection *c)
{
	if (c->ssl != NULL && SSL_is_init_finished(c->ssl)) {
		hold_back(c);
		enum next next = connection_flush(c);

		if (next == NEXT_READ || next == NEXT_WRITE)
			return next;
		ERR_clear_error();
		int r = SSL_shutdown(c->ssl);
		if (r < 0 && connection_wants(c, r) == NEXT_WRITE)
			return NEXT_WRITE;
	}
	shutdown(c->fd, SHUT_WR);
	c->stage = STAGE_DRAIN;
	return NEXT_AGAIN;
}

static enum next
step_drain(struct connection *c)
{
	uint8_t chunk[CONNECTION_READ_CHUNK];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NEXT_READ;
	if (n <= 0)
		return NEXT_END;
	c->drained += (size_t)n;
	return c->drained > DRAIN_BYTES ? NEXT_END : NEXT_AGAIN;
}

static enum next
step(struct connection *c)
{
	switch (c->stage) {
	case STAGE_HELLO:
		return step_hello(c);
	case STAGE_HANDSHAKE:
		return step_handshake(c);
	case STAGE_REQUEST:
		return step_request(c);
	case STAGE_CSR:
		return step_csr(c);
	case STAGE_CLOSING:
		return step_closing(c);
	case STAGE_DRAIN:
		return step_drain(c);
	default:
		return NEXT_WAIT;
	}
}

static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	run(arg);
}

/* A timer: an event made active would have its turn before those of others
 * that are not known yet. */
static void
run_later(struct connection *c)
{
	struct timeval now = {0, 0};

	event_assign(c->io, c->worker->child->base, -1, 0, on_io, c);
	event_add(c->io, &now);
}

/* Goes on until the connection has to wait for something. */
static void
run(struct connection *c)
{
	enum next next = NEXT_AGAIN;

	event_del(c->io);
	for (int i = 0; i < STEPS_AT_ONCE && next == NEXT_AGAIN; i++)
		next = step(c);
	if (next == NEXT_END) {
		connection_free(c);
		return;
	}
	if (next == NEXT_WAIT)
		return;
	if (next == NEXT_AGAIN) {
		run_later(c);
		return;
	}
	event_assign(c->io, c->worker->child->base, c->fd,
	    next == NEXT_READ ? EV_READ : EV_WRITE, on_io, c);
	event_add(c->io, NULL);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	if (c->stage == STAGE_CLOSING || c->stage == STAGE_DRAIN) {
		connection_free(c);
		return;
	}
	refuse_code(c, c->stage == STAGE_COLLATERAL ? DCI_COLLATERAL_UNAVAILABLE
						    : DCI_CLIENT_TIMEOUT);
	run(c);
}

/* --- from the other processes
 * -------------------------------------------------------- */

/* What the client sends meanwhile stays in the kernel; only its end is
 * noticed. */
static void
on_leaving(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	refuse_code(c, DCI_CLIENT_GONE);
	run(c);
}

/* The time of the wait does not count against the exchange. */
void
connection_wait(struct connection *c)
{
	int64_t used = clock_seconds() - c->since;

	if (c->stage == STAGE_CLOSING || c->stage == STAGE_DRAIN)
		return;
	if (c->stage != STAGE_APPRAISAL)
		log_fatal("ipc", "a wait at the wrong time");
	c->exchange_left = used < LIMIT_EXCHANGE_SECONDS
			       ? LIMIT_EXCHANGE_SECONDS - (int)used
			       : 0;
	c->stage = STAGE_COLLATERAL;
	set_deadline(c, LIMIT_WAIT_SECONDS);
	event_assign(
	    c->io, c->worker->child->base, c->fd, EV_CLOSED, on_leaving, c);
	event_add(c->io, NULL);
}

void
connection_verdict(struct connection *c, const struct m_verdict *verdict)
{
	if (c->stage == STAGE_CLOSING || c->stage == STAGE_DRAIN)
		return;
	/* Also in place of an answer to WANTED and CSR: the appraiser refuses
	 * at any stage of its own. */
	event_del(c->io);
	if (verdict->failure.code != DCI_OK) {
		c->known_to_appraiser = false;
		close_refused(c, &verdict->failure);
	} else if (c->stage == STAGE_APPRAISAL ||
		   c->stage == STAGE_COLLATERAL) {
		if (c->stage == STAGE_COLLATERAL)
			set_deadline(c, c->exchange_left);
		c->stage = STAGE_REQUEST;
	} else {
		log_fatal("ipc", "a verdict that was not asked for");
	}
	run(c);
}

void
connection_release(
    struct connection *c, const struct m_release *m, struct bytes tail)
{
	enum stage expected =
	    m->kind == LEDGER_SECRET ? STAGE_SECRET : STAGE_CERTIFICATE;

	if (c->stage == STAGE_CLOSING || c->stage == STAGE_DRAIN)
		return;
	if (c->stage != expected)
		log_fatal("ipc", "a release that was not asked for");
	if (m->failure.code != DCI_OK) {
		close_refused(c, &m->failure);
	} else if (m->kind == LEDGER_SECRET) {
		secret_prov_response_encode(&c->out, tail);
		c->stage = STAGE_CSR;
	} else {
		writer_put(&c->out, tail.p, tail.n);
		c->stage = STAGE_CLOSING;
		set_deadline(c, LIMIT_DRAIN_SECONDS);
	}
	run(c);
}

/* --- birth and death
 * -------------------------------------------------------------------- */

void
connection_start(struct worker *w, int fd, connection_id id, const char *peer,
    const uint8_t address[static 16])
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		log_fatal("out-of-memory", "no memory for a connection");
	c->worker = w;
	c->fd = fd;
	c->id = id;
	snprintf(c->peer, sizeof(c->peer), "%s", peer);
	memcpy(c->address, address, sizeof(c->address));
	c->in = writer_new(IN_MAX);
	c->out = writer_new(CONNECTION_OUT_MAX);
	c->io = event_new(w->child->base, fd, EV_READ, on_io, c);
	c->deadline = evtimer_new(w->child->base, on_deadline, c);
	if (c->io == NULL || c->deadline == NULL ||
	    RAND_bytes(c->request_id, sizeof(c->request_id)) != 1)
		log_fatal("out-of-memory", "no memory for a connection");
	w->slot[id & UINT32_MAX] = c;
	c->silent = true;
	c->since = clock_seconds();
	TAILQ_INSERT_TAIL(&w->silent, c, in_silent);
	set_deadline(c, LIMIT_HELLO_SECONDS);
	run(c);
}

void
connection_free(struct connection *c)
{
	if (c->known_to_appraiser)
		tell_appraiser(c, M_GONE, (struct bytes){0});
	heard(c);
	worker_forget(c->worker, c);
	event_free(c->io);
	event_free(c->deadline);
	SSL_free(c->ssl);
	writer_free(&c->in);
	writer_free(&c->out);
	close(c->fd);
	free(c);
}

void
connection_give_way(struct connection *c)
{
	refuse_code(c, DCI_CLIENT_TIMEOUT);
	connection_free(c);
}
