/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "appraisal/json.h"
#include "base/text.h"
#include "dcap/snapshot.h"
#include "dcap/tcb.h"
#include "proto/report.h"
#include "verifier/report.h"

#define DIGITS19 10000000000000000000ull /* the most that 64 bits hold */

void
report_id(char out[static REPORT_ID_SIZE], const uint8_t id[static 16])
{
	unsigned __int128 v = 0;

	for (size_t i = 0; i < 16; i++)
		v = v << 8 | id[i];
	uint64_t low = (uint64_t)(v % DIGITS19);
	v /= DIGITS19;
	uint64_t middle = (uint64_t)(v % DIGITS19),
		 high = (uint64_t)(v / DIGITS19);
	if (high > 0)
		snprintf(out, REPORT_ID_SIZE,
		    "%" PRIu64 "%019" PRIu64 "%019" PRIu64, high, middle, low);
	else if (middle > 0)
		snprintf(
		    out, REPORT_ID_SIZE, "%" PRIu64 "%019" PRIu64, middle, low);
	else
		snprintf(out, REPORT_ID_SIZE, "%" PRIu64, low);
}

static const char *
tee_type(const struct dci_verification *v)
{
	static const char *const sgx[] = {
	    "SGX_STANDARD", "SGX_SCALABLE", "SGX_SCALABLE_WITH_INTEGRITY"};

	if (v->quote.tee == DCI_TEE_TDX)
		return "TDX";
	return sgx[v->has_platform && v->sgx_type <= 2 ? v->sgx_type : 0];
}

static void
put_body(struct json_writer *j, const struct dci_quote *q)
{
	char *text CLEANUP(cleanup_free) =
	    base64_encode(q->signed_part, q->signed_size);

	if (text == NULL)
		j->w->failed = true;
	else
		jw_text(j, REPORT_MEMBER_BODY, text);
}

static bool
usable(const struct dci_snapshot *s, enum stage which)
{
	return s != NULL && s->stage[which].failure.code == DCI_OK;
}

/* Also where a revocation ended the verification before the TCB: both stand
 * in the collateral. */
static void
put_collateral(struct json_writer *j, const struct dci_snapshot *s)
{
	if (usable(s, STAGE_QE_IDENTITY))
		jw_int(j, REPORT_MEMBER_EVALUATION, s->qe_identity.evaluation);
	if (usable(s, STAGE_TCB_INFO))
		jw_time(j, REPORT_MEMBER_TCB_DATE, s->tcb_info.dates.issued);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
put_advisories(struct json_writer *j, const struct dci_verification *v)
{
	size_t n = v->platform_advisories.n + v->qe_advisories.n;

	if (!v->has_tcb || n == 0)
		return;
	const char **id CLEANUP(cleanup_free) = calloc(n, sizeof(*id));
	if (id == NULL) {
		j->w->failed = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		id[i] = i < v->platform_advisories.n
			    ? v->platform_advisories.id[i]
			    : v->qe_advisories.id[i - v->platform_advisories.n];
	qsort(id, n, sizeof(*id), by_text);
	jw_text(j, REPORT_MEMBER_ADVISORY_URL, REPORT_ADVISORY_URL);
	jw_array(j, REPORT_MEMBER_ADVISORIES);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || strcmp(id[i], id[i - 1]) != 0)
			jw_text(j, NULL, id[i]);
	}
	jw_array_end(j);
}

static void
put_component(struct json_writer *j, const struct tcb_level *newest, size_t i)
{
	jw_object(j, NULL);
	if (newest->category[i] != NULL)
		jw_text(j, "category", newest->category[i]);
	if (newest->type[i] != NULL)
		jw_text(j, "type", newest->type[i]);
	jw_object_end(j);
}

/* What the newest level has more of than the one that was matched. */
static void
put_components(struct json_writer *j, const struct report *r)
{
	const struct dci_verification *v = &r->appraisal->verification;
	struct pck pck = {.pce_svn = v->pce_svn};

	if (!v->has_tcb || !v->has_platform ||
	    !usable(r->snapshot, STAGE_TCB_INFO) ||
	    (v->status != DCI_STATUS_OUT_OF_DATE &&
		v->status != DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED))
		return;
	memcpy(pck.components, v->tcb_components, sizeof(pck.components));
	const struct tcb_level *newest = &r->snapshot->tcb_info.level[0],
			       *matched =
				   tcb_match(&r->snapshot->tcb_info, &pck);
	if (matched == NULL)
		return;
	jw_array(j, REPORT_MEMBER_COMPONENTS);
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		if (newest->sgx[i] > matched->sgx[i] &&
		    (newest->category[i] != NULL || newest->type[i] != NULL))
			put_component(j, newest, i);
	}
	jw_array_end(j);
}

static void
put_configuration(struct json_writer *j, const struct dci_verification *v)
{
	if (!v->has_platform || !v->has_configuration ||
	    !(v->dynamic_platform || v->cached_keys || v->smt_enabled))
		return;
	jw_array(j, REPORT_MEMBER_CONFIGURATION);
	if (v->dynamic_platform)
		jw_text(j, NULL, "DYNAMIC_PLATFORM");
	if (v->cached_keys)
		jw_text(j, NULL, "CACHED_KEYS");
	if (v->smt_enabled)
		jw_text(j, NULL, "SMT_ENABLED");
	jw_array_end(j);
}

/* The record is JSON already. */
static void
put_record(struct json_writer *j, const struct dci_appraisal *a)
{
	writer_text(j->w, ",\"" REPORT_MEMBER_EXPLAIN "\":");
	appraisal_json(j->w, a);
}

void
report_members(struct json_writer *j, const struct report *r)
{
	const struct dci_verification *v = &r->appraisal->verification;
	const char *status = report_status_word(v->status, v->failure.code);

	jw_text(j, REPORT_MEMBER_TEE, tee_type(v));
	jw_text(j, REPORT_MEMBER_STATUS, status != NULL ? status : "");
	put_body(j, &v->quote);
	put_collateral(j, r->snapshot);
	if (r->nonce != NULL)
		jw_text(j, REPORT_MEMBER_NONCE, r->nonce);
	put_advisories(j, v);
	put_components(j, r);
	put_configuration(j, v);
	if (r->explain)
		put_record(j, r->appraisal);
}

void
report_json(struct writer *w, const struct report *r)
{
	struct json_writer j = jw_of(w);

	jw_object(&j, NULL);
	jw_text(&j, REPORT_MEMBER_ID, r->id);
	jw_time(&j, REPORT_MEMBER_TIMESTAMP, r->time);
	jw_int(&j, REPORT_MEMBER_VERSION, REPORT_VERSION);
	jw_text(&j, REPORT_MEMBER_ATTESTATION, REPORT_ATTESTATION);
	report_members(&j, r);
	jw_object_end(&j);
}
