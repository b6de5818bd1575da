/* SPDX-License-Identifier: BSD-3-Clause */
/* The order of everything (spec: section 4). */
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>

#include "base/blame.h"
#include "dcap/run.h"

_Static_assert(
    DCI_CHECK_IDS <= DCI_CHECKS_MAX, "a record has room for every check once");

static const enum role pck_roles[] = {ROLE_PCK, ROLE_INTERMEDIATE, ROLE_ROOT};
static const enum role crl_roles[] = {ROLE_INTERMEDIATE, ROLE_ROOT};
static const enum role signer_roles[] = {ROLE_TCB_SIGNER, ROLE_ROOT};

#define VALIDITY(name)                                          \
	&(const struct validity)                                \
	{                                                       \
		DCI_CHECK_##name##_DATES, DCI_##name##_EXPIRED, \
		    DCI_##name##_NOT_YET_VALID                  \
	}

/* Step 0. */
static int
quote_form(struct dci_quote *q, const uint8_t *data, size_t n,
    struct dci_checks *checks, struct dci_failure *f)
{
	if (dci_quote_parse(q, data, n, f) != 0) {
		struct dci_check *c = dci_checks_add(
		    checks, DCI_CHECK_QUOTE_FORM, DCI_FAIL, f->code);

		snprintf(c->found, sizeof(c->found), "%.*s",
		    (int)sizeof(c->found) - 1, f->sentence);
		return -1;
	}
	dci_checks_pass(checks, DCI_CHECK_QUOTE_FORM, NULL);
	return 0;
}

/* Spec section 1.4: the others need somebody who fetches the certificate. */
static int
quote_brings_chain(
    const struct dci_quote *q, struct dci_checks *checks, struct dci_failure *f)
{
	if (q->cert_type != 5)
		return dci_checks_fail(checks, f,
		    DCI_CHECK_QUOTE_CERTIFICATION_DATA,
		    DCI_QUOTE_CERTIFICATION_TYPE_UNSUPPORTED, "type 5",
		    "type %u (%s)", q->cert_type,
		    dci_certification_name(q->cert_type));
	dci_checks_pass(checks, DCI_CHECK_QUOTE_CERTIFICATION_DATA, NULL);
	return 0;
}

static void
platform_report(struct dci_verification *out, const struct pck *pck)
{
	out->has_platform = true;
	memcpy(out->fmspc, pck->fmspc, sizeof(out->fmspc));
	memcpy(out->pce_id, pck->pce_id, sizeof(out->pce_id));
	memcpy(
	    out->tcb_components, pck->components, sizeof(out->tcb_components));
	out->pce_svn = pck->pce_svn;
	memcpy(out->cpusvn, pck->cpusvn, sizeof(out->cpusvn));
	out->sgx_type = pck->sgx_type;
	out->platform_ca = pck->platform;
	out->has_configuration = pck->platform;
	out->dynamic_platform = pck->dynamic_platform;
	out->cached_keys = pck->cached_keys;
	out->smt_enabled = pck->smt_enabled;
}

/* Reports checks that were made before. */
static void
repeat(struct run *r, const struct dci_check *from, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct dci_check *to = dci_checks_add(
		    &r->out->checks, from[i].id, from[i].outcome, from[i].code);

		*to = from[i];
	}
}

/* Reports what the snapshot found when it was made. */
static int
stage(struct run *r, enum stage which)
{
	const struct stage_result *result = &r->snapshot->stage[which];

	repeat(r, &r->snapshot->checks.item[result->first],
	    result->end - result->first);
	if (result->failure.code == DCI_OK)
		return 0;
	r->f = result->failure;
	return run_refuse(r);
}

static int
root_crl_issuer(struct run *r)
{
	if (bytes_equal(r->snapshot->root_crl.issuer,
		r->pck->chain.cert[PCK_ROOT].subject)) {
		dci_checks_pass(
		    &r->out->checks, DCI_CHECK_ROOT_CRL_ISSUER, NULL);
		return 0;
	}
	dci_checks_fail(&r->out->checks, &r->f, DCI_CHECK_ROOT_CRL_ISSUER,
	    DCI_ROOT_CRL_ISSUER_MISMATCH, "the root's name", "another name");
	return run_refuse(r);
}

