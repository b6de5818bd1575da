/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger process: the database and the provisioned secret.  Nothing leaves
 * the issuer before it is on disk here: rows come from appraisers, certificates
 * from the signer, and only what agrees (pending.h) is committed (batch.h) and
 * then released to the worker (release.h).  It also records refusals
 * (recorder.h).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "issuer/batch.h"
#include "issuer/collateral_text.h"
#include "issuer/referred.h"
#include "issuer/shelf.h"

#define FLUSH_MICROSECONDS 500000

struct peer_end {
	struct ledgerd *ledgerd;
	enum role role;
	unsigned index;
	struct channel *channel;
};

struct ledgerd {
	struct child *child;
	struct ledger *ledger;
	struct pending_table *waiting;
	struct shelf *shelf;
	struct batch *batch;
	struct release *release;
	struct recorder *recorder;
	struct event *flush;
	struct peer_end signer, appraiser[WORKERS_MAX], worker[WORKERS_MAX];
};

/* --- what comes in ---------------------------------------------------------
 */

/* An appraiser that broke the rules is not heard any more. */
static void
refuse_appraiser(struct ledgerd *l, unsigned index, const char *why)
{
	if (l->appraiser[index].channel != NULL)
		channel_refuse(l->appraiser[index].channel, "%s", why);
}

/* Both halves are here: they must be about the same row. */
static void
join(struct ledgerd *l, struct pending *p)
{
	if (p->encoded == NULL || !p->is_signed)
		return;
	pending_take(l->waiting, p);
	if (p->answer.failure.code != DCI_OK) {
		p->failure = p->answer.failure;
		batch_refuse(l->batch, p);
		return;
	}
	if (memcmp(p->answer.row_digest, p->row_digest, 32) != 0) {
		refuse_appraiser(l, p->appraiser,
		    "one row for the signer, another one for the ledger");
		pending_free(p);
		return;
	}
	batch_add(l->batch, p);
}

static void
on_secret_row(struct ledgerd *l, struct channel *c, unsigned appraiser,
    const struct message *m)
{
	struct m_row in = MESSAGE_FIXED(struct m_row, m);
	struct pending *p = pending_new(appraiser, in.ticket);

	if (!pending_take_row(p, &in, m->tail)) {
		pending_free(p);
		channel_refuse(c, "a row that does not parse");
		return;
	}
	batch_add(l->batch, p);
}

static void
on_row(struct ledgerd *l, struct channel *c, unsigned appraiser,
    const struct message *m)
{
	struct m_row in = MESSAGE_FIXED(struct m_row, m);

	if (in.kind == LEDGER_SECRET) {
		on_secret_row(l, c, appraiser, m);
		return;
	}
	struct pending *p = pending_find(l->waiting, appraiser, in.ticket);
	if (p->encoded != NULL ||
	    pending_count(l->waiting, appraiser) > LIMIT_CONNECTIONS) {
		channel_refuse(c, "rows that nobody can have asked for");
		return;
	}
	if (!pending_take_row(p, &in, m->tail)) {
		pending_take(l->waiting, p);
		pending_free(p);
		channel_refuse(c, "a row that does not parse");
		return;
	}
	join(l, p);
}

/* From the signer, which is believed; but what it answers an appraiser asked
 * for, and that one may ask for nonsense. */
static void
on_signed(struct ledgerd *l, const struct message *m)
{
	struct m_signed in = MESSAGE_FIXED(struct m_signed, m);

	if (in.appraiser >= WORKERS_MAX ||
	    in.certificate.n > sizeof(in.certificate.der) ||
	    (unsigned)in.failure.code >= DCI_CODES)
		log_fatal("ipc", "bad internal framing: certificate");
	in.failure.sentence[DCI_SENTENCE_MAX - 1] = '\0';
	struct pending *p = pending_find(l->waiting, in.appraiser, in.ticket);
	if (p->is_signed ||
	    pending_count(l->waiting, in.appraiser) > LIMIT_CONNECTIONS) {
		refuse_appraiser(l, in.appraiser,
		    "certificates that nobody can have asked for");
		return;
	}
	p->answer = in;
	p->is_signed = true;
	join(l, p);
}

static void
on_refusal(struct ledgerd *l, struct channel *c, const struct message *m)
{
	struct m_refusal in = MESSAGE_FIXED(struct m_refusal, m);
	struct refusal r = {.count = in.count};

	if (in.evidence > m->tail.n || in.count == 0 ||
	    (unsigned)in.failure.code >= DCI_CODES) {
		channel_refuse(c, "a refusal that does not parse");
		return;
	}
	in.peer[PEER_SIZE - 1] = '\0';
	in.failure.sentence[DCI_SENTENCE_MAX - 1] = '\0';
	size_t record = m->tail.n - in.evidence;
	r.peer = (struct bytes){(const uint8_t *)in.peer, strlen(in.peer)};
	if (record > 0)
		r.record = (struct bytes){m->tail.p, record};
	if (in.evidence > 0)
		r.evidence = (struct bytes){m->tail.p + record, in.evidence};
	memcpy(r.request_id, in.request_id, sizeof(r.request_id));
	recorder_refusal(l->recorder, &r, &in.failure);
}

