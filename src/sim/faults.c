/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "sim/faults.h"

#define DAY (INT64_C(24) * 3600)

/* Over before the platform was made, so that it is over whenever the folder
 * is used. */
static void
expire(const struct sim_spec *s, struct sim_validity *v)
{
	*v =
	    (struct sim_validity){s->created - 60 * DAY, s->created - 30 * DAY};
}

static void
postpone(const struct sim_spec *s, struct sim_validity *v)
{
	*v = (struct sim_validity){
	    s->created + 3650 * DAY, s->created + 7300 * DAY};
}

/* Gives the platform the SVNs that make its status the given one. */
static void
have(struct sim_spec *s, const char *status)
{
	const struct sim_tcb_level *level = sim_tcb_level_of(status);

	if (level != NULL)
		s->tcb = level->tcb;
}

#define FAULT(id, name, verdict, place, explanation, change) \
	static void apply_##id(struct sim_spec *s)           \
	{                                                    \
		change;                                      \
	}
#include "sim/faults.def"
#undef FAULT

#define FAULT(id, name, verdict, place, explanation, change) \
	{name, verdict, SIM_FAULT_##place, explanation, apply_##id},
static const struct sim_fault faults[] = {
#include "sim/faults.def"
};
#undef FAULT

const struct sim_fault *
sim_faults(size_t *n)
{
	*n = sizeof(faults) / sizeof(faults[0]);
	return faults;
}

const struct sim_fault *
sim_fault_find(const char *name)
{
	size_t n;

	sim_faults(&n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	}
	return NULL;
}

const char *
sim_fault_place_name(enum sim_fault_place place)
{
	return place == SIM_FAULT_QUOTE ? "quote" : "collateral";
}

struct sim_platform *
sim_with_fault(const struct sim_platform *p, const struct sim_fault *fault,
    struct dci_failure *f)
{
	struct sim_spec spec = *sim_spec_of(p);

	fault->apply(&spec);
	return sim_vary(p, &spec, f);
}
