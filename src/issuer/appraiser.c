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

#include "base/digest.h"
#include "base/text.h"
#include "ca/ca.h"
#include "issuer/submit.h"
#include "issuer/waiting.h"

#define PLATFORMS 256 /* in the cache: about 5 MB */

static void
refuse(struct appraiser *a, struct client *c)
{
	submit_refusal(a, c);
	client_forget(a, c->connection);
}

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
		log_hex(&l, "mrenclave", p->verification.quote.report.mrenclave,
		    32);
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

static int
appraise(struct appraiser *a, struct client *c)
{
	struct dci_reference reference = {.policy = c->reference->policy,
	    .anchor = &a->child->start.anchor,
	    .simulated = a->child->start.simulated,
	    .choose = collateral_set_choose,
	    .choose_arg = c->reference->collateral,
	    .cache = a->cache};

	return dci_appraise(&c->appraisal, &reference, c->certificate,
	    c->certificate_size, child_now());
}

/* Of collateral by which a genuine quote was judged: what was waited for is
 * kept for that alone. */
static void
tell_usage(struct appraiser *a, const struct dci_verification *v, bool waited)
{
	struct m_want used = {
	    .platform = {.tee = v->quote.tee, .platform_ca = v->platform_ca}};

	if (!v->has_tcb || a->collector == NULL)
		return;
	memcpy(used.platform.fmspc, v->fmspc, sizeof(v->fmspc));
	if (usage_due(&a->usage, &used.platform, child_now()) || waited)
		channel_send(
		    a->collector, M_USED, &used, (struct bytes){0}, -1);
}

void
client_appraise(struct appraiser *a, struct client *c)
{
	struct reference *old = c->reference;
	bool waited = c->wait != NULL;

	c->reference = reference_hold(references_in_use(a->references));
	reference_release(old);
	int bad = appraise(a, c);
	if (bad != 0 &&
	    c->appraisal.failure.code == DCI_COLLATERAL_UNAVAILABLE &&
	    waiting_enter(a->waiting, c))
		return;
	waiting_leave(a->waiting, c, "it is there");
	tell_usage(a, &c->appraisal.verification, waited);
	if (bad != 0) {
		refuse(a, c);
		return;
	}
	warn_about(c);
	submit_admission(a, c);
}

/* A client that waits has not been admitted. */
static struct client *
admitted(const struct appraiser *a, const struct message *m)
{
	struct client *c =
	    client_find(a, MESSAGE_FIXED(struct m_connection, m).connection);

	if (c == NULL || c->wait != NULL)
		log_fatal("ipc", "a request of a client that was not admitted");
	return c;
}

/* --- from the worker ---------------------------------------------------------
 */

static void
on_evidence(struct appraiser *a, const struct message *m)
{
	struct m_evidence e = MESSAGE_FIXED(struct m_evidence, m);

	client_appraise(a, client_new(a, &e, m->tail));
}

static void
on_wanted(struct appraiser *a, const struct message *m)
{
	struct client *c = admitted(a, m);

	if (!submit_row(a, c, LEDGER_SECRET, (struct bytes){0}))
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

static int
refuse_other_key(struct dci_appraisal *p, const uint8_t digest[static 32])
{
	char wanted[2 * 32 + 1], found[2 * 32 + 1];
	char expected[DCI_EXPECTED_MAX];

	hex_encode(wanted, p->evidence.csr_key, 32);
	hex_encode(found, digest, 32);
	snprintf(expected, sizeof(expected),
	    "the key named by the claim dci-csr-key, SHA-256 %s", wanted);
	return dci_checks_fail(&p->policy_checks, &p->failure,
	    DCI_CHECK_CSR_ATTESTED, DCI_CSR_KEY_NOT_ATTESTED, expected, "%s",
	    found);
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
		return refuse_other_key(p, digest);
	dci_checks_pass(&p->policy_checks, DCI_CHECK_CSR_ATTESTED,
	    "the key named by the claim dci-csr-key");
	return 0;
}

static void
on_csr(struct appraiser *a, const struct message *m)
{
	struct client *c = admitted(a, m);
	struct ec_point key;

	if (appraise_csr(&c->appraisal, m->tail, &key) != 0 ||
	    !submit_row(a, c, LEDGER_CERTIFICATE, m->tail)) {
		refuse(a, c);
		return;
	}
	submit_request(a, c, &key);
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
		client_forget(
		    a, MESSAGE_FIXED(struct m_connection, m).connection);
		break;
	default:
		log_fatal("ipc", "unexpected message %d", m->type);
	}
}