static void
on_message(struct channel *c, const struct message *m, void *arg)
{
	const struct peer_end *from = arg;

	switch (m->type) {
	case M_ROW:
		on_row(from->ledgerd, c, from->index, m);
		break;
	case M_SIGNED:
		on_signed(from->ledgerd, m);
		break;
	case M_REFUSAL:
		on_refusal(from->ledgerd, c, m);
		break;
	default:
		channel_refuse(c, "unexpected message %d", m->type);
	}
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct ledgerd *l = arg;

	(void)fd;
	(void)what;
	recorder_flush(l->recorder);
}

/* --- peers -----------------------------------------------------------------
 */

static void
ledger_stop(struct child *child)
{
	struct ledgerd *l = child->state;

	batch_commit(l->batch);
	recorder_close(l->recorder);
	ledger_close(l->ledger);
	release_free(l->release);
}

static void
on_closed(struct channel *c, void *arg)
{
	struct peer_end *end = arg;
	struct ledgerd *l = end->ledgerd;

	if (end == &l->signer) {
		ledger_stop(l->child);
		_exit(0);
	}
	if (channel_refused(c))
		child_complain(l->child, end->role, end->index);
	if (end->role == ROLE_WORKER)
		release_worker(l->release, end->index, NULL);
	channel_free(c);
	end->channel = NULL;
}

static void
ledger_peer(struct child *child, enum role role, unsigned index, int fd)
{
	struct ledgerd *l = child->state;
	struct peer_end *end = &l->signer;

	if (index >= WORKERS_MAX)
		log_fatal("ipc", "unexpected peer");
	/* What waits for the next commit is for the old worker: a new one may
	 * give the same numbers to other connections. */
	batch_commit(l->batch);
	if (role == ROLE_APPRAISER) {
		end = &l->appraiser[index];
		pending_forget(l->waiting, index);
	} else if (role == ROLE_WORKER) {
		end = &l->worker[index];
	}
	channel_free(end->channel);
	*end = (struct peer_end){.ledgerd = l, .role = role, .index = index};
	end->channel = channel_new(
	    child->base, fd, ROLE_LEDGER, role, on_message, on_closed, end);
	if (role == ROLE_WORKER)
		release_worker(l->release, index, end->channel);
}

/* --- start, reload ---------------------------------------------------------
 */

static void
take_collateral(struct ledgerd *l, int fd)
{
	struct bytes file = child_read(fd, "collateral", COLLATERAL_TEXT_MAX);

	if (!shelf_fill(l->shelf, file, child_now()))
		log_fatal("ipc", "bad internal framing: collateral");
	free((void *)file.p);
}

static void
ledger_reload(struct child *child, enum file_kind kind, int fd)
{
	struct ledgerd *l = child->state;

	if (kind == FILE_POLICY)
		referred_put_policy(l->ledger, fd);
	else if (kind == FILE_COLLATERAL)
		take_collateral(l, fd);
	else
		log_fatal("ipc", "unexpected file %d", kind);
}

static void
ledger_start(struct child *child)
{
	struct ledgerd *l = calloc(1, sizeof(*l));

	if (l == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = l;
	l->child = child;
	l->release = release_new(child);
	l->waiting = pending_table_new();
	l->shelf = shelf_new();
	l->batch = batch_new(child, l->release);
	l->flush = event_new(child->base, -1, EV_PERSIST, on_flush, l);
	if (l->flush == NULL)
		log_fatal("start-failed", "no events");
}

/* The database is opened locked in, by the user who owns it. */
static void
ledger_locked(struct child *child)
{
	struct ledgerd *l = child->state;
	const struct timeval every = {0, FLUSH_MICROSECONDS};
	struct dci_failure f;

	l->ledger = ledger_open("ledger.db", &f);
	if (l->ledger == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	l->recorder = recorder_new();
	batch_open(l->batch, l->ledger, l->shelf, l->recorder);
	referred_put_policy(l->ledger, child->file[FILE_POLICY]);
	take_collateral(l, child->file[FILE_COLLATERAL]);
	event_add(l->flush, &every);
}

const struct child_role role_ledger = {.role = ROLE_LEDGER,
    .start = ledger_start,
    .locked = ledger_locked,
    .peer = ledger_peer,
    .reload = ledger_reload,
    .stop = ledger_stop};
