/* SPDX-License-Identifier: BSD-3-Clause */
#include <event2/http.h>

#include "sim/pcs_release.h"

#define HTTP_GONE 410

void
pcs_releases_init(struct pcs_releases *r, const struct sim_spec *spec)
{
	*r = (struct pcs_releases){.n = 1};
	r->list[0] = (struct pcs_release){
	    .number = spec->tcb_evaluation,
	    .standard = INT64_MIN,
	    .tcb_levels = spec->tcb_levels,
	    .n_tcb_levels = spec->n_tcb_levels,
	    .qe_levels = spec->qe_levels,
	    .n_qe_levels = spec->n_qe_levels,
	};
}

static int
choose_number(const struct pcs_release **out, const struct pcs_releases *r,
    uint32_t number, struct pcs_refusal *why)
{
	for (size_t i = 0; i < r->n; i++) {
		*out = &r->list[i];
		if (r->list[i].number == number)
			return HTTP_OK;
	}
	if (number < r->list[0].number) {
		*why = (struct pcs_refusal){
		    "Gone", "that tcbEvaluationDataNumber was withdrawn"};
		return HTTP_GONE;
	}
	*why =
	    (struct pcs_refusal){"NotFound", "no such tcbEvaluationDataNumber"};
	return HTTP_NOTFOUND;
}

int
pcs_release_choose(const struct pcs_release **out, const struct pcs_releases *r,
    const struct pcs_request *request, int64_t now, struct pcs_refusal *why)
{
	if (request->numbered)
		return choose_number(out, r, request->number, why);
	*out = &r->list[0];
	for (size_t i = 1; i < r->n; i++) {
		if (request->early || r->list[i].standard <= now)
			*out = &r->list[i];
	}
	return HTTP_OK;
}
