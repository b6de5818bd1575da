/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signer: holds the issuing key.  It answers one question of fixed size,
 * decides again by its own copy of the policy, chooses everything that goes
 * into the certificate itself, and hands the result to the ledger only.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/text.h"
#include "dci/appraisal.h"
#include "issuer/child.h"
#include "issuer/policy_file.h"

#define CLOCK_TOLERANCE 300

struct signer {
	struct child *child;
	struct ca *ca;
	/* After a reload, requests made under the old policy may still be on
	 * their way, for as long as an exchange may take. */
	struct dci_policy *policy, *previous;
	int64_t previous_until;
	struct channel *ledger;
	struct appraiser_end {
		struct signer *signer;
		unsigned index;
		struct channel *channel;
	} appraiser[WORKERS_MAX];
};

static const struct dci_policy *
policy_by_digest(const struct signer *s, const uint8_t digest[static 32])
{
	if (memcmp(s->policy->digest, digest, 32) == 0)
		return s->policy;
	if (s->previous != NULL && child_now() < s->previous_until &&
	    memcmp(s->previous->digest, digest, 32) == 0)
		return s->previous;
	return NULL;
}

static int
refuse(struct dci_failure *f, const char *what)
{
	return dci_fail(f, DCI_SIGNER_REFUSED,
	    "The signer refused: %s. %s", what,
	    dci_code_remedy(DCI_SIGNER_REFUSED));
}

/* The same decision again, from what a fixed-size request can say. */
static int
decide(const struct signer *s, const struct m_sign *q,
    const struct dci_policy **policy, struct dci_failure *f)
{
	const struct dci_policy *p = policy_by_digest(s, q->policy_digest);
	bool debug = (q->flags & DCI_ATTRIBUTE_DEBUG) != 0;
	struct dci_subject subject = {.tee = q->tee,
	    .isv_prod_id = q->isv_prod_id,
	    .isv_svn = q->isv_svn,
	    .flags = q->flags,
	    .status = q->status,
	    .evidence_bound = q->binding == CA_EVIDENCE};

	memcpy(subject.mrenclave, q->mrenclave, sizeof(subject.mrenclave));
	memcpy(subject.mrsigner, q->mrsigner, sizeof(subject.mrsigner));
	if (p == NULL)
		return refuse(f, "the request was made under another policy");
	if (q->entry >= p->entries ||
	    !dci_policy_admits(p, q->entry, &subject))
		return refuse(f, "the policy's entry does not admit this "
				 "enclave");
	if (q->binding != CA_EVIDENCE && q->binding != CA_CHANNEL)
		return refuse(f, "unknown binding");
	if ((unsigned)q->assurance !=
	    (unsigned)dci_assurance_of(p, q->entry, debug,
		s->child->start.simulated))
		return refuse(f, "the assurance is not what the policy gives");
	if (q->expiry_tolerated && p->tolerance.grace == 0)
		return refuse(f, "the policy does not tolerate expiry");
	if (child_now() < q->newest_issued - CLOCK_TOLERANCE) {
		char now[RFC3339_SIZE], issued[RFC3339_SIZE];

		rfc3339_encode(now, child_now());
		rfc3339_encode(issued, q->newest_issued);
		return dci_fail(f, DCI_CLOCK_BEHIND_COLLATERAL,
		    "The issuer's clock says %s, but its collateral was "
		    "issued at %s. Set the issuer's clock.",
		    now, issued);
	}
	*policy = p;
	return 0;
}

static int
sign(struct signer *s, const struct m_sign *q, struct ca_certificate *out,
    struct dci_failure *f)
{
	const struct dci_policy *policy;
	struct ca_leaf leaf = {.key = q->key,
	    .tee = (uint8_t)q->tee,
	    .isv_svn = q->isv_svn,
	    .binding = q->binding,
	    .assurance = q->assurance};

	if (decide(s, q, &policy, f) != 0)
		return -1;
	const struct dci_policy_entry *entry = &policy->entry[q->entry];
	_Static_assert(sizeof(leaf.name) == sizeof(entry->name), "CN");
	memcpy(leaf.name, entry->name, sizeof(leaf.name));
	memcpy(leaf.mrenclave, q->mrenclave, sizeof(leaf.mrenclave));
	memcpy(leaf.mrsigner, q->mrsigner, sizeof(leaf.mrsigner));
	memcpy(leaf.evidence_digest, q->evidence_digest, 32);
	memcpy(leaf.policy_digest, q->policy_digest, 32);
	leaf.ttl = entry->ttl;
	leaf.not_after =
	    q->expiry_tolerated ? INT64_MAX : q->earliest_next_update;
	return ca_issue(s->ca, &leaf, child_now(), out, f);
}

