/* SPDX-License-Identifier: BSD-3-Clause */
#include "appraisal/json.h"
#include "base/json_write.h"

static void
put_decision(struct json_writer *j, const struct dci_appraisal *a)
{
	enum dci_code code = a->failure.code;

	jw_int(j, "version", DCI_RECORD_VERSION);
	jw_time(j, "time", a->time);
	jw_text(j, "verdict", dci_status_name(a->verification.status));
	jw_text(j, "code", dci_code_name(code));
	if (code == DCI_OK)
		return;
	jw_text(j, "sentence", a->failure.sentence);
	jw_text(j, "remedy", dci_code_remedy(code));
}

static void
put_enclave(struct json_writer *j, const struct dci_verification *v)
{
	const struct dci_sgx_report *r = &v->quote.report;

	jw_object(j, "enclave");
	jw_hex(j, "mrenclave", r->mrenclave, sizeof(r->mrenclave));
	jw_hex(j, "mrsigner", r->mrsigner, sizeof(r->mrsigner));
	jw_int(j, "isv_prod_id", r->isv_prod_id);
	jw_int(j, "isv_svn", r->isv_svn);
	jw_bool(j, "debug", v->debug);
	jw_hex(j, "attributes", r->attributes, sizeof(r->attributes));
	jw_hex(j, "cpusvn", r->cpusvn, sizeof(r->cpusvn));
	jw_hex(j, "report_data", r->report_data, sizeof(r->report_data));
	jw_object_end(j);
}

static void
put_evidence(struct json_writer *j, const struct dci_appraisal *a)
{
	const struct dci_verification *v = &a->verification;

	jw_text(j, "source",
	    a->has_evidence ? dci_evidence_source_name(a->evidence.source)
			    : "quote");
	if (a->has_evidence && a->evidence.has_csr_key)
		jw_hex(j, "csr_key", a->evidence.csr_key,
		    sizeof(a->evidence.csr_key));
	if (!v->parsed)
		return;
	jw_text(j, "tee", v->quote.tee == DCI_TEE_TDX ? "TDX" : "SGX");
	jw_int(j, "quote_version", v->quote.version);
	jw_hex(j, "evidence_digest", v->evidence, sizeof(v->evidence));
	put_enclave(j, v);
}

static const char *
sgx_type_name(uint8_t type)
{
	switch (type) {
	case 0:
		return "standard";
	case 1:
		return "scalable";
	case 2:
		return "scalable-with-integrity";
	default:
		return "unknown";
	}
}

static void
put_platform(struct json_writer *j, const struct dci_verification *v)
{
	jw_object(j, "platform");
	jw_hex(j, "fmspc", v->fmspc, sizeof(v->fmspc));
	jw_hex(j, "pce_id", v->pce_id, sizeof(v->pce_id));
	jw_array(j, "tcb_components");
	for (size_t i = 0; i < sizeof(v->tcb_components); i++)
		jw_int(j, NULL, v->tcb_components[i]);
	jw_array_end(j);
	jw_int(j, "pce_svn", v->pce_svn);
	jw_hex(j, "cpusvn", v->cpusvn, sizeof(v->cpusvn));
	jw_text(j, "ca", v->platform_ca ? "platform" : "processor");
	jw_text(j, "sgx_type", sgx_type_name(v->sgx_type));
	if (v->has_configuration) {
		jw_object(j, "configuration");
		jw_bool(j, "dynamic_platform", v->dynamic_platform);
		jw_bool(j, "cached_keys", v->cached_keys);
		jw_bool(j, "smt_enabled", v->smt_enabled);
		jw_object_end(j);
	}
	jw_object_end(j);
}

static void
put_advisories(
    struct json_writer *j, const char *key, const struct dci_advisories *list)
{
	jw_array(j, key);
	for (size_t i = 0; i < list->n; i++)
		jw_text(j, NULL, list->id[i]);
	jw_array_end(j);
}

