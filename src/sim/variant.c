/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "sim/variant.h"

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)

struct sim_platform *
sim_open_variant(
    const char *dir, const struct sim_variant *variant, struct dci_failure *f)
{
	struct sim_platform *p CLEANUP(cleanup_platform) = sim_open(dir, f);

	if (p == NULL)
		return NULL;
	struct sim_spec spec = *sim_spec_of(p);
	if (variant->other_fmspc) {
		memcpy(spec.fmspc, variant->fmspc, sizeof(spec.fmspc));
		memcpy(spec.tcb_info_fmspc, variant->fmspc,
		    sizeof(spec.tcb_info_fmspc));
	}
	spec.processor_ca = variant->processor_ca;
	if (variant->fault != NULL)
		variant->fault->apply(&spec);
	return sim_vary(p, &spec, f);
}
