/* SPDX-License-Identifier: BSD-3-Clause */
/* Which quotes this machine can have: the simulated platform that was asked
 * for, else Gramine's /dev/attestation. */
#ifndef CLIENT_SOURCE_H
#define CLIENT_SOURCE_H

#include "ratls/source.h"
#include "sim/variant.h"

struct client_source {
	struct quote_source quotes;
	struct sim_platform *sim;         /* owned, or NULL */
	struct sim_quote_options enclave; /* what sim quotes */
};

/* What is to be simulated. */
struct client_simulation {
	const char *folder; /* of the platform (dci-sim init) */
	struct sim_quote_options enclave;
	struct sim_variant variant;
};

/* sim is the folder of a simulated platform, or NULL.  Returns 0, or -1 with
 * *f; attestation-unavailable says what to do.  The source must not
 * be moved afterwards. */
int client_source_open(
    struct client_source *, const char *sim, struct dci_failure *f) MUST_CHECK;
/* The same for that enclave on that platform. */
int client_source_simulate(struct client_source *,
    const struct client_simulation *, struct dci_failure *f) MUST_CHECK;
void client_source_close(struct client_source *);

#endif