static void
put_shortfalls(struct json_writer *j, const struct dci_verification *v)
{
	jw_array(j, "shortfalls");
	for (size_t i = 0; i < v->shortfalls; i++) {
		const struct dci_shortfall *s = &v->shortfall[i];

		jw_object(j, NULL);
		jw_int(j, "component", s->component);
		jw_int(j, "have", s->have);
		jw_int(j, "need", s->need);
		if (s->category != NULL)
			jw_text(j, "category", s->category);
		if (s->type != NULL)
			jw_text(j, "type", s->type);
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
put_level(struct json_writer *j, const char *key, const struct dci_level *level)
{
	jw_object(j, key);
	jw_text(j, "status", dci_status_name(level->status));
	jw_time(j, "tcb_date", level->date);
	jw_array(j, "components");
	for (size_t i = 0; i < sizeof(level->component); i++)
		jw_int(j, NULL, level->component[i]);
	jw_array_end(j);
	jw_int(j, "pce_svn", level->pce_svn);
	jw_object_end(j);
}

/* The levels in full; what falls short too, where "tcb" is absent. */
static void
put_levels(struct json_writer *j, const struct dci_verification *v)
{
	jw_object(j, "levels");
	if (v->level.status != DCI_STATUS_INVALID)
		put_level(j, "reached", &v->level);
	put_level(j, "newest", &v->newest);
	jw_int(j, "qe_svn", v->quote.qe_report.isv_svn);
	if (v->has_tcb)
		jw_int(j, "qe_reached", v->qe_level_svn);
	jw_int(j, "qe_newest", v->qe_newest_svn);
	if (!v->has_tcb)
		put_shortfalls(j, v);
	jw_object_end(j);
}

static void
put_tcb(struct json_writer *j, const struct dci_verification *v)
{
	jw_object(j, "tcb");
	jw_text(j, "status", dci_status_name(v->tcb_status));
	jw_text(j, "platform_status", dci_status_name(v->platform_status));
	jw_text(j, "qe_status", dci_status_name(v->qe_status));
	jw_time(j, "tcb_date", v->tcb_date);
	jw_time(j, "qe_tcb_date", v->qe_tcb_date);
	jw_time(j, "issue_date", v->tcb_issue_date);
	jw_int(j, "evaluation_number", v->tcb_evaluation);
	jw_int(j, "qe_evaluation_number", v->qe_evaluation);
	put_advisories(j, "platform_advisories", &v->platform_advisories);
	put_advisories(j, "qe_advisories", &v->qe_advisories);
	put_shortfalls(j, v);
	if (v->tcb_status != DCI_STATUS_UP_TO_DATE)
		jw_text(j, "remedy", dci_status_remedy(v->tcb_status));
	jw_object_end(j);
}

static void
put_dated(struct json_writer *j, const struct dci_verification *v)
{
	jw_array(j, "documents");
	for (size_t i = 0; i < v->dated_n; i++) {
		const struct dci_dated *d = &v->dated[i];

		jw_object(j, NULL);
		jw_text(j, "check", dci_check_name(d->check));
		jw_text(j, "what", d->what);
		jw_time(j, "issued", d->dates.issued);
		jw_time(j, "next_update", d->dates.next_update);
		jw_object_end(j);
	}
	jw_array_end(j);
}

static void
put_dates(struct json_writer *j, const struct dci_verification *v)
{
	jw_object(j, "dates");
	jw_time(j, "earliest_next_update", v->earliest_next_update);
	jw_text(j, "earliest_what", v->earliest_what);
	jw_time(j, "newest_issued", v->newest_issued);
	jw_int(j, "expired_by", v->expired_by);
	jw_object_end(j);
}

static void
put_policy(struct json_writer *j, const struct dci_appraisal *a)
{
	jw_object(j, "policy");
	jw_hex(j, "digest", a->policy_digest, sizeof(a->policy_digest));
	jw_bool(j, "admitted", a->admitted);
	if (a->admitted) {
		jw_text(j, "entry", a->entry_name);
		jw_text(j, "assurance", dci_assurance_name(a->assurance));
		jw_text(
		    j, "binding", a->evidence_bound ? "evidence" : "channel");
	}
	jw_object_end(j);
}

static void
put_checks(struct json_writer *j, const struct dci_checks *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct dci_check *c = &list->item[i];

		jw_object(j, NULL);
		jw_text(j, "check", dci_check_name(c->id));
		jw_text(j, "title", dci_check_title(c->id));
		jw_text(j, "outcome", dci_outcome_name(c->outcome));
		if (c->code != DCI_OK)
			jw_text(j, "code", dci_code_name(c->code));
		if (c->expected[0] != '\0')
			jw_text(j, "expected", c->expected);
		if (c->found[0] != '\0')
			jw_text(j, "found", c->found);
		if (c->code != DCI_OK)
			jw_text(j, "remedy", dci_code_remedy(c->code));
		jw_object_end(j);
	}
}

void
appraisal_json(struct writer *w, const struct dci_appraisal *a)
{
	const struct dci_verification *v = &a->verification;
	struct json_writer j = jw_of(w);

	jw_object(&j, NULL);
	put_decision(&j, a);
	put_evidence(&j, a);
	if (v->has_platform)
		put_platform(&j, v);
	if (v->has_tcb)
		put_tcb(&j, v);
	if (v->has_newest)
		put_levels(&j, v);
	if (v->has_dates)
		put_dates(&j, v);
	if (v->dated_n > 0)
		put_dated(&j, v);
	if (a->has_snapshot)
		jw_hex(&j, "snapshot_digest", a->snapshot_digest,
		    sizeof(a->snapshot_digest));
	if (a->has_policy)
		put_policy(&j, a);
	jw_array(&j, "checks");
	if (a->has_evidence)
		put_checks(&j, &a->evidence_checks);
	put_checks(&j, &v->checks);
	if (a->has_policy)
		put_checks(&j, &a->policy_checks);
	jw_array_end(&j);
	jw_object_end(&j);
}
