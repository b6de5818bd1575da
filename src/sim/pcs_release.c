/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
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

/* What a status becomes when the TCB is no longer up to date. */
static const char *
overtaken(const char *status)
{
	if (strcmp(status, "ConfigurationNeeded") == 0 ||
	    strcmp(status, "ConfigurationAndSWHardeningNeeded") == 0 ||
	    strcmp(status, "OutOfDateConfigurationNeeded") == 0)
		return "OutOfDateConfigurationNeeded";
	return strcmp(status, "Revoked") == 0 ? status : "OutOfDate";
}

/* The list of a level and the new advisory. */
static const char *
advise(char out[static 256], const char *advisories)
{
	snprintf(out, 256, "%s%s" PCS_RECOVERY_ADVISORY,
	    advisories != NULL ? advisories : "",
	    advisories != NULL ? " " : "");
	return out;
}

static void
recover_tcb(
    struct pcs_releases *r, struct pcs_release *to, const struct sim_tcb *has)
{
	const struct pcs_release *from = &r->list[0];

	r->tcb[0] = from->tcb_levels[0];
	r->tcb[0].date = r->date;
	r->tcb[0].tcb.component[2] = (uint8_t)(has->component[2] + 2);
	to->n_tcb_levels = 1;
	for (size_t i = 0;
	     i < from->n_tcb_levels && to->n_tcb_levels < PCS_LEVELS_MAX; i++) {
		struct sim_tcb_level *level = &r->tcb[to->n_tcb_levels++];

		*level = from->tcb_levels[i];
		level->status = overtaken(level->status);
		level->advisories =
		    advise(r->advisories[0][i], level->advisories);
	}
	to->tcb_levels = r->tcb;
}

static void
recover_qe(struct pcs_releases *r, struct pcs_release *to)
{
	const struct pcs_release *from = &r->list[0];

	r->qe[0] = from->qe_levels[0];
	r->qe[0].date = r->date;
	r->qe[0].isv_svn++;
	to->n_qe_levels = 1;
	for (size_t i = 0;
	     i < from->n_qe_levels && to->n_qe_levels < PCS_LEVELS_MAX; i++) {
		struct sim_qe_level *level = &r->qe[to->n_qe_levels++];

		*level = from->qe_levels[i];
		level->status = overtaken(level->status);
		level->advisories =
		    advise(r->advisories[1][i], level->advisories);
	}
	to->qe_levels = r->qe;
}

void
pcs_releases_recover(struct pcs_releases *r, const struct sim_spec *spec,
    int64_t standard, bool qe)
{
	struct pcs_release *to = &r->list[1];

	*to = r->list[0];
	to->number++;
	to->standard = standard;
	rfc3339_encode(r->date, standard - PCS_RECOVERY_SECONDS);
	recover_tcb(r, to, &spec->tcb);
	if (qe)
		recover_qe(r, to);
	r->n = 2;
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