static void
on_appraiser(struct channel *c, const struct message *m, void *arg)
{
	const struct appraiser_end *from = arg;
	struct signer *s = from->signer;
	struct m_sign q = MESSAGE_FIXED(struct m_sign, m);
	struct m_signed answer = {.appraiser = from->index};

	(void)c;
	answer.ticket = q.ticket;
	memcpy(answer.row_digest, q.row_digest, sizeof(answer.row_digest));
	answer.failure.code = DCI_OK;
	if (sign(s, &q, &answer.certificate, &answer.failure) != 0 &&
	    answer.failure.code == DCI_OK)
		refuse(&answer.failure, "no certificate could be made");
	channel_send(s->ledger, M_SIGNED, &answer, (struct bytes){0}, -1);
}

static void
on_ledger(struct channel *c, const struct message *m, void *arg)
{
	(void)c;
	(void)arg;
	log_fatal("ipc", "unexpected message %d", m->type);
}

/* The parent will replace it, or end us all. */
static void
on_appraiser_closed(struct channel *c, void *arg)
{
	struct appraiser_end *from = arg;

	if (channel_refused(c))
		child_complain(from->signer->child, ROLE_APPRAISER,
		    from->index);
	channel_free(c);
	from->channel = NULL;
}

static void
on_ledger_closed(struct channel *c, void *arg)
{
	(void)c;
	(void)arg;
	_exit(0);
}

static void
signer_peer(struct child *child, enum role role, unsigned index, int fd)
{
	struct signer *s = child->state;

	if (role == ROLE_LEDGER) {
		s->ledger = channel_new(child->base, fd, ROLE_SIGNER, role,
		    on_ledger, on_ledger_closed, s);
		return;
	}
	if (role != ROLE_APPRAISER || index >= WORKERS_MAX)
		log_fatal("ipc", "unexpected peer");
	struct appraiser_end *end = &s->appraiser[index];
	channel_free(end->channel);
	end->signer = s;
	end->index = index;
	end->channel = channel_new(child->base, fd, ROLE_SIGNER, role,
	    on_appraiser, on_appraiser_closed, end);
}

static void
signer_reload(struct child *child, enum file_kind kind, int fd)
{
	struct signer *s = child->state;

	if (kind != FILE_POLICY)
		log_fatal("ipc", "unexpected file %d", kind);
	dci_policy_free(s->previous);
	s->previous = s->policy;
	s->previous_until = child_now() + 2 * LIMIT_EXCHANGE_SECONDS;
	s->policy = policy_file_read(fd);
}

/* All that is there now, the key with it. */
static void
keep_out_of_swap(void)
{
	static const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	if (geteuid() == 0)
		setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (mlockall(MCL_CURRENT) != 0)
		log_note(LOG_LEVEL_WARN, "memory-not-locked",
		    "the signer's memory may be swapped out: raise "
		    "RLIMIT_MEMLOCK");
}

static void
signer_start(struct child *child)
{
	struct signer *s = calloc(1, sizeof(*s));
	struct dci_failure f;

	if (s == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = s;
	s->child = child;
	struct bytes key = child_read(child->file[FILE_ISSUING_KEY],
	    "the issuing key", LIMIT_PEM);
	struct bytes issuing = child_read(child->file[FILE_ISSUING_CRT],
	    "the issuing certificate", LIMIT_PEM);
	struct bytes root = child_read(child->file[FILE_ROOT_CRT],
	    "the root certificate", LIMIT_PEM);
	s->ca = ca_open(key, issuing, root, child_now(), &f);
	wipe((void *)key.p, key.n);
	free((void *)key.p);
	free((void *)issuing.p);
	free((void *)root.p);
	if (s->ca == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	close(child->file[FILE_ISSUING_KEY]);
	keep_out_of_swap();
	s->policy = policy_file_read(child->file[FILE_POLICY]);
}

const struct child_role role_signer = {.role = ROLE_SIGNER,
    .start = signer_start,
    .peer = signer_peer,
    .reload = signer_reload};
