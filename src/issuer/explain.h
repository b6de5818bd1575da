/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker says about a connection that it refuses by itself. */
#ifndef ISSUER_EXPLAIN_H
#define ISSUER_EXPLAIN_H

#include "issuer/connection.h"

/* Fills in *f: what the code means, what was awaited of a client that is gone
 * or too slow, and how much of it had come. */
void connection_explain(
    const struct connection *, enum dci_code, struct dci_failure *f);

#endif
