/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Releases of TCB data: what has one tcbEvaluationDataNumber.  update=standard
 * gives the newest whose time has come, update=early the newest of all.
 */
#ifndef SIM_PCS_RELEASE_H
#define SIM_PCS_RELEASE_H

#include "base/text.h"
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

#define PCS_RELEASES   2
#define PCS_LEVELS_MAX 16

/* The advisory that a recovery is about. */
#define PCS_RECOVERY_ADVISORY "INTEL-SA-99999"

/* Intel's standard update commonly comes six weeks after the early one. */
#define PCS_RECOVERY_SECONDS (INT64_C(42) * 24 * 3600)

struct pcs_releases {
	struct pcs_release list[PCS_RELEASES]; /* oldest first */
	size_t n;
	/* What the recovery's levels consist of. */
	struct sim_tcb_level tcb[PCS_LEVELS_MAX];
	struct sim_qe_level qe[PCS_LEVELS_MAX];
	char advisories[2][PCS_LEVELS_MAX][256];
	char date[RFC3339_SIZE];
};

/* The release that a platform's spec has.  Must not be moved afterwards. */
void pcs_releases_init(struct pcs_releases *, const struct sim_spec *);

/*
 * Adds a TCB recovery: the next number; standard from that time on, dated six
 * weeks before.  Its newest level asks for more in TCB component 3 than the
 * spec's platform has, and with qe its newest QE for a higher SVN; all older
 * levels are out of date because of PCS_RECOVERY_ADVISORY.
 */
void pcs_releases_recover(
    struct pcs_releases *, const struct sim_spec *, int64_t standard, bool qe);

/* The release that a request gets at that time.  Returns the HTTP status: 200,
 * 410 for a number that was withdrawn, 404 for one that is not there yet. */
int pcs_release_choose(const struct pcs_release **out,
    const struct pcs_releases *, const struct pcs_request *, int64_t now,
    struct pcs_refusal *why) MUST_CHECK;

#endif
