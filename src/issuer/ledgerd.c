/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger process: the database and the provisioned secret.  Nothing leaves
 * the issuer before it is on disk here: rows come from appraisers, certificates
 * from the signer, and only what agrees is committed and then released to the
 * worker.  Whatever has queued up is committed together, with one fsync.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <unistd.h>
#include <openssl/pem.h>

#include "base/digest.h"
#include "base/text.h"
#include "issuer/child.h"
#include "issuer/collateral_set.h"
#include "issuer/tally.h"
#include "ledger/refusals.h"

#define BATCH_MAX       256 /* rows of one transaction */
#define PENDING_BUCKETS 4096
#define REFUSALS_FLUSH_MICROSECONDS 500000

/* One release on its way: a row, and for a certificate what the signer says.
 * Either may come first. */
struct pending {
	struct pending *next;              /* in its bucket */
	STAILQ_ENTRY(pending) in_batch;
	unsigned appraiser;
	uint64_t ticket;
	uint8_t request_id[REQUEST_ID_SIZE]; /* once the row is here */
	connection_id connection;
	enum ledger_kind kind;
	uint8_t *encoded; /* the row; owned; NULL: not here yet */
	struct ledger_row row; /* points into encoded */
	uint8_t row_digest[32]; /* of a certificate's row */
	bool is_signed;
	struct m_signed answer;
	int64_t row_id;
	struct dci_failure failure;
};

struct peer_end {
	struct ledgerd *ledgerd;
	enum role role;
	unsigned index;
	struct channel *channel;
	size_t waiting; /* certificates of that appraiser with one half here */
};

struct ledgerd {
	struct child *child;
	struct ledger *ledger;
	struct refusals *refusals;
	uint8_t *secret;
	size_t secret_size;
	struct bytes issuing, root; /* DER, framed: what follows each leaf */
	struct peer_end signer, appraiser[WORKERS_MAX], worker[WORKERS_MAX];
	struct pending *bucket[PENDING_BUCKETS];
	STAILQ_HEAD(, pending) batch;
	size_t batched;
	struct event *commit, *flush;
	struct tally *logged; /* refusals in the log */
	bool full; /* the disk is: refusals are not recorded */
};

/* --- what is waiting --------------------------------------------------------- */

/* Where the certificate with that ticket waits, or would. */
static struct pending **
pending_slot(struct ledgerd *l, unsigned appraiser, uint64_t ticket)
{
	struct pending **slot = &l->bucket[ticket % PENDING_BUCKETS];

	while (*slot != NULL &&
	    ((*slot)->appraiser != appraiser || (*slot)->ticket != ticket))
		slot = &(*slot)->next;
	return slot;
}

static void
pending_free(struct pending *p)
{
	free(p->encoded);
	free(p);
}

static struct pending *
pending_new(unsigned appraiser, uint64_t ticket)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		log_fatal("out-of-memory", "no memory for a request");
	p->appraiser = appraiser;
	p->ticket = ticket;
	return p;
}

/* The pending certificate with that ticket, made if there is none. */
static struct pending *
pending_certificate(struct ledgerd *l, unsigned appraiser, uint64_t ticket)
{
	struct pending **slot = pending_slot(l, appraiser, ticket);

	if (*slot == NULL) {
		*slot = pending_new(appraiser, ticket);
		l->appraiser[appraiser].waiting++;
	}
	return *slot;
}

static void
pending_unlink(struct ledgerd *l, struct pending **slot)
{
	struct pending *p = *slot;

	*slot = p->next;
	l->appraiser[p->appraiser].waiting--;
}

/* --- what is released ---------------------------------------------------------- */

static void
log_release(const struct pending *p)
{
	const struct ledger_row *row = &p->row;
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, p->kind == LEDGER_SECRET
		? "secret-released" : "certificate-issued");
	log_hex(&l, "request", p->request_id, REQUEST_ID_SIZE);
	log_bytes(&l, "peer", row->peer.p, row->peer.n);
	log_int(&l, "row", p->row_id);
	log_bytes(&l, "entry", row->entry.p, row->entry.n);
	log_bytes(&l, "verdict", row->verdict.p, row->verdict.n);
	log_hex(&l, "mrenclave", row->mrenclave, 32);
	if (p->kind == LEDGER_CERTIFICATE) {
		const struct ca_certificate *c = &p->answer.certificate;

		log_hex(&l, "serial", c->serial, CA_SERIAL_SIZE);
		log_text(&l, "binding",
		    ca_binding_name((enum ca_binding)row->binding));
		log_text(&l, "assurance",
		    ca_assurance_name((enum ca_assurance)row->assurance));
		log_time(&l, "not_after", c->not_after);
	}
	log_end(&l);
}

