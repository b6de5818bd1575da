/* SPDX-License-Identifier: BSD-3-Clause */
/* Starting children: each gets what its role needs, and a channel to each of
 * those that it talks to. */
#ifndef ISSUER_LAUNCH_H
#define ISSUER_LAUNCH_H

#include "issuer/processes.h"

/* Starts all of them but the collector, which is there or will be. */
void launch_all(struct parent *);
/* Starts the collector. */
void launch_collector(struct parent *);
/* Starts the forecaster; early: what the collector published, or -1. */
void launch_forecaster(struct parent *, int early);
/* Brings back what is missing, the collector apart: a worker and its appraiser
 * together; signer or ledger only with everything. */
void launch_missing(struct parent *);

/* Sends a file to a running child; the descriptor stays the caller's. */
void process_give(struct process *, enum file_kind, int fd);
/* Asks for DONE when everything so far has been dealt with. */
void process_go(struct process *);

#endif
