/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Releases of TCB data: what has one tcbEvaluationDataNumber.  update=standard
 * gives the newest whose time has come, update=early the newest of all.
 */
#ifndef SIM_PCS_RELEASE_H
#define SIM_PCS_RELEASE_H

#include "sim/pcs_request.h"
#include "sim/spec.h"

struct pcs_release {
	uint32_t number;
	int64_t standard; /* from when update=standard gives it */
	const struct sim_tcb_level *tcb_levels;
	size_t n_tcb_levels;
	const struct sim_qe_level *qe_levels;
	size_t n_qe_levels;
};

#define PCS_RELEASES 2

struct pcs_releases {
	struct pcs_release list[PCS_RELEASES]; /* oldest first */
	size_t n;
};

/* The release that a platform's spec has. */
void pcs_releases_init(struct pcs_releases *, const struct sim_spec *);

/* The release that a request gets at that time.  Returns the HTTP status: 200,
 * 410 for a number that was withdrawn, 404 for one that is not there yet. */
int pcs_release_choose(const struct pcs_release **out,
    const struct pcs_releases *, const struct pcs_request *, int64_t now,
    struct pcs_refusal *why) MUST_CHECK;

#endif