/* --- from the others
 * ----------------------------------------------------------- */

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
on_collector(struct channel *channel, const struct message *m, void *arg)
{
	struct appraiser *a = arg;
	struct m_missing missing;

	if (m->type != M_MISSING) {
		channel_refuse(channel, "unexpected message %d", m->type);
		return;
	}
	missing = MESSAGE_FIXED(struct m_missing, m);
	missing.failure.sentence[DCI_SENTENCE_MAX - 1] = '\0';
	if ((unsigned)missing.failure.code >= DCI_CODES ||
	    !waiting_missing(a->waiting, &missing))
		channel_refuse(channel, "an answer without a question");
}

/* The parent brings another one; until then the old collateral is as good as
 * it was. */
static void
on_collector_closed(struct channel *c, void *arg)
{
	struct appraiser *a = arg;

	if (channel_refused(c))
		child_complain(a->child, ROLE_COLLECTOR, 0);
	channel_free(c);
	a->collector = NULL;
}

static void
connect_collector(struct appraiser *a, int fd)
{
	channel_free(a->collector);
	a->collector = channel_new(a->child->base, fd, ROLE_APPRAISER,
	    ROLE_COLLECTOR, on_collector, on_collector_closed, a);
	usage_forget(&a->usage);
	waiting_connect(a->waiting);
}

static void
appraiser_peer(struct child *child, enum role role, unsigned index, int fd)
{
	struct appraiser *a = child->state;

	(void)index;
	if (role == ROLE_COLLECTOR) {
		connect_collector(a, fd);
		return;
	}
	struct channel *c = channel_new(child->base, fd, ROLE_APPRAISER, role,
	    role == ROLE_WORKER ? on_worker : on_silent_peer, on_peer_closed,
	    a);
	if (role == ROLE_WORKER)
		a->worker = c;
	else if (role == ROLE_SIGNER)
		a->signer = c;
	else if (role == ROLE_LEDGER)
		reporter_connect(a->reporter, a->ledger = c);
	else
		log_fatal("ipc", "unexpected peer");
}

static void
appraiser_reload(struct child *child, enum file_kind kind, int fd)
{
	struct appraiser *a = child->state;

	if (kind == FILE_POLICY)
		references_policy(a->references, fd);
	else if (kind == FILE_COLLATERAL)
		references_collateral(a->references, fd);
	else
		log_fatal("ipc", "unexpected file %d", kind);
}

static void
on_loaded(void *arg, unsigned files)
{
	struct appraiser *a = arg;
	struct m_loaded m = {.files = files};

	waiting_loaded(a->waiting);
	channel_send(a->child->parent, M_LOADED, &m, (struct bytes){0}, -1);
}

static void
appraiser_start(struct child *child)
{
	struct appraiser *a = calloc(1, sizeof(*a));

	if (a == NULL || (a->cache = dci_cache_new(PLATFORMS)) == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = a;
	a->child = child;
	if (RAND_bytes((uint8_t *)&a->next_ticket, sizeof(a->next_ticket)) != 1)
		log_fatal("start-failed", "no random numbers");
	a->reporter = reporter_new(child->base);
	a->record = writer_new(RECORD_MAX);
	a->row = writer_new(LEDGER_ROW_MAX);
	a->waiting = waiting_new(a);
	a->references = references_new(child, on_loaded, a);
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
