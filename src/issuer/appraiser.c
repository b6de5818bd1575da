/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The appraiser: parses what clients send (certificate, quote, CSR), verifies
 * it and applies the policy.  It has no sockets but its channels, no key and no
 * files.  What it decides goes to the ledger as a row, and to the signer as a
 * request of fixed size.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/rand.h>

#include "appraisal/json.h"
#include "base/digest.h"
#include "issuer/child.h"
#include "issuer/collateral_set.h"
#include "issuer/policy_file.h"
#include "issuer/reporter.h"

#define CLIENT_BUCKETS 4096
#define PLATFORMS      256 /* in the cache: about 5 MB */

/* One admitted client, from its verdict to its certificate. */
struct client {
	struct client *next; /* in its bucket */
	connection_id connection;
	uint8_t request_id[REQUEST_ID_SIZE];
	uint64_t ticket; /* ours, unlike the names that the worker gives */
	char peer[PEER_SIZE];
	uint8_t *certificate; /* owned; the appraisal points into it */
	/* The appraisal's texts may point into the collateral. */
	struct reference *reference;
	struct dci_appraisal appraisal;
};

/* Policy and collateral, replaced as a whole, and what is known of platforms
 * with it; kept while a client's appraisal was made against it. */
struct reference {
	unsigned users;
	struct dci_policy *policy;
	struct collateral_set *collateral;
	struct dci_cache *cache;
};

struct appraiser {
	struct child *child;
	struct reference *reference;
	struct channel *worker, *signer, *ledger;
	struct reporter *reporter;
	/* Kept, so that not every row grows them anew; no secrets in them. */
	struct writer record, row;
	struct client *bucket[CLIENT_BUCKETS];
	/* Begins anywhere: what an earlier appraiser of this index asked for
	 * may still be on its way. */
	uint64_t next_ticket;
};

static void
reference_release(struct reference *r)
{
	if (--r->users > 0)
		return;
	dci_policy_free(r->policy);
	collateral_set_free(r->collateral);
	dci_cache_free(r->cache);
	free(r);
}

static void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	if (c->reference != NULL)
		reference_release(c->reference);
	free(c->certificate);
	free(c);
}

static struct client **
client_slot(struct appraiser *a, connection_id id)
{
	struct client **slot = &a->bucket[id % CLIENT_BUCKETS];

	while (*slot != NULL && (*slot)->connection != id)
		slot = &(*slot)->next;
	return slot;
}

static void
client_forget(struct appraiser *a, connection_id id)
{
	struct client **slot = client_slot(a, id), *c = *slot;

	if (c == NULL)
		return;
	*slot = c->next;
	client_free(c);
}

/* --- what is sent ----------------------------------------------------------- */

static void
send_verdict(struct appraiser *a, connection_id id,
    const struct dci_failure *failure)
{
	struct m_verdict verdict = {.connection = id};

	verdict.failure.code = DCI_OK;
	if (failure != NULL)
		verdict.failure = *failure;
	channel_send(a->worker, M_VERDICT, &verdict, (struct bytes){0}, -1);
}

/* The quote is kept for later only where it is genuine: anyone can send
 * anything else. */
static void
send_refusal(struct appraiser *a, const struct client *c)
{
	const struct dci_appraisal *p = &c->appraisal;
	struct writer w CLEANUP(writer_free) =
	    writer_new(RECORD_MAX + LIMIT_QUOTE);
	struct m_refusal refusal = {.failure = p->failure};

	memcpy(refusal.request_id, c->request_id, sizeof(refusal.request_id));
	memcpy(refusal.peer, c->peer, sizeof(refusal.peer));
	appraisal_json(&w, p);
	if (p->has_evidence && p->verification.has_tcb) {
		refusal.evidence = (uint32_t)p->evidence.quote_size;
		writer_put(&w, p->evidence.quote, p->evidence.quote_size);
	}
	if (w.failed) {
		refusal.evidence = 0;
		w.n = 0;
	}
	reporter_refusal(a->reporter, &refusal, (struct bytes){w.data, w.n});
}

static void
refuse(struct appraiser *a, struct client *c)
{
	send_refusal(a, c);
	send_verdict(a, c->connection, &c->appraisal.failure);
	client_forget(a, c->connection);
}

/* The quote in two parts: its certification data, the PCK chain, is the same
 * for all quotes of a platform and stored once. */
static void
row_of(struct ledger_row *row, const struct client *c, enum ledger_kind kind,
    struct bytes csr, struct bytes record)
{
	const struct dci_appraisal *p = &c->appraisal;
	const struct dci_verification *v = &p->verification;
	const struct dci_sgx_report *enclave = &v->quote.report;
	size_t head = (size_t)(v->quote.cert_data - p->evidence.quote);

