/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/limits.h"
#include "sim/document.h"
#include "sim/tcb_info.h"

struct component {
	const char *category, *type;
};

/* Intel names the first four components only. */
static const struct component sgx_components[16] = {
    {"BIOS", "Early Microcode Update"},
    {"OS/VMM", "SGX Late Microcode Update"},
    {"OS/VMM", "TXT SINIT"},
    {"BIOS", NULL},
};

static const struct component tdx_components[16] = {
    {"OS/VMM", "TDX Module"},
    {"OS/VMM", "TDX Module"},
    {"OS/VMM", "TDX Late Microcode Update"},
};

/* The attributes of every module that Intel has signed. */
static const char module_attributes[] =
    "\"mrsigner\":\"00000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000\""
    ",\"attributes\":\"0000000000000000\""
    ",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"";

static void
component_write(struct writer *w, const struct component *component,
    const char *separator, uint8_t svn)
{
	writer_printf(w, "%s{\"svn\":%u", separator, svn);
	if (component->category != NULL)
		writer_printf(w, ",\"category\":\"%s\"", component->category);
	if (component->type != NULL)
		writer_printf(w, ",\"type\":\"%s\"", component->type);
	writer_u8(w, '}');
}

static void
components_write(struct writer *w, const struct component *list,
    const uint8_t svn[static 16])
{
	writer_u8(w, '[');
	for (size_t i = 0; i < 16; i++)
		component_write(w, &list[i], i > 0 ? "," : "", svn[i]);
	writer_u8(w, ']');
}

static void
level_write(
    struct writer *w, const struct sim_tcb_level *level, enum dci_tee tee)
{
	writer_text(w, "{\"tcb\":{\"sgxtcbcomponents\":");
	components_write(w, sgx_components, level->tcb.component);
	writer_printf(w, ",\"pcesvn\":%u", level->tcb.pce_svn);
	if (tee == DCI_TEE_TDX) {
		writer_text(w, ",\"tdxtcbcomponents\":");
		components_write(w, tdx_components, level->tcb.tdx);
	}
	writer_text(w, "},");
	document_level_end(w, level->date, level->status, level->advisories);
	writer_u8(w, '}');
}

static void
module_write(struct writer *w, unsigned version, unsigned svn, const char *date)
{
	writer_printf(w,
	    "{\"id\":\"TDX_%02u\",%s,\"tcbLevels\":[{\"tcb\":{\"isvsvn\":%u},",
	    version, module_attributes, svn);
	document_level_end(w, date, "UpToDate", NULL);
	writer_text(w, "}]}");
}

/* That of the first module, and those of later major versions. */
static void
modules_write(struct writer *w, const char *date)
{
	writer_printf(w, ",\"tdxModule\":{%s},\"tdxModuleIdentities\":[",
	    module_attributes);
	module_write(w, 3, 3, date);
	writer_u8(w, ',');
	module_write(w, 1, 5, date);
	writer_u8(w, ']');
}

static void
inner_write(struct writer *w, const struct sim_spec *spec, enum dci_tee tee)
{
	writer_printf(w, "{\"id\":\"%s\",\"version\":3,",
	    tee == DCI_TEE_TDX ? "TDX" : "SGX");
	document_dates(w, &spec->tcb_info);
	writer_text(w, ",\"fmspc\":");
	document_hex(w, spec->tcb_info_fmspc, sizeof(spec->tcb_info_fmspc));
	writer_text(w, ",\"pceId\":");
	document_hex(w, spec->pce_id, sizeof(spec->pce_id));
	writer_printf(w, ",\"tcbType\":0,\"tcbEvaluationDataNumber\":%u",
	    spec->tcb_evaluation);
	if (tee == DCI_TEE_TDX)
		modules_write(w, spec->tcb_levels[0].date);
	writer_text(w, ",\"tcbLevels\":[");
	for (size_t i = 0; i < spec->n_tcb_levels; i++) {
		if (i > 0)
			writer_u8(w, ',');
		level_write(w, &spec->tcb_levels[i], tee);
	}
	writer_text(w, "]}");
}

bool
tcb_info_write(struct writer *w, const struct sim_pki *pki,
    const struct sim_spec *spec, enum dci_tee tee)
{
	struct writer inner CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	inner_write(&inner, spec, tee);
	return document_sign(w, "tcbInfo", &inner, pki->key[SIM_KEY_TCB_SIGNER],
	    spec->tamper.tcb_info_signature);
}
