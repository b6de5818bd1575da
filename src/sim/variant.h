/* SPDX-License-Identifier: BSD-3-Clause */
/* Other platforms of the same root: another kind (FMSPC), another PCK CA, a
 * fault. */
#ifndef SIM_VARIANT_H
#define SIM_VARIANT_H

#include "sim/faults.h"

struct sim_variant {
	const struct sim_fault *fault; /* NULL: none */
	bool other_fmspc;              /* than the folder's: */
	uint8_t fmspc[6];
	bool processor_ca; /* the PCK certificate is from the Processor CA */
};

/* sim_open(), then the variant. */
struct sim_platform *sim_open_variant(const char *dir,
    const struct sim_variant *, struct dci_failure *f) MUST_CHECK;

#endif