	*row = (struct ledger_row){.kind = kind,
	    .evaluated = p->time,
	    .newest_issued = v->newest_issued,
	    .tee = (uint8_t)v->quote.tee,
	    .status = (uint8_t)v->status,
	    .binding = p->evidence_bound ? CA_EVIDENCE : CA_CHANNEL,
	    .assurance = (uint8_t)p->assurance,
	    .debug = v->debug,
	    .isv_prod_id = enclave->isv_prod_id,
	    .isv_svn = enclave->isv_svn,
	    .peer = {(const uint8_t *)c->peer, strlen(c->peer)},
	    .entry = {(const uint8_t *)p->entry_name, strlen(p->entry_name)},
	    .quote = {p->evidence.quote, head},
	    .pck_chain = {v->quote.cert_data, v->quote.cert_data_size},
	    .quote_padding = (uint32_t)v->quote.padding,
	    .claims = {p->evidence.claims, p->evidence.claims_size},
	    .spki = {p->evidence.spki, p->evidence.spki_size},
	    .csr = csr,
	    .record = record};
	const char *verdict = dci_status_name(v->status);
	row->verdict =
	    (struct bytes){(const uint8_t *)verdict, strlen(verdict)};
	memcpy(row->request_id, c->request_id, sizeof(row->request_id));
	memcpy(row->mrenclave, enclave->mrenclave, 32);
	memcpy(row->mrsigner, enclave->mrsigner, 32);
	memcpy(row->evidence_digest, v->evidence, 32);
	memcpy(row->policy_digest, p->policy_digest, 32);
	memcpy(row->snapshot_digest, p->snapshot_digest, 32);
}

static void
writer_begin(struct writer *w)
{
	w->n = 0;
	w->failed = false;
}

static bool
send_row(struct appraiser *a, struct client *c, enum ledger_kind kind,
    struct bytes csr)
{
	struct m_row m = {.connection = c->connection, .kind = kind};
	struct ledger_row row;

	writer_begin(&a->record);
	writer_begin(&a->row);
	appraisal_json(&a->record, &c->appraisal);
	row_of(&row, c, kind, csr,
	    (struct bytes){a->record.data, a->record.n});
	ledger_row_encode(&a->row, &row);
	if (a->record.failed || a->row.failed) {
		dci_fail(&c->appraisal.failure, DCI_INTERNAL,
		    "The ledger row for this request would be larger than "
		    "%u bytes.",
		    LEDGER_ROW_MAX);
		return false;
	}
	m.ticket = c->ticket;
	memcpy(m.request_id, c->request_id, sizeof(m.request_id));
	channel_send(a->ledger, M_ROW, &m,
	    (struct bytes){a->row.data, a->row.n}, -1);
	return true;
}

/* For the row that was sent last. */
static void
send_sign(struct appraiser *a, const struct client *c,
    const struct ec_point *key)
{
	const struct dci_verification *v = &c->appraisal.verification;
	struct m_sign q = {.key = *key,
	    .entry = (uint32_t)c->appraisal.entry,
	    .tee = v->quote.tee,
	    .status = v->status,
	    .isv_prod_id = v->quote.report.isv_prod_id,
	    .isv_svn = v->quote.report.isv_svn,
	    .flags = v->quote.report.flags,
	    .binding = c->appraisal.evidence_bound ? CA_EVIDENCE : CA_CHANNEL,
	    .assurance = (enum ca_assurance)c->appraisal.assurance,
	    .earliest_next_update = v->earliest_next_update,
	    .expiry_tolerated = v->expired_by > 0,
	    .newest_issued = v->newest_issued};

	q.ticket = c->ticket;
	sha256(q.row_digest, a->row.data, a->row.n);
	memcpy(q.policy_digest, c->appraisal.policy_digest, 32);
	memcpy(q.mrenclave, v->quote.report.mrenclave, 32);
	memcpy(q.mrsigner, v->quote.report.mrsigner, 32);
	memcpy(q.evidence_digest, v->evidence, 32);
	channel_send(a->signer, M_SIGN, &q, (struct bytes){0}, -1);
}

/* --- what is received ------------------------------------------------------- */

static void
warn_about(const struct client *c)
{
	const struct dci_appraisal *p = &c->appraisal;
	struct log_line l;

	if (c->reference->policy->admits_any) {
		log_begin(&l, LOG_LEVEL_WARN, "any-enclave-admitted");
		log_hex(&l, "request", c->request_id, sizeof(c->request_id));
		log_text(&l, "message",
		    "admitted by RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE=1 without "
		    "any measurement configured");
		log_hex(&l, "mrenclave",
		    p->verification.quote.report.mrenclave, 32);
		log_end(&l);
	}
	if (p->verification.expired_by > 0) {
		log_begin(&l, LOG_LEVEL_WARN, "expired-collateral-tolerated");
		log_hex(&l, "request", c->request_id, sizeof(c->request_id));
		log_text(&l, "what", p->verification.earliest_what);
		log_int(&l, "expired_seconds", p->verification.expired_by);
		log_end(&l);
	}
}