static void
record_refusal(struct ledgerd *l, const struct refusal *r)
{
	struct dci_failure f;

	if (l->full || refusals_add(l->refusals, r, &f) == 0)
		return;
	l->full = true;
	log_fail(LOG_LEVEL_WARN, "refusals-not-recorded", &f);
}

static void
log_refusal(struct ledgerd *l, const uint8_t *request_id, struct bytes peer,
    const struct dci_failure *failure)
{
	struct log_line line;

	if (!tally_tells(l->logged, failure->code, peer, child_now()))
		return;
	log_begin(&line, LOG_LEVEL_WARN, "refused");
	log_hex(&line, "request", request_id, REQUEST_ID_SIZE);
	log_bytes(&line, "peer", peer.p, peer.n);
	log_failure(&line, failure);
	log_end(&line);
}

static bool
log_sum(const struct tally_sum *sum, void *arg)
{
	struct log_line line;

	(void)arg;
	log_begin(&line, LOG_LEVEL_WARN, "refused-more");
	log_text(&line, "code", dci_code_name(sum->code));
	log_int(&line, "count", sum->count);
	log_text(&line, "peer", sum->peer);
	log_time(&line, "since", sum->since);
	log_time(&line, "last", sum->last);
	log_end(&line);
	return true;
}

static struct bytes
text_bytes(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void
refuse_pending(struct ledgerd *l, const struct pending *p)
{
	int64_t now = child_now();
	struct refusal r = {.time = now,
	    .code = text_bytes(dci_code_name(p->failure.code)),
	    .sentence = text_bytes(p->failure.sentence),
	    .count = 1,
	    .last = now};

	memcpy(r.request_id, p->request_id, sizeof(r.request_id));
	if (p->encoded != NULL) {
		r.peer = p->row.peer;
		r.record = p->row.record;
	}
	log_refusal(l, p->request_id, r.peer, &p->failure);
	record_refusal(l, &r);
}

static void
release(struct ledgerd *l, const struct pending *p)
{
	struct channel *worker = l->worker[p->appraiser].channel;
	struct m_release m = {.connection = p->connection, .kind = p->kind};
	struct writer w CLEANUP(writer_free) = writer_new(RELEASE_MAX);

	m.failure = p->failure;
	if (worker == NULL)
		return;
	if (p->failure.code == DCI_OK && p->kind == LEDGER_SECRET) {
		writer_put(&w, l->secret, l->secret_size);
	} else if (p->failure.code == DCI_OK) {
		writer_blob32(&w, p->answer.certificate.der,
		    p->answer.certificate.n);
		writer_put(&w, l->issuing.p, l->issuing.n);
		writer_put(&w, l->root.p, l->root.n);
	}
	if (w.failed)
		log_fatal("internal-error", "a release of too many bytes");
	channel_send(worker, M_RELEASE, &m, (struct bytes){w.data, w.n}, -1);
}

/* --- the batch ------------------------------------------------------------------ */

static int
append(struct ledgerd *l, struct pending *p)
{
	const struct ca_certificate *c = &p->answer.certificate;
	const struct ledger_row *row = &p->row;

	if (p->kind == LEDGER_SECRET &&
	    ledger_evidence_used(l->ledger, row->evidence_digest))
		return dci_fail(&p->failure, DCI_EVIDENCE_REUSED,
		    "A certificate was already issued on this evidence. Make "
		    "a new quote and try again.");
	int bad = p->kind == LEDGER_SECRET
	    ? ledger_append(l->ledger, row, (struct bytes){0}, NULL, 0,
		  child_now(), &p->row_id, &p->failure)
	    : ledger_append(l->ledger, row, (struct bytes){c->der, c->n},
		  c->serial, c->not_after, child_now(), &p->row_id, &p->failure);
	if (bad != 0)
		return -1;
	p->failure.code = DCI_OK;
	return 0;
}

static bool
is_about_the_row(enum dci_code code)
{
	return code == DCI_EVIDENCE_REUSED || code == DCI_CLOCK_BEHIND ||
	    code == DCI_SECRET_RELEASED_TOO_OFTEN;
}

/* Stores what can be stored; false if the whole batch failed, with *f. */
static bool
store_batch(struct ledgerd *l, struct dci_failure *f)
{
	struct pending *p;
	size_t appended = 0;

	if (ledger_begin(l->ledger, f) != 0)
		return false;
	STAILQ_FOREACH (p, &l->batch, in_batch) {
		if (append(l, p) == 0) {
			appended++;
		} else if (!is_about_the_row(p->failure.code)) {
			*f = p->failure;
			ledger_rollback(l->ledger);
			return false;
		}
	}
	if (appended == 0) {
		ledger_rollback(l->ledger);
		return true;
	}
	if (ledger_commit(l->ledger, f) != 0) {
		ledger_rollback(l->ledger);
		return false;
	}
	return true;
}

static void
finish(struct ledgerd *l, struct pending *p)
{
	if (p->failure.code != DCI_OK)
		refuse_pending(l, p);
	release(l, p);
	if (p->failure.code == DCI_OK)
		log_release(p);
	pending_free(p);
}

static void
on_commit(evutil_socket_t fd, short what, void *arg)
{
	struct ledgerd *l = arg;
	struct dci_failure f;
	struct pending *p;

	(void)fd;
	(void)what;
	if (STAILQ_EMPTY(&l->batch))
		return;
	bool stored = store_batch(l, &f);
	if (!stored)
		log_fail(LOG_LEVEL_ERROR, "ledger-not-written", &f);
	l->full = l->full && !stored;
	while ((p = STAILQ_FIRST(&l->batch)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->batch, in_batch);
		if (!stored && p->failure.code == DCI_OK)
			p->failure = f;
		finish(l, p);
	}
	l->batched = 0;
	/* What is on disk is no longer known: begin anew from what is there. */
	if (!stored && f.code == DCI_LEDGER_IO)
		log_fatal("ledger-not-written", "starting again");
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	struct ledgerd *l = arg;
	struct dci_failure f;

	(void)fd;
	(void)what;
	tally_each(l->logged, child_now(), false, log_sum, NULL);
	if (refusals_flush(l->refusals, &f) != 0) {
		if (!l->full)
			log_fail(LOG_LEVEL_WARN, "refusals-not-recorded", &f);
		l->full = true;
	} else {
		l->full = false;
	}
}

/* --- what comes in ---------------------------------------------------------------- */

static void
enqueue(struct ledgerd *l, struct pending *p)
{
	STAILQ_INSERT_TAIL(&l->batch, p, in_batch);
	l->batched++;
	/* Of lower priority: runs when nothing is left to read. */
	if (l->batched < BATCH_MAX)
		event_active(l->commit, EV_TIMEOUT, 0);
	else
		on_commit(-1, 0, l);
}

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
	pending_unlink(l, pending_slot(l, p->appraiser, p->ticket));
	if (p->answer.failure.code != DCI_OK) {
		p->failure = p->answer.failure;
		finish(l, p);
		return;
	}
	if (memcmp(p->answer.row_digest, p->row_digest, 32) != 0) {
		refuse_appraiser(l, p->appraiser,
		    "one row for the signer, another one for the ledger");
		pending_free(p);
		return;
	}
	enqueue(l, p);
}

