/* SPDX-License-Identifier: BSD-3-Clause */
#include "issuer/platform_id.h"
#include "issuer/usage.h"

#define PERIOD_SECONDS 86400

bool
usage_due(struct usage *u, const struct dci_platform_id *platform, int64_t now)
{
	size_t i = 0;

	while (i < u->n && !platform_id_same(&u->used[i].platform, platform))
		i++;
	if (i < u->n && now < u->used[i].told + PERIOD_SECONDS)
		return false;
	/* More than there can be collateral for: they were others once. */
	if (i == COLLATERAL_SETS)
		i = u->n = 0;
	if (i == u->n)
		u->n++;
	u->used[i].platform = *platform;
	u->used[i].told = now;
	return true;
}

void
usage_forget(struct usage *u)
{
	u->n = 0;
}