static void
on_evidence(struct appraiser *a, const struct message *m)
{
	struct m_evidence e = MESSAGE_FIXED(struct m_evidence, m);
	struct client *c = malloc(sizeof(*c));

	if (c == NULL || (c->certificate = malloc(m->tail.n + 1)) == NULL)
		log_fatal("out-of-memory", "no memory for a client");
	client_forget(a, e.connection);
	if (m->tail.n > 0)
		memcpy(c->certificate, m->tail.p, m->tail.n);
	c->connection = e.connection;
	c->ticket = a->next_ticket++;
	memcpy(c->request_id, e.request_id, sizeof(c->request_id));
	memcpy(c->peer, e.peer, sizeof(c->peer));
	c->peer[PEER_SIZE - 1] = '\0';
	c->reference = a->reference;
	c->reference->users++;
	struct client **slot = client_slot(a, e.connection);
	c->next = *slot;
	*slot = c;

	struct dci_reference reference = {.policy = c->reference->policy,
	    .anchor = &a->child->start.anchor,
	    .simulated = a->child->start.simulated,
	    .choose = collateral_set_choose,
	    .choose_arg = c->reference->collateral,
	    .cache = c->reference->cache};
	if (dci_appraise(&c->appraisal, &reference, c->certificate, m->tail.n,
		child_now()) != 0) {
		refuse(a, c);
		return;
	}
	warn_about(c);
	send_verdict(a, e.connection, NULL);
}

static void
on_wanted(struct appraiser *a, const struct message *m)
{
	struct client *c = *client_slot(a,
	    MESSAGE_FIXED(struct m_connection, m).connection);

	if (c == NULL)
		log_fatal("ipc", "a secret for a client that was not admitted");
	if (!send_row(a, c, LEDGER_SECRET, (struct bytes){0}))
		refuse(a, c);
}

/* Which check a code of csr_verify() belongs to. */
static enum dci_check_id
check_of(enum dci_code code)
{
	switch (code) {
	case DCI_CSR_KEY_UNSUPPORTED:
	case DCI_CSR_KEY_INVALID:
		return DCI_CHECK_CSR_KEY;
	case DCI_CSR_ALGORITHM_UNSUPPORTED:
	case DCI_CSR_SIGNATURE_INVALID:
		return DCI_CHECK_CSR_SIGNATURE;
	default:
		return DCI_CHECK_CSR_FORM;
	}
}

/* The CSR: possession of its key, and where the evidence names a key, that
 * one and no other (PROTOCOL.md, "Evidence binding"). */
static int
appraise_csr(struct dci_appraisal *p, struct bytes der, struct ec_point *key)
{
	struct bytes spki;
	uint8_t digest[32];

	if (csr_verify(der, key, &spki, &p->failure) != 0) {
		struct dci_check *check = dci_checks_add(&p->policy_checks,
		    check_of(p->failure.code), DCI_FAIL, p->failure.code);
		snprintf(check->found, sizeof(check->found), "%.*s",
		    (int)sizeof(check->found) - 1, p->failure.sentence);
		return -1;
	}
	dci_checks_pass(&p->policy_checks, DCI_CHECK_CSR_FORM, NULL);
	dci_checks_pass(&p->policy_checks, DCI_CHECK_CSR_KEY, NULL);
	dci_checks_pass(&p->policy_checks, DCI_CHECK_CSR_SIGNATURE, NULL);
	if (!p->evidence.has_csr_key) {
		dci_checks_skip(&p->policy_checks, DCI_CHECK_CSR_ATTESTED,
		    "the evidence names no key: bound to the channel only");
		return 0;
	}
	sha256(digest, spki.p, spki.n);
	if (!bytes_equal_secret(digest, p->evidence.csr_key, sizeof(digest)))
		return dci_checks_fail(&p->policy_checks, &p->failure,
		    DCI_CHECK_CSR_ATTESTED, DCI_CSR_KEY_NOT_ATTESTED,
		    "the key named by the claim dci-csr-key", "another key");
	dci_checks_pass(&p->policy_checks, DCI_CHECK_CSR_ATTESTED,
	    "the key named by the claim dci-csr-key");
	return 0;
}