/* Keeps the row, decoded once.  False if it is not what it should be. */
static bool
take_row(struct pending *p, const struct m_row *in, struct bytes encoded)
{
	p->encoded = malloc(encoded.n + 1);
	if (p->encoded == NULL)
		log_fatal("out-of-memory", "no memory for a row");
	memcpy(p->encoded, encoded.p, encoded.n);
	if (in->kind == LEDGER_CERTIFICATE)
		sha256(p->row_digest, p->encoded, encoded.n);
	p->connection = in->connection;
	p->kind = in->kind;
	memcpy(p->request_id, in->request_id, sizeof(p->request_id));
	return ledger_row_decode(&p->row,
		   (struct bytes){p->encoded, encoded.n}) &&
	    p->row.kind == in->kind &&
	    memcmp(p->row.request_id, in->request_id, REQUEST_ID_SIZE) == 0;
}

static void
on_secret_row(struct ledgerd *l, struct channel *c, unsigned appraiser,
    const struct message *m)
{
	struct m_row in = MESSAGE_FIXED(struct m_row, m);
	struct pending *p = pending_new(appraiser, in.ticket);

	if (!take_row(p, &in, m->tail)) {
		pending_free(p);
		channel_refuse(c, "a row that does not parse");
		return;
	}
	enqueue(l, p);
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
	struct pending *p = pending_certificate(l, appraiser, in.ticket);
	if (p->encoded != NULL ||
	    l->appraiser[appraiser].waiting > LIMIT_CONNECTIONS) {
		channel_refuse(c, "rows that nobody can have asked for");
		return;
	}
	if (!take_row(p, &in, m->tail)) {
		pending_unlink(l, pending_slot(l, appraiser, in.ticket));
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
	struct pending *p = pending_certificate(l, in.appraiser, in.ticket);
	if (p->is_signed ||
	    l->appraiser[in.appraiser].waiting > LIMIT_CONNECTIONS) {
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
	int64_t now = child_now();

	if (in.evidence > m->tail.n || in.count == 0 ||
	    (unsigned)in.failure.code >= DCI_CODES) {
		channel_refuse(c, "a refusal that does not parse");
		return;
	}
	in.peer[PEER_SIZE - 1] = '\0';
	in.failure.sentence[DCI_SENTENCE_MAX - 1] = '\0';
	size_t record = m->tail.n - in.evidence;
	struct refusal r = {.time = now,
	    .peer = text_bytes(in.peer),
	    .code = text_bytes(dci_code_name(in.failure.code)),
	    .sentence = text_bytes(in.failure.sentence),
	    .count = in.count,
	    .last = now};
	if (record > 0)
		r.record = (struct bytes){m->tail.p, record};
	if (in.evidence > 0)
		r.evidence =
		    (struct bytes){m->tail.p + record, in.evidence};
	memcpy(r.request_id, in.request_id, sizeof(r.request_id));
	if (in.count == 1)
		log_refusal(l, in.request_id, r.peer, &in.failure);
	else
		tally_count(l->logged, in.failure.code, r.peer, in.count, now);
	record_refusal(l, &r);
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

/* What an appraiser that is gone had asked for will not be completed. */
static void
forget_appraiser(struct ledgerd *l, unsigned index)
{
	for (size_t i = 0; i < PENDING_BUCKETS; i++) {
		struct pending **slot = &l->bucket[i];

		while (*slot != NULL) {
			struct pending *p = *slot;

			if (p->appraiser != index) {
				slot = &p->next;
				continue;
			}
			pending_unlink(l, slot);
			pending_free(p);
		}
	}
}

static void ledger_stop(struct child *);

static void
on_closed(struct channel *c, void *arg)
{
	struct peer_end *end = arg;

	if (end == &end->ledgerd->signer) {
		ledger_stop(end->ledgerd->child);
		_exit(0);
	}
	if (channel_refused(c))
		child_complain(end->ledgerd->child, end->role, end->index);
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
	on_commit(-1, 0, l);
	if (role == ROLE_APPRAISER) {
		end = &l->appraiser[index];
		forget_appraiser(l, index);
	} else if (role == ROLE_WORKER) {
		end = &l->worker[index];
	}
	channel_free(end->channel);
	*end = (struct peer_end){.ledgerd = l, .role = role, .index = index};
	end->channel = channel_new(child->base, fd, ROLE_LEDGER, role,
	    on_message, on_closed, end);
}

/* --- content addressed: policies and collateral ------------------------------------- */

static void
put_policy(struct ledgerd *l, int fd)
{
	struct dci_failure f;
	uint8_t digest[32];
	struct bytes text = child_read(fd, "policy", LIMIT_CONFIG);

	sha256(digest, text.p, text.n);
	if (ledger_put_policy(l->ledger, digest, text, &f) != 0)
		log_fatal("start-failed", "%s", f.sentence);
	free((void *)text.p);
}

/* As dci_snapshot_digest() defines it. */
static void
snapshot_digest(uint8_t out[static 32],
    const struct bytes document[static LEDGER_DOCUMENTS])
{
	uint8_t all[LEDGER_DOCUMENTS][32] = {{0}};

	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		if (document[i].p != NULL)
			sha256(all[i], document[i].p, document[i].n);
	}
	sha256(out, all, sizeof(all));
}

static void
put_collateral(struct ledgerd *l, int fd)
{
	struct bytes text = child_read(fd, "collateral",
	    COLLATERAL_SETS * LIMIT_BUNDLE);
	struct collateral_set *set = collateral_set_open(text);

	for (size_t i = 0; i < collateral_set_size(set); i++) {
		struct dci_collateral c = collateral_set_documents(set, i);
		struct bytes document[LEDGER_DOCUMENTS];
		uint8_t digest[32];
		struct dci_failure f;

		_Static_assert(
		    LEDGER_DOCUMENTS == (int)DCI_DOCUMENTS, "documents");
		for (size_t d = 0; d < LEDGER_DOCUMENTS; d++)
			document[d] =
			    (struct bytes){c.doc[d].data, c.doc[d].n};
		snapshot_digest(digest, document);
		if (ledger_put_snapshot(l->ledger, digest, document, &f) != 0)
			log_fatal("start-failed", "%s", f.sentence);
	}
	collateral_set_free(set);
	free((void *)text.p);
}

static void
ledger_reload(struct child *child, enum file_kind kind, int fd)
{
	if (kind == FILE_POLICY)
		put_policy(child->state, fd);
	else if (kind == FILE_COLLATERAL)
		put_collateral(child->state, fd);
	else
		log_fatal("ipc", "unexpected file %d", kind);
}

/* --- start and stop -------------------------------------------------------------------- */

static const char default_secret[] = "RA Delegation Process";

static void
read_secret(struct ledgerd *l)
{
	int fd = l->child->file[FILE_WRAP_KEY];

	if (!l->child->start.has_secret) {
		l->secret_size = sizeof(default_secret); /* with its NUL */
		l->secret = malloc(sizeof(default_secret));
		if (l->secret == NULL)
			log_fatal("start-failed", "out of memory");
		memcpy(l->secret, default_secret, sizeof(default_secret));
		return;
	}
	struct bytes b = child_read(fd, "wrap_key", LIMIT_SECRET);
	if (b.n == 0)
		log_fatal("start-failed", "wrap_key is empty");
	l->secret = (uint8_t *)b.p;
	l->secret_size = b.n;
	if (mlock(l->secret, l->secret_size) != 0)
		log_note(LOG_LEVEL_WARN, "memory-not-locked",
		    "the secret may be swapped out: raise RLIMIT_MEMLOCK");
	close(fd);
	l->child->file[FILE_WRAP_KEY] = -1;
}

static struct bytes
read_framed(int fd, const char *what)
{
	struct bytes pem = child_read(fd, what, LIMIT_PEM), der = {0};
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *x CLEANUP(cleanup_x509) =
	    bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	struct writer w = writer_new(CA_CERTIFICATE_MAX + 4);
	uint8_t *out = NULL;
	int n = x != NULL ? i2d_X509(x, &out) : -1;

	if (n <= 0)
		log_fatal("start-failed", "%s is no certificate", what);
	writer_blob32(&w, out, (size_t)n);
	OPENSSL_free(out);
	free((void *)pem.p);
	if (w.failed)
		log_fatal("start-failed", "%s is too large", what);
	der.p = w.data;
	der.n = w.n;
	return der;
}

static void
ledger_start(struct child *child)
{
	struct ledgerd *l = calloc(1, sizeof(*l));

	if (l == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = l;
	l->child = child;
	STAILQ_INIT(&l->batch);
	l->logged = tally_new();
	read_secret(l);
	l->issuing =
	    read_framed(child->file[FILE_ISSUING_CRT], "the issuing CA");
	l->root = read_framed(child->file[FILE_ROOT_CRT], "the root CA");
	l->commit = event_new(child->base, -1, 0, on_commit, l);
	l->flush = event_new(child->base, -1, EV_PERSIST, on_flush, l);
	if (l->commit == NULL || l->flush == NULL ||
	    event_priority_set(l->commit, 1) != 0)
		log_fatal("start-failed", "no events");
}

/* The database is opened locked in, by the user who owns it. */
static void
ledger_locked(struct child *child)
{
	struct ledgerd *l = child->state;
	struct dci_failure f;

	l->ledger = ledger_open("ledger.db", &f);
	if (l->ledger == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	l->refusals = refusals_open("refusals.db", LIMIT_REFUSALS_BYTES, &f);
	if (l->refusals == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	put_policy(l, child->file[FILE_POLICY]);
	put_collateral(l, child->file[FILE_COLLATERAL]);
	const struct timeval every = {0, REFUSALS_FLUSH_MICROSECONDS};

	event_add(l->flush, &every);
}

static void
ledger_stop(struct child *child)
{
	struct ledgerd *l = child->state;
	struct dci_failure f;

	on_commit(-1, 0, l);
	tally_each(l->logged, child_now(), true, log_sum, NULL);
	if (refusals_flush(l->refusals, &f) != 0)
		log_fail(LOG_LEVEL_WARN, "refusals-not-recorded", &f);
	refusals_close(l->refusals);
	ledger_close(l->ledger);
	wipe(l->secret, l->secret_size);
}

const struct child_role role_ledger = {.role = ROLE_LEDGER,
    .start = ledger_start,
    .locked = ledger_locked,
    .peer = ledger_peer,
    .reload = ledger_reload,
    .stop = ledger_stop};
