/* SPDX-License-Identifier: BSD-3-Clause */
/* What rows of the ledger refer to by its digest: policies; for collateral see
 * shelf.h.  They are stored once, before the first row that names them. */
#ifndef ISSUER_REFERRED_H
#define ISSUER_REFERRED_H

#include "ledger/ledger.h"

/* Stores what the file that the parent has sent holds.  Fatal if it cannot be
 * read or stored.  fd stays the caller's. */
void referred_put_policy(struct ledger *, int fd);

#endif
