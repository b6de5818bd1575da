/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "proto/report.h"
#include "result/quote_body.h"
#include "result/report.h"

void
report_text_read(char *out, size_t size, struct json_source *s, const json_t *o,
    const char *name)
{
	const json_t *v = json_member(s, o, name, JSON_STRING);

	out[0] = '\0';
	if (v == NULL)
		return;
	if (json_string_length(v) >= size) {
		json_refuse(
		    s, "a \"%s\" of more than %zu bytes", name, size - 1);
		return;
	}
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
}

static void
id_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	report_text_read(out->id, sizeof(out->id), s, o, REPORT_MEMBER_ID);
	if (out->id[0] == '\0' ||
	    out->id[strspn(out->id, "0123456789")] != '\0')
		json_refuse(s, "an \"" REPORT_MEMBER_ID "\" that is no number");
}

static void
tee_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	static const struct {
		const char *word;
		enum dci_tee tee;
	} known[] = {
	    {"SGX_STANDARD", DCI_TEE_SGX},
	    {"SGX_SCALABLE", DCI_TEE_SGX},
	    {"SGX_SCALABLE_WITH_INTEGRITY", DCI_TEE_SGX},
	    {"TDX", DCI_TEE_TDX},
	};
	const char *word = json_text(s, o, REPORT_MEMBER_TEE);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (word == NULL || strcmp(word, known[i].word) != 0)
			continue;
		out->tee = known[i].tee;
		out->tee_type = known[i].word;
		return;
	}
	json_refuse(s, "an unknown \"" REPORT_MEMBER_TEE "\"");
}

static void
status_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	const char *word = json_text(s, o, REPORT_MEMBER_STATUS);
	enum dci_status status =
	    word == NULL ? DCI_STATUSES : report_status_by_word(word);

	if (status >= DCI_STATUSES) {
		json_refuse(s, "an unknown \"" REPORT_MEMBER_STATUS "\"");
		return;
	}
	out->status = status;
	out->quote_status = report_status_word(
	    status, status == DCI_STATUS_INVALID ? DCI_QUOTE_SIGNATURE_INVALID
						 : DCI_OK);
}

static void
quote_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	const json_t *v = json_member(s, o, REPORT_MEMBER_BODY, JSON_STRING);
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (s->failed)
		return;
	if (!base64_decode(
		&data, &n, json_string_value(v), json_string_length(v)))
		json_refuse(
		    s, "an \"" REPORT_MEMBER_BODY "\" that is not base64");
	else if (!quote_body_read(out, (struct bytes){data, n}))
		json_refuse(s,
		    "an \"" REPORT_MEMBER_BODY "\" that is no %s quote",
		    out->tee == DCI_TEE_TDX ? "TDX" : "SGX");
}

/* Each comes from a document of its own, which the verifier may lack. */
static void
tcb_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	if (json_object_get(o, REPORT_MEMBER_EVALUATION) != NULL)
		out->tcb_evaluation =
		    json_number(s, o, REPORT_MEMBER_EVALUATION, UINT32_MAX);
	if (json_object_get(o, REPORT_MEMBER_TCB_DATE) != NULL)
		out->tcb_date = json_time(s, o, REPORT_MEMBER_TCB_DATE);
}

static void
advisories_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	const json_t *list, *v;
	size_t i;

	if (json_object_get(o, REPORT_MEMBER_ADVISORIES) == NULL)
		return;
	list = json_member(s, o, REPORT_MEMBER_ADVISORIES, JSON_ARRAY);
	json_array_foreach (list, i, v) {
		const char *text = json_string_value(v);

		if (i >= DCI_REPORT_ADVISORIES || text == NULL ||
		    strlen(text) >= DCI_POLICY_ADVISORY_SIZE) {
			json_refuse(s, "an \"" REPORT_MEMBER_ADVISORIES
				       "\" that is not a list of advisories");
			return;
		}
		snprintf(
		    out->advisory[i], DCI_POLICY_ADVISORY_SIZE, "%s", text);
		out->advisories = i + 1;
	}
}

static void
nonce_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	out->has_nonce = json_object_get(o, REPORT_MEMBER_NONCE) != NULL;
	if (out->has_nonce)
		report_text_read(
		    out->nonce, sizeof(out->nonce), s, o, REPORT_MEMBER_NONCE);
}

void
report_members_read(
    struct dci_report *out, struct json_source *s, const json_t *o)
{
	tee_read(out, s, o);
	status_read(out, s, o);
	quote_read(out, s, o);
	tcb_read(out, s, o);
	nonce_read(out, s, o);
	advisories_read(out, s, o);
}

static void
frame_read(struct dci_report *out, struct json_source *s, const json_t *o)
{
	const char *type = json_text(s, o, REPORT_MEMBER_ATTESTATION);

	id_read(out, s, o);
	out->timestamp = json_time(s, o, REPORT_MEMBER_TIMESTAMP);
	if (json_number(s, o, REPORT_MEMBER_VERSION, UINT32_MAX) !=
	    REPORT_VERSION)
		json_refuse(s, "another \"" REPORT_MEMBER_VERSION "\" than 5");
	if (type != NULL && strcmp(type, REPORT_ATTESTATION) != 0)
		json_refuse(s, "another \"" REPORT_MEMBER_ATTESTATION
			       "\" than " REPORT_ATTESTATION);
}

bool
report_read(struct dci_report *out, struct json_source *s, struct bytes body)
{
	json_t *o = json_document(s, body);

	if (o != NULL && !json_is_object(o))
		json_refuse(s, "no JSON object");
	if (!s->failed) {
		frame_read(out, s, o);
		report_members_read(out, s, o);
	}
	json_decref(o);
	return !s->failed;
}
