/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults with a name: one change to the spec each, for tests of verifiers and
 * for everyone who wants to see a refusal. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include "sim/platform.h"

enum sim_fault_place {
	SIM_FAULT_QUOTE,      /* the quote is wrong, the collateral is not */
	SIM_FAULT_COLLATERAL, /* the other way round */
};

struct sim_fault {
	const char *name;
	const char *verdict; /* the word of dci verify-quote */
	enum sim_fault_place place;
	const char *explanation;
	void (*apply)(struct sim_spec *);
};

/* All faults; *n is how many. */
const struct sim_fault *sim_faults(size_t *n);
const struct sim_fault *sim_fault_find(const char *name); /* or NULL */
/* "quote" or "collateral". */
const char *sim_fault_place_name(enum sim_fault_place);

/* The platform with that fault. */
struct sim_platform *sim_with_fault(const struct sim_platform *,
    const struct sim_fault *, struct dci_failure *f) MUST_CHECK;

#endif
