/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/json_write.h"
#include "result/show.h"

#define RESULT_JSON_VERSION 1

static void
put_verdict(struct json_writer *j, const struct dci_result *r, int64_t now)
{
	enum dci_code code = r->failure.code;

	jw_int(j, "version", RESULT_JSON_VERSION);
	jw_time(j, "time", now);
	jw_text(j, "verdict", dci_result_word(r));
	jw_text(j, "code", dci_code_name(code));
	if (code == DCI_OK)
		return;
	jw_text(j, "sentence", r->failure.sentence);
	jw_text(j, "remedy", dci_code_remedy(code));
}

static void
put_enclave(struct json_writer *j, const struct dci_report *r)
{
	jw_text(j, "tee", r->tee == DCI_TEE_TDX ? "TDX" : "SGX");
	jw_hex(j, "quote_digest", r->quote_digest, sizeof(r->quote_digest));
	jw_object(j, "enclave");
	if (r->tee == DCI_TEE_SGX) {
		jw_hex(j, "mrenclave", r->mrenclave, sizeof(r->mrenclave));
		jw_hex(j, "mrsigner", r->mrsigner, sizeof(r->mrsigner));
		jw_int(j, "isv_prod_id", r->isv_prod_id);
		jw_int(j, "isv_svn", r->isv_svn);
	} else {
		jw_hex(j, "mrtd", r->mrtd, sizeof(r->mrtd));
	}
	jw_bool(j, "debug", r->debug);
	jw_hex(j, "report_data", r->report_data, sizeof(r->report_data));
	jw_object_end(j);
}

static void
put_report(struct json_writer *j, const struct dci_report *r)
{
	jw_object(j, "report");
	if (r->id[0] != '\0')
		jw_text(j, "id", r->id);
	jw_time(j, "timestamp", r->timestamp);
	if (r->expires != 0)
		jw_time(j, "expires", r->expires);
	if (r->ear_status != 0)
		jw_int(j, "ear_status", r->ear_status);
	if (r->has_nonce)
		jw_text(j, "nonce", r->nonce);
	jw_text(j, "status", dci_status_name(r->status));
	jw_text(j, "isv_quote_status", r->quote_status);
	jw_text(j, "tee_type", r->tee_type);
	put_enclave(j, r);
	if (r->tcb_evaluation != 0)
		jw_int(j, "tcb_evaluation_number", r->tcb_evaluation);
	if (r->tcb_date != 0)
		jw_time(j, "tcb_date", r->tcb_date);
	jw_array(j, "advisories");
	for (size_t i = 0; i < r->advisories; i++)
		jw_text(j, NULL, r->advisory[i]);
	jw_array_end(j);
	jw_object_end(j);
}

static void
put_delegation(struct json_writer *j, const struct dci_delegation *d)
{
	jw_object(j, "verifier");
	jw_text(j, "name", d->name);
	jw_text(j, "serial", d->serial);
	jw_hex(j, "mrenclave", d->mrenclave, sizeof(d->mrenclave));
	jw_hex(j, "mrsigner", d->mrsigner, sizeof(d->mrsigner));
	jw_int(j, "isv_svn", d->isv_svn);
	jw_text(j, "assurance", dci_assurance_name(d->assurance));
	jw_text(j, "binding", d->evidence_bound ? "evidence" : "channel");
	jw_array(j, "tee_types");
	for (size_t i = 0; i < d->tees; i++)
		jw_int(j, NULL, d->tee[i]);
	jw_array_end(j);
	jw_hex(j, "evidence_digest", d->evidence_digest,
	    sizeof(d->evidence_digest));
	jw_hex(j, "policy_digest", d->policy_digest, sizeof(d->policy_digest));
	jw_time(j, "not_before", d->not_before);
	jw_time(j, "not_after", d->not_after);
	jw_object_end(j);
}

static void
put_check(struct json_writer *j, const struct dci_check *c)
{
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
	jw_object_end(j);
}

void
result_json(struct writer *w, const struct dci_result *r, int64_t now)
{
	struct json_writer j = jw_of(w);

	jw_object(&j, NULL);
	put_verdict(&j, r, now);
	if (r->has_report)
		put_report(&j, &r->report);
	if (r->has_delegation)
		put_delegation(&j, &r->delegation);
	jw_array(&j, "checks");
	for (size_t i = 0; i < r->checks.n; i++)
		put_check(&j, &r->checks.item[i]);
	jw_array_end(&j);
	jw_object_end(&j);
	writer_u8(w, '\n');
}
