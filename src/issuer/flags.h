/* SPDX-License-Identifier: BSD-3-Clause */
/* dci-issuer's command line, as typed. */
#ifndef ISSUER_FLAGS_H
#define ISSUER_FLAGS_H

#include "issuer/config.h"

/* Everything points into argv; NULL where not given. */
struct issuer_flags {
	enum issuer_action action;
	const char *file, *listen, *state, *sim, *log_format, *wrap_key,
	    *collateral_url;
	size_t collaterals;
	const char *collateral[ISSUER_PATHS];
};

/* Returns 0, or -1 with *f (code usage). */
int issuer_flags_parse(struct issuer_flags *, int argc, char **argv,
    struct dci_failure *f) MUST_CHECK;

#endif
