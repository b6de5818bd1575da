/* SPDX-License-Identifier: BSD-3-Clause */
/* Which platforms an appraiser sees: the collector keeps those that are used.
 * Once a day is enough to know. */
#ifndef ISSUER_USAGE_H
#define ISSUER_USAGE_H

#include "issuer/collateral_text.h"

struct usage {
	size_t n;
	struct {
		struct dci_platform_id platform;
		int64_t told;
	} used[COLLATERAL_SETS];
};

/* Whether it is time to tell of that platform, which then counts as told. */
bool usage_due(struct usage *, const struct dci_platform_id *, int64_t now);
/* There is somebody new to tell. */
void usage_forget(struct usage *);

#endif
