/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is in store for a delegation: the evidence that its certificate rests
 * on, appraised again by the collateral in use, and by that of the next TCB
 * recovery, which Intel hands out early (update=early) some weeks before
 * everybody gets it.  Pure: bytes, snapshots and a time in.
 */
#ifndef FORECAST_FORECAST_H
#define FORECAST_FORECAST_H

#include "base/bytes.h"
#include "dci/policy.h"
#include "dci/verify.h"

/* From the early documents of a TCB recovery to the standard ones: "commonly
 * approximately 6 weeks" (Intel PCS API v4, parameter update).  A recovery is
 * dated by its newest TCB level. */
#define FORECAST_LEAD ((int64_t)42 * 86400)

#define FORECAST_WHY_MAX 512

struct forecast_subject {
	struct bytes quote;
	bool evidence_bound;
	const struct dci_policy *policy; /* the one it was admitted by */
};

/* One appraisal's end. */
struct forecast_verdict {
	enum dci_status status;
	bool admitted;
	struct dci_failure failure; /* DCI_OK if admitted */
	/* What the platform lacks: "SGX TCB component 3 has 11, needs 13";
	 * or the failure's sentence; empty if there is nothing to say. */
	char why[FORECAST_WHY_MAX];
};

struct forecast {
	struct forecast_verdict now;
	/* Whether the next TCB recovery changes verdict or admission, and from
	 * when on: not before now. */
	bool changes;
	int64_t from;
	struct forecast_verdict then;
};

/* early: NULL where it is not known; cache may be NULL. */
void forecast_make(struct forecast *, const struct forecast_subject *,
    int64_t now, const struct dci_snapshot *standard,
    const struct dci_snapshot *early, struct dci_cache *);

/* Whether it is refused now, or will be: no new certificate for it. */
bool forecast_falls_out(const struct forecast *);

/* One sentence: "from 2026-12-24T00:00:00Z on, enclave 4f... will be OutOfDate
 * and gets no certificate: SGX TCB component 3 has 11, needs 13". */
#define FORECAST_TEXT_MAX (FORECAST_WHY_MAX + 256)
void forecast_text(char *out, size_t n, const uint8_t mrenclave[static 32],
    const struct forecast *);

#endif
