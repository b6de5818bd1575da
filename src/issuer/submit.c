/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "appraisal/json.h"
#include "base/digest.h"
#include "issuer/submit.h"

static void
send_verdict(
    struct appraiser *a, connection_id id, const struct dci_failure *failure)
{
	struct m_verdict verdict = {.connection = id};

	verdict.failure.code = DCI_OK;
	if (failure != NULL)
		verdict.failure = *failure;
	channel_send(a->worker, M_VERDICT, &verdict, (struct bytes){0}, -1);
}

void
submit_admission(struct appraiser *a, const struct client *c)
{
	send_verdict(a, c->connection, NULL);
}

/* The quote is kept for later only where it is genuine: anyone can send
 * anything else. */
void
submit_refusal(struct appraiser *a, const struct client *c)
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
	send_verdict(a, c->connection, &p->failure);
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

bool
submit_row(struct appraiser *a, struct client *c, enum ledger_kind kind,
    struct bytes csr)
{
	struct m_row m = {.connection = c->connection, .kind = kind};
	struct ledger_row row;

	writer_begin(&a->record);
	writer_begin(&a->row);
	appraisal_json(&a->record, &c->appraisal);
	row_of(&row, c, kind, csr, (struct bytes){a->record.data, a->record.n});
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
	channel_send(
	    a->ledger, M_ROW, &m, (struct bytes){a->row.data, a->row.n}, -1);
	return true;
}

/* For the row that was sent last. */
void
submit_request(
    struct appraiser *a, const struct client *c, const struct ec_point *key)
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
