/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral in JSON: TCB info, QE identity, bundles. */
#include <string.h>

#include "collateral/bundle.h"
#include "collateral/crl_form.h"
#include "dcap/envelope.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"
#include "inspect/show.h"

#define LEVELS_SHOWN 128

static struct bytes
bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* The inner object; the whole text where there is no envelope. */
static struct bytes
unwrap(struct view *v, struct bytes json, const char *member,
    enum dci_code malformed)
{
	struct envelope e;
	struct dci_failure f;

	if (envelope_parse(&e, json, member, malformed, &f) != 0) {
		view_text(
		    v, "note", "not the signed document as Intel serves it");
		return json;
	}
	view_hex(v, "signature", e.signature, sizeof(e.signature));
	return e.inner;
}

static void
advisories_show(struct view *v, const struct dci_advisories *list)
{
	if (list->n == 0)
		return;
	view_list(v, "advisories");
	for (size_t i = 0; i < list->n && i < LEVELS_SHOWN; i++)
		view_foreign(v, NULL, bytes_of(list->id[i]));
	view_list_end(v);
}

static void
dates_show(struct view *v, struct dci_dates dates, uint32_t evaluation)
{
	view_time(v, "issue_date", dates.issued);
	view_time(v, "next_update", dates.next_update);
	view_number(v, "evaluation_number", evaluation);
}

/* Names of components, as the newest level has them. */
static void
kinds_show(struct view *v, const struct tcb_level *level)
{
	view_list(v, "component_names");
	for (int i = 0; i < TCB_COMPONENTS; i++) {
		if (level->category[i] == NULL && level->type[i] == NULL)
			continue;
		view_object(v, NULL);
		view_number(v, "component", i + 1);
		if (level->category[i] != NULL)
			view_foreign(
			    v, "category", bytes_of(level->category[i]));
		if (level->type[i] != NULL)
			view_foreign(v, "type", bytes_of(level->type[i]));
		view_object_end(v);
	}
	view_list_end(v);
}

static void
tcb_level_show(
    struct view *v, const struct tcb_info *info, const struct tcb_level *level)
{
	view_object(v, NULL);
	view_text(v, "status", dci_status_name(level->status));
	view_time(v, "tcb_date", level->date);
	view_numbers(v, "components", level->sgx, TCB_COMPONENTS);
	if (info->tee == DCI_TEE_TDX)
		view_numbers(v, "tdx_components", level->tdx, TCB_COMPONENTS);
	view_number(v, "pce_svn", level->pce_svn);
	advisories_show(v, &level->advisories);
	view_object_end(v);
}

void
tcb_info_show(struct view *v, struct bytes json)
{
	struct tcb_info info CLEANUP(tcb_info_free) = {0};
	struct dci_failure f;
	struct bytes inner = unwrap(v, json, "tcbInfo", DCI_TCB_INFO_MALFORMED);

	if (tcb_info_parse(&info, inner, &f) != 0) {
		view_failure(v, "malformed", &f);
		return;
	}
	view_text(v, "tee", info.tee == DCI_TEE_TDX ? "TDX" : "SGX");
	view_number(v, "version", info.version);
	view_hex(v, "fmspc", info.fmspc, sizeof(info.fmspc));
	view_hex(v, "pce_id", info.pce_id, sizeof(info.pce_id));
	dates_show(v, info.dates, info.evaluation);
	kinds_show(v, &info.level[0]);
	view_number(v, "levels_in_all", (int64_t)info.n);
	view_list(v, "levels");
	for (size_t i = 0; i < info.n && i < LEVELS_SHOWN; i++)
		tcb_level_show(v, &info, &info.level[i]);
	view_list_end(v);
}

static void
qe_level_show(struct view *v, const struct qe_level *level)
{
	view_object(v, NULL);
	view_text(v, "status", dci_status_name(level->status));
	view_time(v, "tcb_date", level->date);
	view_number(v, "isv_svn", level->isv_svn);
	advisories_show(v, &level->advisories);
	view_object_end(v);
}

void
qe_identity_show(struct view *v, struct bytes json)
{
	struct qe_identity q CLEANUP(qe_identity_free) = {0};
	struct dci_failure f;
	struct bytes inner =
	    unwrap(v, json, "enclaveIdentity", DCI_QE_IDENTITY_MALFORMED);

	if (qe_identity_parse(&q, inner, &f) != 0) {
		view_failure(v, "malformed", &f);
		return;
	}
	view_text(v, "id", enclave_id_name(q.id));
	dates_show(v, q.dates, q.evaluation);
	view_hex(v, "mrsigner", q.mrsigner, sizeof(q.mrsigner));
	view_number(v, "isv_prod_id", q.isv_prod_id);
	view_hex(v, "attributes", q.attributes, sizeof(q.attributes));
	view_hex(
	    v, "attributes_mask", q.attributes_mask, sizeof(q.attributes_mask));
	view_hex(v, "miscselect", q.miscselect, sizeof(q.miscselect));
	view_hex(
	    v, "miscselect_mask", q.miscselect_mask, sizeof(q.miscselect_mask));
	view_number(v, "levels_in_all", (int64_t)q.n);
	view_list(v, "levels");
	for (size_t i = 0; i < q.n && i < LEVELS_SHOWN; i++)
		qe_level_show(v, &q.level[i]);
	view_list_end(v);
}

static void
document_show(struct view *v, enum dci_document which, struct bytes data)
{
	switch (which) {
	case DCI_DOC_TCB_INFO:
		tcb_info_show(v, data);
		return;
	case DCI_DOC_QE_IDENTITY:
		qe_identity_show(v, data);
		return;
	case DCI_DOC_PCK_CRL:
	case DCI_DOC_ROOT_CA_CRL:
		crl_show(v, data);
		return;
	default:
		pem_show(v, "certificates", data);
		return;
	}
}

void
bundle_show(struct view *v, struct bytes json)
{
	struct collateral_files c CLEANUP(collateral_free) = {0};
	struct dci_failure f;

	if (bundle_read(&c, "The bundle", (const char *)json.p, json.n, &f) !=
	    0) {
		view_failure(v, "malformed", &f);
		return;
	}
	if (!crl_to_der(
		&c.doc[DCI_DOC_PCK_CRL].data, &c.doc[DCI_DOC_PCK_CRL].n) ||
	    !crl_to_der(&c.doc[DCI_DOC_ROOT_CA_CRL].data,
		&c.doc[DCI_DOC_ROOT_CA_CRL].n)) {
		dci_fail(&f, DCI_OUT_OF_MEMORY, "No memory for a CRL.");
		view_failure(v, "malformed", &f);
		return;
	}
	for (enum dci_document i = 0; i < DCI_DOCUMENTS; i++) {
		view_object(v, dci_document_name(i));
		if (c.doc[i].data == NULL)
			view_text(v, "note", "not there");
		else
			document_show(
			    v, i, (struct bytes){c.doc[i].data, c.doc[i].n});
		view_object_end(v);
	}
}
