/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dcap/tcb_info.h"

/* Version 2: sgxtcbcomp01svn to sgxtcbcomp16svn. */
static void
components_2(struct json_source *s, const json_t *tcb, struct tcb_level *level)
{
	char name[32];

	for (unsigned i = 0; i < TCB_COMPONENTS; i++) {
		snprintf(name, sizeof(name), "sgxtcbcomp%02usvn", i + 1);
		level->sgx[i] = (uint8_t)json_number(s, tcb, name, UINT8_MAX);
	}
}

static void
components_3(struct json_source *s, const json_t *tcb, const char *name,
    struct tcb_level *level, uint8_t svn[TCB_COMPONENTS], bool named)
{
	const json_t *list = json_list(s, tcb, name);

	if (list != NULL && json_array_size(list) != TCB_COMPONENTS)
		json_refuse(s, "\"%s\" with %zu components, not 16", name,
		    json_array_size(list));
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		const json_t *c = json_array_get(list, i);
		const char *category = json_optional_text(s, c, "category");
		const char *type = json_optional_text(s, c, "type");

		svn[i] = (uint8_t)json_number(s, c, "svn", UINT8_MAX);
		if (named) {
			level->category[i] = category;
			level->type[i] = type;
		}
	}
}

static void
level_parse(struct json_source *s, const json_t *o, const struct tcb_info *info,
    struct tcb_level *level)
{
	const json_t *tcb = json_member(s, o, "tcb", JSON_OBJECT);
	const char *status = json_text(s, o, "tcbStatus");

	if (info->version == 2)
		components_2(s, tcb, level);
	else
		components_3(
		    s, tcb, "sgxtcbcomponents", level, level->sgx, true);
	if (info->tee == DCI_TEE_TDX)
		components_3(
		    s, tcb, "tdxtcbcomponents", level, level->tdx, false);
	level->pce_svn = (uint16_t)json_number(s, tcb, "pcesvn", UINT16_MAX);
	level->date = json_time(s, o, "tcbDate");
	json_advisories(s, o, &level->advisories);
	level->status =
	    status == NULL ? DCI_STATUSES : dci_status_by_name(status);
	/* The first and the last two words are ours, not Intel's. */
	if (level->status < DCI_STATUS_REVOKED ||
	    level->status > DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED)
		json_refuse(s, "a \"tcbStatus\" that is unknown");
}

/* Newest first: SGX components, then PCESVN, then TDX components. */
static int
level_compare(const void *va, const void *vb)
{
	const struct tcb_level *a = va, *b = vb;
	int order = memcmp(b->sgx, a->sgx, TCB_COMPONENTS);

	if (order == 0)
		order = (int)b->pce_svn - (int)a->pce_svn;
	if (order == 0)
		order = memcmp(b->tdx, a->tdx, TCB_COMPONENTS);
	return order;
}

static void
levels_parse(struct json_source *s, const json_t *root, struct tcb_info *info)
{
	const json_t *list = json_list(s, root, "tcbLevels");
	size_t n = json_array_size(list);

	if (s->failed)
		return;
	info->level = calloc(n, sizeof(*info->level));
	if (info->level == NULL) {
		json_starve(s);
		return;
	}
	info->n = n;
	for (size_t i = 0; i < n && !s->failed; i++)
		level_parse(s, json_array_get(list, i), info, &info->level[i]);
	if (s->failed)
		return;
	qsort(info->level, n, sizeof(*info->level), level_compare);
	for (size_t i = 1; i < n; i++) {
		if (level_compare(&info->level[i - 1], &info->level[i]) == 0)
			json_refuse(s, "two equal TCB levels");
	}
}

static void
kind_parse(struct json_source *s, const json_t *root, struct tcb_info *info)
{
	info->version = json_number(s, root, "version", UINT32_MAX);
	info->tee = DCI_TEE_SGX;
	if (info->version == 3) {
		const char *id = json_text(s, root, "id");

		if (id != NULL && strcmp(id, "TDX") == 0)
			info->tee = DCI_TEE_TDX;
		else if (id != NULL && strcmp(id, "SGX") != 0)
			json_refuse(s, "an \"id\" other than SGX and TDX");
	} else if (info->version != 2) {
		json_refuse(s, "a \"version\" other than 2 and 3");
	}
	if (info->tee == DCI_TEE_TDX)
		json_member(s, root, "tdxModule", JSON_OBJECT);
	else if (json_object_get(root, "tdxModule") != NULL ||
		 json_object_get(root, "tdxModuleIdentities") != NULL)
		json_refuse(s, "a TDX module in a TCB info for SGX");
}

int
tcb_info_parse(struct tcb_info *info, struct bytes json, struct dci_failure *f)
{
	struct json_source s = {0};
	const json_t *root;

	*info = (struct tcb_info){0};
	info->document = json_document(&s, json);
	root = info->document;
	if (!s.failed) {
		kind_parse(&s, root, info);
		info->dates.issued = json_time(&s, root, "issueDate");
		info->dates.next_update = json_time(&s, root, "nextUpdate");
		json_hex(&s, root, "fmspc", info->fmspc, sizeof(info->fmspc));
		json_hex(&s, root, "pceId", info->pce_id, sizeof(info->pce_id));
		json_number(&s, root, "tcbType", 0);
		info->evaluation = json_number(
		    &s, root, "tcbEvaluationDataNumber", UINT32_MAX);
		levels_parse(&s, root, info);
	}
	if (!s.failed)
		return 0;
	return json_fail(&s, DCI_TCB_INFO_MALFORMED, f);
}

void
tcb_info_free(struct tcb_info *info)
{
	for (size_t i = 0; i < info->n; i++)
		json_advisories_free(&info->level[i].advisories);
	free(info->level);
	json_decref(info->document);
	*info = (struct tcb_info){0};
}