/* Spec section 14: the same key; Intel has issued two certificates for it. */
static int
pck_crl_issuer(struct run *r)
{
	const struct cert *ours = &r->pck->chain.cert[PCK_INTERMEDIATE];
	const struct cert *theirs = &r->snapshot->pck_crl_issuer.chain.cert[0];

	if (bytes_equal(ours->spki, theirs->spki) &&
	    bytes_equal(ours->subject, theirs->subject)) {
		dci_checks_pass(
		    &r->out->checks, DCI_CHECK_PCK_CRL_ISSUER, NULL);
		return 0;
	}
	dci_checks_fail(&r->out->checks, &r->f, DCI_CHECK_PCK_CRL_ISSUER,
	    DCI_PCK_CRL_OF_OTHER_CA, "the CA that signed the PCK certificate",
	    "a list of another CA");
	return run_refuse(r);
}

static int
revocation(
    struct run *r, enum dci_check_id check, enum dci_code revoked, bool listed)
{
	if (!listed) {
		dci_checks_pass(&r->out->checks, check, NULL);
		return 0;
	}
	dci_checks_fail(&r->out->checks, &r->f, check, revoked,
	    "a serial number that is not in the list",
	    "it is in the revocation list of its issuer");
	return run_refuse(r);
}

static int
pck_revocations(struct run *r)
{
	const struct dci_snapshot *s = r->snapshot;
	const struct cert *pck = r->pck->chain.cert;
	bool intermediate =
	    crl_revokes(&s->root_crl, &pck[PCK_INTERMEDIATE]) ||
	    crl_revokes(&s->root_crl, &s->pck_crl_issuer.chain.cert[0]);

	if (revocation(r, DCI_CHECK_PCK_INTERMEDIATE_REVOCATION,
		DCI_PCK_INTERMEDIATE_REVOKED, intermediate) != 0)
		return -1;
	return revocation(r, DCI_CHECK_PCK_REVOCATION, DCI_PCK_REVOKED,
	    crl_revokes(&s->pck_crl, &pck[PCK_LEAF]));
}

static int
pck_dates(struct run *r)
{
	const struct dci_snapshot *s = r->snapshot;
	struct dci_dates root = {
	    s->root_crl.this_update, s->root_crl.next_update};
	struct dci_dates pck = {s->pck_crl.this_update, s->pck_crl.next_update};

	if (run_chain_dates(
		r, VALIDITY(PCK_CHAIN), &r->pck->chain, pck_roles) != 0 ||
	    run_document_dates(r, VALIDITY(ROOT_CRL),
		"root CA's revocation list", root) != 0 ||
	    run_chain_dates(r, VALIDITY(PCK_CRL_CHAIN),
		&s->pck_crl_issuer.chain, crl_roles) != 0)
		return -1;
	return run_document_dates(
	    r, VALIDITY(PCK_CRL), "PCK revocation list", pck);
}

/* The chain that the quote brings along, verified now or earlier. */
static int
pck_chain(struct run *r)
{
	struct dci_verification *out = r->out;
	struct bytes pem = {out->quote.cert_data, out->quote.cert_data_size};

	if (r->cache != NULL) {
		platform_text(r->text, r->snapshot, pem);
		r->known = cache_find(r->cache, r->text);
	}
	if (r->known != NULL) {
		repeat(r, r->known->check, PLATFORM_CHECKS);
		r->pck = &r->known->pck;
		return 0;
	}
	r->pck_checks = out->checks.n;
	r->pck = &r->own;
	if (pck_chain_verify(
		&r->own, pem, &r->snapshot->trust, &out->checks, &r->f) != 0)
		return run_refuse(r);
	return 0;
}

/* Step A. */
static int
run_pck(struct run *r)
{
	if (pck_chain(r) != 0)
		return -1;
	platform_report(r->out, &r->pck->pck);
	if (stage(r, STAGE_ROOT_CRL) != 0 || root_crl_issuer(r) != 0 ||
	    stage(r, STAGE_PCK_CRL) != 0 || pck_crl_issuer(r) != 0 ||
	    pck_revocations(r) != 0)
		return -1;
	return pck_dates(r);
}

/* Step B. */
static int
run_tcb_info(struct run *r)
{
	const struct dci_snapshot *s = r->snapshot;

	if (stage(r, STAGE_TCB_INFO) != 0)
		return -1;
	r->out->tcb_issue_date = s->tcb_info.dates.issued;
	r->out->tcb_evaluation = s->tcb_info.evaluation;
	if (run_chain_dates(r, VALIDITY(TCB_INFO_CHAIN),
		&s->tcb_info_issuer.chain, signer_roles) != 0)
		return -1;
	return run_document_dates(
	    r, VALIDITY(TCB_INFO), "TCB info", s->tcb_info.dates);
}

/* Step C. */
static int
run_qe_identity(struct run *r)
{
	const struct dci_snapshot *s = r->snapshot;

	if (stage(r, STAGE_QE_IDENTITY) != 0)
		return -1;
	r->out->qe_evaluation = s->qe_identity.evaluation;
	if (run_chain_dates(r, VALIDITY(QE_IDENTITY_CHAIN),
		&s->qe_identity_issuer.chain, signer_roles) != 0)
		return -1;
	return run_document_dates(
	    r, VALIDITY(QE_IDENTITY), "QE identity", s->qe_identity.dates);
}