static void
on_csr(struct appraiser *a, const struct message *m)
{
	struct client *c = *client_slot(a,
	    MESSAGE_FIXED(struct m_connection, m).connection);
	struct ec_point key;

	if (c == NULL)
		log_fatal("ipc", "a CSR of a client that was not admitted");
	if (appraise_csr(&c->appraisal, m->tail, &key) != 0 ||
	    !send_row(a, c, LEDGER_CERTIFICATE, m->tail)) {
		refuse(a, c);
		return;
	}
	send_sign(a, c, &key);
	client_forget(a, c->connection);
}

static void
on_worker(struct channel *channel, const struct message *m, void *arg)
{
	struct appraiser *a = arg;

	(void)channel;
	switch (m->type) {
	case M_EVIDENCE:
		on_evidence(a, m);
		break;
	case M_WANTED:
		on_wanted(a, m);
		break;
	case M_CSR:
		on_csr(a, m);
		break;
	case M_GONE:
		client_forget(a,
		    MESSAGE_FIXED(struct m_connection, m).connection);
		break;
	default:
		log_fatal("ipc", "unexpected message %d", m->type);
	}
}

static void
on_silent_peer(struct channel *c, const struct message *m, void *arg)
{
	(void)c;
	(void)arg;
	log_fatal("ipc", "unexpected message %d", m->type);
}

/* Worker and appraiser live and die together; without signer or ledger the
 * parent restarts everything. */
static void
on_peer_closed(struct channel *c, void *arg)
{
	(void)c;
	(void)arg;
	_exit(0);
}

static void
appraiser_peer(struct child *child, enum role role, unsigned index, int fd)
{
	struct appraiser *a = child->state;
	struct channel *c = channel_new(child->base, fd, ROLE_APPRAISER, role,
	    role == ROLE_WORKER ? on_worker : on_silent_peer, on_peer_closed,
	    a);

	(void)index;
	if (role == ROLE_WORKER)
		a->worker = c;
	else if (role == ROLE_SIGNER)
		a->signer = c;
	else if (role == ROLE_LEDGER)
		reporter_connect(a->reporter, a->ledger = c);
	else
		log_fatal("ipc", "unexpected peer");
}

static struct collateral_set *
read_collateral(struct appraiser *a, int fd)
{
	struct bytes text = child_read(fd, "collateral",
	    COLLATERAL_SETS * LIMIT_BUNDLE);
	struct collateral_set *set = collateral_set_open(text);

	free((void *)text.p);
	collateral_set_verify(set, &a->child->start.anchor);
	return set;
}

static struct reference *
reference_new(struct dci_policy *policy, struct collateral_set *collateral)
{
	struct reference *r = calloc(1, sizeof(*r));

	struct dci_cache *cache = dci_cache_new(PLATFORMS);

	if (r == NULL || cache == NULL)
		log_fatal("start-failed", "out of memory");
	*r = (struct reference){1, policy, collateral, cache};
	return r;
}

/* Policy and collateral come one after the other, policy first. */
static void
appraiser_reload(struct child *child, enum file_kind kind, int fd)
{
	struct appraiser *a = child->state;
	static struct dci_policy *waiting;

	if (kind == FILE_POLICY) {
		dci_policy_free(waiting);
		waiting = policy_file_read(fd);
		return;
	}
	if (kind != FILE_COLLATERAL || waiting == NULL)
		log_fatal("ipc", "unexpected file %d", kind);
	struct reference *old = a->reference;
	a->reference = reference_new(TAKE(waiting), read_collateral(a, fd));
	reference_release(old);
}

static void
report_collateral(const struct collateral_set *set)
{
	struct dci_failure f;

	for (size_t i = 0; i < collateral_set_size(set); i++) {
		if (dci_snapshot_check(collateral_set_snapshot(set, i), &f) != 0)
			log_fail(LOG_LEVEL_WARN, "collateral-unusable", &f);
	}
}

static void
appraiser_start(struct child *child)
{
	struct appraiser *a = calloc(1, sizeof(*a));

	if (a == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = a;
	a->child = child;
	if (RAND_bytes((uint8_t *)&a->next_ticket, sizeof(a->next_ticket)) != 1)
		log_fatal("start-failed", "no random numbers");
	a->reporter = reporter_new(child->base);
	a->record = writer_new(RECORD_MAX);
	a->row = writer_new(LEDGER_ROW_MAX);
	a->reference = reference_new(
	    policy_file_read(child->file[FILE_POLICY]),
	    read_collateral(a, child->file[FILE_COLLATERAL]));
	if (child->start.index == 0)
		report_collateral(a->reference->collateral);
}

static void
appraiser_stop(struct child *child)
{
	struct appraiser *a = child->state;

	reporter_flush(a->reporter);
}

const struct child_role role_appraiser = {.role = ROLE_APPRAISER,
    .start = appraiser_start,
    .peer = appraiser_peer,
    .reload = appraiser_reload,
    .stop = appraiser_stop};
