/* SPDX-License-Identifier: BSD-3-Clause */
/* What platform.c and folder.c share. */
#ifndef SIM_PLATFORM_IMPL_H
#define SIM_PLATFORM_IMPL_H

#include "sim/pki.h"
#include "sim/platform.h"

struct sim_platform {
	struct sim_spec spec;
	struct sim_pki pki;
};

/* A platform from what is there of a PKI, which is taken over in any case;
 * what is missing of it is made. */
struct sim_platform *platform_make(struct sim_pki *, const struct sim_spec *,
    struct dci_failure *f) MUST_CHECK;

#endif