static int
run_evaluation(struct run *r)
{
	uint32_t least = r->tolerance.min_tcb_evaluation;
	char expected[DCI_EXPECTED_MAX];

	r->out->has_dates = true;
	if (least == 0) {
		dci_checks_skip(&r->out->checks, DCI_CHECK_TCB_EVALUATION,
		    "no least number was asked for");
		return 0;
	}
	snprintf(expected, sizeof(expected), "at least %u", least);
	if (r->out->tcb_evaluation >= least && r->out->qe_evaluation >= least) {
		dci_checks_pass(
		    &r->out->checks, DCI_CHECK_TCB_EVALUATION, expected);
		return 0;
	}
	dci_checks_fail(&r->out->checks, &r->f, DCI_CHECK_TCB_EVALUATION,
	    DCI_TCB_EVALUATION_TOO_LOW, expected,
	    "%u in the TCB info, %u in the QE identity", r->out->tcb_evaluation,
	    r->out->qe_evaluation);
	return run_refuse(r);
}

static int
run_form(struct run *r, const uint8_t *quote, size_t n)
{
	struct dci_verification *out = r->out;

	if (quote_form(&out->quote, quote, n, &out->checks, &r->f) != 0)
		return run_refuse(r);
	out->parsed = true;
	out->debug = (out->quote.report.flags & DCI_ATTRIBUTE_DEBUG) != 0;
	dci_quote_digest(out->evidence, &out->quote);
	if (quote_brings_chain(&out->quote, &out->checks, &r->f) != 0)
		return run_refuse(r);
	return 0;
}

static int
run_all(struct run *r, const uint8_t *quote, size_t n)
{
	if (run_form(r, quote, n) != 0 || run_pck(r) != 0 ||
	    run_tcb_info(r) != 0 || run_qe_identity(r) != 0 ||
	    run_evaluation(r) != 0)
		return -1;
	return run_quote(r);
}

/* A verdict starts as a refusal without a reason.  The list of checks is
 * large, and what lies beyond its count is never read. */
static void
verification_init(struct dci_verification *out)
{
	size_t end =
	    offsetof(struct dci_verification, checks) + sizeof(out->checks);

	memset(out, 0, offsetof(struct dci_verification, checks));
	out->checks.n = 0;
	memset((uint8_t *)out + end, 0, sizeof(*out) - end);
	out->status = DCI_STATUS_INVALID;
	out->failure.code = DCI_INTERNAL;
	out->earliest_next_update = INT64_MAX;
}

void
dci_verify_quote(struct dci_verification *out, const uint8_t *quote, size_t n,
    const struct dci_snapshot *snapshot, int64_t now,
    const struct dci_tolerance *tolerance, struct dci_cache *cache)
{
	struct run r = {
	    .out = out, .snapshot = snapshot, .now = now, .cache = cache};

	verification_init(out);
	if (tolerance != NULL)
		r.tolerance = *tolerance;
	ERR_set_mark();
	if (run_all(&r, quote, n) == 0 && !r.expired) {
		out->status = out->tcb_status;
		out->failure.code = DCI_OK;
		run_keep(&r);
	}
	ERR_pop_to_mark();
	EVP_PKEY_CTX_free(r.own_attester);
	pck_chain_free(&r.own);
}

int
dci_quote_platform(struct dci_platform_id *id, const uint8_t *quote, size_t n,
    const struct dci_anchor *anchor, struct dci_failure *f)
{
	struct dci_quote q;
	struct dci_checks checks;
	struct pck_chain pck CLEANUP(pck_chain_free) = {0};
	struct trust trust = {.anchor = anchor};
	int rc = -1;

	checks.n = 0;
	ERR_set_mark();
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(CURVE_P256, anchor->key, P256_POINT_SIZE);
	trust.anchor_key = key;
	if (key == NULL && memory_short()) {
		dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the key of the root of trust.");
	} else if (quote_form(&q, quote, n, &checks, f) == 0 &&
		   quote_brings_chain(&q, &checks, f) == 0 &&
		   pck_chain_verify(&pck,
		       (struct bytes){q.cert_data, q.cert_data_size}, &trust,
		       &checks, f) == 0) {
		id->tee = q.tee;
		memcpy(id->fmspc, pck.pck.fmspc, sizeof(id->fmspc));
		id->platform_ca = pck.pck.platform;
		rc = 0;
	}
	ERR_pop_to_mark();
	return rc;
}
