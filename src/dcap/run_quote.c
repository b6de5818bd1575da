/* SPDX-License-Identifier: BSD-3-Clause */
/* Step D of the algorithm (spec: section 4), with its sub-steps' numbers. */
#include <stdio.h>
#include <string.h>

#include "base/blame.h"
#include "base/digest.h"
#include "base/text.h"
#include "dcap/run.h"
#include "dcap/tcb.h"

static int
refuse(struct run *r, enum dci_check_id check, enum dci_code code,
    const char *expected, const char *found)
{
	dci_checks_fail(
	    &r->out->checks, &r->f, check, code, expected, "%s", found);
	return run_refuse(r);
}

/* The same for what watches memory. */
static int
refuse_watched(struct run *r, enum dci_check_id check, enum dci_code code,
    const char *expected, const char *found)
{
	blame(&r->out->checks, &r->f, check, code, expected, found);
	return run_refuse(r);
}

static int
pass(struct run *r, enum dci_check_id check)
{
	dci_checks_pass(&r->out->checks, check, NULL);
	return 0;
}

/* D 3. */
static int
tcb_info_match(struct run *r)
{
	const struct tcb_info *info = &r->snapshot->tcb_info;
	const struct pck *pck = &r->pck->pck;
	char want[13], got[13], want_pce[5], got_pce[5];
	char expected[DCI_EXPECTED_MAX], found[DCI_FOUND_MAX];

	hex_encode(want, pck->fmspc, 6);
	hex_encode(want_pce, pck->pce_id, 2);
	hex_encode(got, info->fmspc, 6);
	hex_encode(got_pce, info->pce_id, 2);
	snprintf(expected, sizeof(expected), "SGX, FMSPC %s, PCE-ID %s", want,
	    want_pce);
	if (info->tee == DCI_TEE_SGX &&
	    memcmp(pck->fmspc, info->fmspc, 6) == 0 &&
	    memcmp(pck->pce_id, info->pce_id, 2) == 0) {
		dci_checks_pass(
		    &r->out->checks, DCI_CHECK_TCB_INFO_MATCH, expected);
		return 0;
	}
	snprintf(found, sizeof(found), "%s, FMSPC %s, PCE-ID %s",
	    info->tee == DCI_TEE_SGX ? "SGX" : "TDX", got, got_pce);
	return refuse(r, DCI_CHECK_TCB_INFO_MATCH, DCI_TCB_INFO_MISMATCH,
	    expected, found);
}

/* The first half of D 8, which does not need the QE's report. */
static int
qe_identity_match(struct run *r)
{
	enum enclave_id id = r->snapshot->qe_identity.id;

	if (id == ENCLAVE_QE)
		return pass(r, DCI_CHECK_QE_IDENTITY_MATCH);
	return refuse(r, DCI_CHECK_QE_IDENTITY_MATCH, DCI_QE_IDENTITY_MISMATCH,
	    enclave_id_name(ENCLAVE_QE), enclave_id_name(id));
}

/* Whether this platform's quoting enclave vouched for the attestation key
 * before, in the same words: what D 6 and D 7 depend on. */
static void
vouched_before(struct run *r)
{
	uint8_t name[SHA256_SIZE];

	if (r->known == NULL)
		return;
	vouched_name(name, r->known, &r->out->quote);
	r->attester = platform_find(r->known, name);
}

void
run_keep(struct run *r)
{
	uint8_t name[SHA256_SIZE];

	if (r->cache == NULL)
		return;
	if (r->known == NULL)
		r->known = cache_keep(r->cache, r->snapshot, r->text, &r->own,
		    &r->out->checks.item[r->pck_checks]);
	if (r->own_attester == NULL)
		return;
	vouched_name(name, r->known, &r->out->quote);
	if (platform_find(r->known, name) == NULL)
		platform_keep(r->known, name, TAKE(r->own_attester));
}

