/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dcap/qe_identity.h"

static const char *const ids[] = {
    [ENCLAVE_QE] = "QE",
    [ENCLAVE_QVE] = "QVE",
    [ENCLAVE_TD_QE] = "TD_QE",
};

const char *
enclave_id_name(enum enclave_id id)
{
	return ids[id];
}

static void
level_parse(struct json_source *s, const json_t *o, struct qe_level *level)
{
	const json_t *tcb = json_member(s, o, "tcb", JSON_OBJECT);
	const char *status = json_text(s, o, "tcbStatus");

	level->isv_svn = (uint16_t)json_number(s, tcb, "isvsvn", UINT16_MAX);
	level->date = json_time(s, o, "tcbDate");
	json_advisories(s, o, &level->advisories);
	level->status =
	    status == NULL ? DCI_STATUSES : dci_status_by_name(status);
	if (level->status != DCI_STATUS_UP_TO_DATE &&
	    level->status != DCI_STATUS_OUT_OF_DATE &&
	    level->status != DCI_STATUS_REVOKED)
		json_refuse(s, "a \"tcbStatus\" that is unknown");
}

static int
level_compare(const void *va, const void *vb)
{
	const struct qe_level *a = va, *b = vb;

	return (int)b->isv_svn - (int)a->isv_svn;
}

static void
levels_parse(
    struct json_source *s, const json_t *root, struct qe_identity *identity)
{
	const json_t *list = json_list(s, root, "tcbLevels");
	size_t n = json_array_size(list);

	if (s->failed)
		return;
	identity->level = calloc(n, sizeof(*identity->level));
	if (identity->level == NULL) {
		json_starve(s);
		return;
	}
	identity->n = n;
	for (size_t i = 0; i < n && !s->failed; i++)
		level_parse(s, json_array_get(list, i), &identity->level[i]);
	if (s->failed)
		return;
	qsort(identity->level, n, sizeof(*identity->level), level_compare);
	for (size_t i = 1; i < n; i++) {
		if (level_compare(
			&identity->level[i - 1], &identity->level[i]) == 0)
			json_refuse(s, "two equal TCB levels");
	}
}

static void
id_parse(
    struct json_source *s, const json_t *root, struct qe_identity *identity)
{
	const char *id = json_text(s, root, "id");
	size_t i = 0;

	while (id != NULL && i < sizeof(ids) / sizeof(ids[0])) {
		if (strcmp(ids[i], id) == 0) {
			identity->id = (enum enclave_id)i;
			return;
		}
		i++;
	}
	json_refuse(s, "an \"id\" other than QE, QVE and TD_QE");
}

static void
members_parse(struct json_source *s, const json_t *root, struct qe_identity *q)
{
	if (json_number(s, root, "version", UINT32_MAX) != 2)
		json_refuse(s, "a \"version\" other than 2");
	id_parse(s, root, q);
	q->dates.issued = json_time(s, root, "issueDate");
	q->dates.next_update = json_time(s, root, "nextUpdate");
	q->evaluation =
	    json_number(s, root, "tcbEvaluationDataNumber", UINT32_MAX);
	json_hex(s, root, "miscselect", q->miscselect, 4);
	json_hex(s, root, "miscselectMask", q->miscselect_mask, 4);
	json_hex(s, root, "attributes", q->attributes, 16);
	json_hex(s, root, "attributesMask", q->attributes_mask, 16);
	json_hex(s, root, "mrsigner", q->mrsigner, 32);
	q->isv_prod_id =
	    (uint16_t)json_number(s, root, "isvprodid", UINT16_MAX);
	levels_parse(s, root, q);
}

int
qe_identity_parse(
    struct qe_identity *q, struct bytes json, struct dci_failure *f)
{
	struct json_source s = {0};

	*q = (struct qe_identity){0};
	q->document = json_document(&s, json);
	if (!s.failed)
		members_parse(&s, q->document, q);
	if (!s.failed)
		return 0;
	return json_fail(&s, DCI_QE_IDENTITY_MALFORMED, f);
}

void
qe_identity_free(struct qe_identity *q)
{
	for (size_t i = 0; i < q->n; i++)
		json_advisories_free(&q->level[i].advisories);
	free(q->level);
	json_decref(q->document);
	*q = (struct qe_identity){0};
}
