/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/log.h"
#include "sim/pcs_answer.h"

#define DAY          (INT64_C(24) * 3600)
#define GARBAGE_SIZE 4096

void
pcs_answer_free(struct pcs_answer *a)
{
	pcs_content_free(&a->content);
}

static void
refuse(struct pcs_answer *a, int status, const char *code, const char *message)
{
	a->status = status;
	a->why = (struct pcs_refusal){code, message};
}

static bool
fmspc_known(const struct pcs_source *s, const uint8_t fmspc[static 6])
{
	if (memcmp(sim_spec_of(s->platform)->fmspc, fmspc, 6) == 0)
		return true;
	for (size_t i = 0; i < s->options->fmspcs; i++) {
		if (memcmp(s->options->fmspc[i], fmspc, 6) == 0)
			return true;
	}
	return false;
}

static struct sim_validity
validity(const struct pcs_source *s, const struct pcs_effects *e)
{
	int64_t now = pcs_state_now(&s->state), window = s->options->window;

	if (e->expired)
		return (struct sim_validity){now - 60 * DAY, now - 30 * DAY};
	if (e->not_yet_valid)
		return (struct sim_validity){now + 30 * DAY, now + 60 * DAY};
	if (e->older)
		now -= window / 2;
	return (struct sim_validity){now, now + window};
}

/* What the documents of this request say. */
static void
spec_for(struct sim_spec *spec, const struct pcs_source *s,
    const struct pcs_request *request, const struct pcs_release *release,
    const struct pcs_effects *e)
{
	*spec = *sim_spec_of(s->platform);
	spec->tcb_info = validity(s, e);
	spec->qe_identity = spec->pck_crl = spec->root_crl = spec->tcb_info;
	spec->tcb_evaluation = release->number - (e->older ? 1 : 0);
	spec->qe_evaluation = spec->tcb_evaluation;
	spec->tcb_levels = release->tcb_levels;
	spec->n_tcb_levels = release->n_tcb_levels;
	spec->qe_levels = release->qe_levels;
	spec->n_qe_levels = release->n_qe_levels;
	memcpy(spec->tcb_info_fmspc, request->fmspc, sizeof(request->fmspc));
	spec->processor_ca = request->processor;
	spec->tamper.tcb_info_signature = e->wrong_signature;
	spec->tamper.qe_identity_signature = e->wrong_signature;
	spec->tamper.pck_crl_signature = e->wrong_signature;
	spec->tamper.root_crl_signature = e->wrong_signature;
}

static void
find_document(
    struct pcs_answer *a, const struct pcs_source *s, struct pcs_request *r)
{
	const struct pcs_release *release;
	struct sim_spec spec;
	struct dci_failure f;

	if ((r->document == PCS_TCB || r->document == PCS_TDX_TCB) &&
	    !fmspc_known(s, r->fmspc)) {
		refuse(a, HTTP_NOTFOUND, "NotFound", "no such FMSPC");
		return;
	}
	a->status = pcs_release_choose(
	    &release, &s->releases, r, pcs_state_now(&s->state), &a->why);
	if (a->status != HTTP_OK)
		return;
	if (a->effects.hex)
		r->encoding = PCS_HEX;
	spec_for(&spec, s, r, release, &a->effects);
	if (pcs_document_make(
		&a->content, s->platform, &spec, r, &s->releases, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "document-failed", &f);
		refuse(a, HTTP_INTERNAL, "InternalError", "see the log");
	}
}

/* Neither JSON nor PEM nor DER nor hex, and the same each time. */
static void
put_garbage(struct writer *body)
{
	uint32_t x = 1;

	body->n = 0;
	for (size_t i = 0; i < GARBAGE_SIZE; i++) {
		x = x * UINT32_C(1664525) + UINT32_C(1013904223);
		writer_u8(body, (uint8_t)(x >> 24));
	}
}

static void
spoil(struct pcs_answer *a)
{
	if (a->effects.status != 0)
		refuse(a, a->effects.status, "Simulated",
		    "a fault that was switched on");
	if (a->effects.no_chain)
		a->content.chain_header = NULL;
	if (a->effects.garbage)
		put_garbage(&a->content.body);
}

void
pcs_answer_make(struct pcs_answer *out, struct pcs_source *s, const char *path,
    const char *query)
{
	struct pcs_request request;

	*out = (struct pcs_answer){.document = PCS_DOCUMENTS,
	    .content = {.body = writer_new(0), .chain = writer_new(0)}};
	out->status = pcs_request_read(
	    &request, path, query, s->options->pccs, &out->why);
	if (out->status != HTTP_OK)
		return;
	out->document = request.document;
	pcs_faults_hit(&out->effects, &s->state.faults, request.document);
	find_document(out, s, &request);
	if (out->status == HTTP_OK)
		spoil(out);
}