/* D 6. */
static int
qe_report_signature(struct run *r)
{
	const struct dci_quote *q = &r->out->quote;
	struct bytes report = {q->qe_report_bytes, 384};

	if (r->attester != NULL ||
	    ecdsa_verify_raw(r->pck->key, report, q->qe_report_signature))
		return pass(r, DCI_CHECK_QE_REPORT_SIGNATURE);
	return refuse_watched(r, DCI_CHECK_QE_REPORT_SIGNATURE,
	    DCI_QE_REPORT_SIGNATURE_INVALID,
	    "a signature of the PCK certificate's key", "another signature");
}

/* D 7: report_data is SHA-256(attestation key || authentication data), then
 * zeros (spec section 14). */
static int
qe_report_data(struct run *r)
{
	const struct dci_quote *q = &r->out->quote;
	uint8_t want[DCI_REPORT_DATA_SIZE] = {0};

	if (r->attester != NULL)
		return pass(r, DCI_CHECK_QE_REPORT_DATA);
	sha256_two(want, q->attestation_key, 64, q->qe_auth, q->qe_auth_size);
	if (bytes_equal_secret(want, q->qe_report.report_data, sizeof(want)))
		return pass(r, DCI_CHECK_QE_REPORT_DATA);
	return refuse(r, DCI_CHECK_QE_REPORT_DATA, DCI_QE_REPORT_DATA_MISMATCH,
	    "the digest of the attestation key and the authentication data",
	    "something else in its report data");
}

static bool
masked_equal(
    const uint8_t *value, const uint8_t *mask, const uint8_t *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if ((value[i] & mask[i]) != want[i])
			return false;
	}
	return true;
}

/* What the QE identity asks for, and what is there: as hex, at most 32 bytes.
 * mask NULL: all bits count. */
static int
refuse_qe(struct run *r, const char *what, const uint8_t *value,
    const uint8_t *want, const uint8_t *mask, size_t n)
{
	char wanted[2 * 32 + 1], masked[2 * 32 + 1], is[2 * 32 + 1];
	char expected[DCI_EXPECTED_MAX];

	hex_encode(wanted, want, n);
	hex_encode(is, value, n);
	if (mask != NULL)
		hex_encode(masked, mask, n);
	snprintf(expected, sizeof(expected), "%s %s%s%s", what, wanted,
	    mask != NULL ? " under the mask " : "", mask != NULL ? masked : "");
	return refuse(
	    r, DCI_CHECK_QE_REPORT, DCI_QE_REPORT_MISMATCH, expected, is);
}

/* The rest of D 8. */
static int
qe_report(struct run *r)
{
	const struct qe_identity *want = &r->snapshot->qe_identity;
	const struct dci_sgx_report *qe = &r->out->quote.qe_report;
	uint8_t miscselect[4] = {(uint8_t)qe->miscselect,
	    (uint8_t)(qe->miscselect >> 8), (uint8_t)(qe->miscselect >> 16),
	    (uint8_t)(qe->miscselect >> 24)};
	char expected[DCI_EXPECTED_MAX], found[DCI_FOUND_MAX];

	if (!masked_equal(
		miscselect, want->miscselect_mask, want->miscselect, 4))
		return refuse_qe(r, "MISCSELECT", miscselect, want->miscselect,
		    want->miscselect_mask, 4);
	if (!masked_equal(
		qe->attributes, want->attributes_mask, want->attributes, 16))
		return refuse_qe(r, "attributes", qe->attributes,
		    want->attributes, want->attributes_mask, 16);
	if (memcmp(qe->mrsigner, want->mrsigner, 32) != 0)
		return refuse_qe(
		    r, "MRSIGNER", qe->mrsigner, want->mrsigner, NULL, 32);
	if (qe->isv_prod_id == want->isv_prod_id)
		return pass(r, DCI_CHECK_QE_REPORT);
	snprintf(
	    expected, sizeof(expected), "product id %u", want->isv_prod_id);
	snprintf(found, sizeof(found), "%u", qe->isv_prod_id);
	return refuse(
	    r, DCI_CHECK_QE_REPORT, DCI_QE_REPORT_MISMATCH, expected, found);
}

static EVP_PKEY_CTX *
attestation_key(const struct dci_quote *q)
{
	uint8_t point[P256_POINT_SIZE] = {4};

	memcpy(point + 1, q->attestation_key, 64);
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(CURVE_P256, point, sizeof(point));
	return key != NULL ? ecdsa_verifier(key) : NULL;
}

