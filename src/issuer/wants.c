/* SPDX-License-Identifier: BSD-3-Clause */
#include "issuer/platform_id.h"
#include "issuer/wants.h"

_Static_assert(WORKERS_MAX <= 64, "a bit for each appraiser");

/* Its place; w->n if there is none. */
static size_t
find(const struct wants *w, const struct dci_platform_id *platform)
{
	size_t i = 0;

	while (i < w->n && !platform_id_same(&w->want[i].platform, platform))
		i++;
	return i;
}

bool
wants_add(
    struct wants *w, unsigned appraiser, const struct dci_platform_id *platform)
{
	size_t i = find(w, platform);

	if (i == WANTS_MAX)
		return false;
	if (i == w->n) {
		w->want[i].platform = *platform;
		w->want[i].appraisers = 0;
		w->n++;
	}
	w->want[i].appraisers |= UINT64_C(1) << appraiser;
	return true;
}

uint64_t
wants_take(struct wants *w, const struct dci_platform_id *platform)
{
	size_t i = find(w, platform);

	if (i == w->n)
		return 0;
	uint64_t appraisers = w->want[i].appraisers;
	w->want[i] = w->want[--w->n];
	return appraisers;
}

void
wants_forget(struct wants *w, unsigned appraiser)
{
	size_t i = 0;

	while (i < w->n) {
		w->want[i].appraisers &= ~(UINT64_C(1) << appraiser);
		if (w->want[i].appraisers == 0)
			w->want[i] = w->want[--w->n];
		else
			i++;
	}
}
