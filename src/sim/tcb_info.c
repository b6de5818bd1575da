/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/limits.h"
#include "sim/document.h"
#include "sim/tcb_info.h"

/* Intel names the first four components only. */
static const struct {
	const char *category, *type;
} components[16] = {
    {"BIOS", "Early Microcode Update"},
    {"OS/VMM", "SGX Late Microcode Update"},
    {"OS/VMM", "TXT SINIT"},
    {"BIOS", NULL},
};

static void
component_write(struct writer *w, size_t i, uint8_t svn)
{
	writer_printf(w, "%s{\"svn\":%u", i > 0 ? "," : "", svn);
	if (components[i].category != NULL)
		writer_printf(
		    w, ",\"category\":\"%s\"", components[i].category);
	if (components[i].type != NULL)
		writer_printf(w, ",\"type\":\"%s\"", components[i].type);
	writer_u8(w, '}');
}

static void
level_write(struct writer *w, const struct sim_tcb_level *level)
{
	writer_text(w, "{\"tcb\":{\"sgxtcbcomponents\":[");
	for (size_t i = 0; i < 16; i++)
		component_write(w, i, level->tcb.component[i]);
	writer_printf(w, "],\"pcesvn\":%u},", level->tcb.pce_svn);
	document_level_end(w, level->date, level->status, level->advisories);
	writer_u8(w, '}');
}

static void
inner_write(struct writer *w, const struct sim_spec *spec)
{
	writer_text(w, "{\"id\":\"SGX\",\"version\":3,");
	document_dates(w, &spec->tcb_info);
	writer_text(w, ",\"fmspc\":");
	document_hex(w, spec->tcb_info_fmspc, sizeof(spec->tcb_info_fmspc));
	writer_text(w, ",\"pceId\":");
	document_hex(w, spec->pce_id, sizeof(spec->pce_id));
	writer_printf(w,
	    ",\"tcbType\":0,\"tcbEvaluationDataNumber\":%u,\"tcbLevels\":[",
	    spec->tcb_evaluation);
	for (size_t i = 0; i < spec->n_tcb_levels; i++) {
		if (i > 0)
			writer_u8(w, ',');
		level_write(w, &spec->tcb_levels[i]);
	}
	writer_text(w, "]}");
}

bool
tcb_info_write(
    struct writer *w, const struct sim_pki *pki, const struct sim_spec *spec)
{
	struct writer inner CLEANUP(writer_free) = writer_new(LIMIT_COLLATERAL);

	inner_write(&inner, spec);
	return document_sign(w, "tcbInfo", &inner, pki->key[SIM_KEY_TCB_SIGNER],
	    spec->tamper.tcb_info_signature);
}