/* D 9. */
static int
quote_signature(struct run *r)
{
	const struct dci_verification *out = r->out;

	if (r->attester == NULL)
		r->attester = r->own_attester = attestation_key(&out->quote);
	if (r->attester == NULL)
		return refuse_watched(r, DCI_CHECK_QUOTE_SIGNATURE,
		    DCI_ATTESTATION_KEY_INVALID, "a point on the curve",
		    "another pair of numbers");
	/* The evidence digest is that of the signed part. */
	if (ecdsa_verify_digest(
		r->attester, out->evidence, out->quote.signature))
		return pass(r, DCI_CHECK_QUOTE_SIGNATURE);
	return refuse_watched(r, DCI_CHECK_QUOTE_SIGNATURE,
	    DCI_QUOTE_SIGNATURE_INVALID, "a signature of the attestation key",
	    "another signature");
}

static void
level_pass(struct run *r, enum dci_check_id check, enum dci_status status)
{
	struct dci_check *c =
	    dci_checks_add(&r->out->checks, check, DCI_PASS, DCI_OK);

	snprintf(c->found, sizeof(c->found), "%s", dci_status_name(status));
}

static void
levels_report(struct dci_verification *out, const struct tcb_level *level,
    const struct qe_level *qe)
{
	out->has_tcb = true;
	out->platform_status = level->status;
	out->platform_advisories = level->advisories;
	out->tcb_date = level->date;
	out->qe_status = qe->status;
	out->qe_advisories = qe->advisories;
	out->qe_tcb_date = qe->date;
	out->qe_level_svn = qe->isv_svn;
	out->tcb_status = tcb_converge(level->status, qe->status);
}

/* D 10, spec section 5. */
static int
tcb_status(struct run *r)
{
	struct dci_verification *out = r->out;
	const struct dci_snapshot *s = r->snapshot;
	const struct tcb_level *level = tcb_match(&s->tcb_info, &r->pck->pck);
	const struct qe_level *qe =
	    qe_match(&s->qe_identity, out->quote.qe_report.isv_svn);

	out->has_newest = true;
	out->newest = tcb_level_plain(&s->tcb_info.level[0]);
	out->qe_newest_svn = s->qe_identity.level[0].isv_svn;
	out->qe_newest_date = s->qe_identity.level[0].date;
	out->shortfalls =
	    tcb_shortfalls(out->shortfall, &s->tcb_info, &r->pck->pck);
	if (level == NULL)
		return refuse(r, DCI_CHECK_TCB_LEVEL, DCI_TCB_NOT_SUPPORTED,
		    "a TCB that reaches one of the levels", "none is reached");
	out->level = tcb_level_plain(level);
	if (qe != NULL)
		levels_report(out, level, qe);
	if (level->status == DCI_STATUS_REVOKED)
		return refuse(r, DCI_CHECK_TCB_LEVEL, DCI_TCB_REVOKED,
		    "a level that is not revoked", "Revoked");
	level_pass(r, DCI_CHECK_TCB_LEVEL, level->status);
	if (qe == NULL)
		return refuse(r, DCI_CHECK_QE_LEVEL, DCI_QE_NOT_SUPPORTED,
		    "a version that reaches one of the levels",
		    "none is reached");
	if (qe->status == DCI_STATUS_REVOKED)
		return refuse(r, DCI_CHECK_QE_LEVEL, DCI_QE_REVOKED,
		    "a version that is not revoked", "Revoked");
	level_pass(r, DCI_CHECK_QE_LEVEL, qe->status);
	level_pass(r, DCI_CHECK_TCB_STATUS, out->tcb_status);
	return 0;
}

int
run_quote(struct run *r)
{
	vouched_before(r);
	if (tcb_info_match(r) != 0 || qe_identity_match(r) != 0 ||
	    qe_report_signature(r) != 0 || qe_report_data(r) != 0 ||
	    qe_report(r) != 0 || quote_signature(r) != 0)
		return -1;
	return tcb_status(r);
}
