/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGHUP: the configuration is read again. */
#ifndef ISSUER_RELOAD_H
#define ISSUER_RELOAD_H

#include "issuer/processes.h"

/* Reads the configuration and its collateral again and passes both on; the
 * collector reads its folder again, or begins anew with other settings.  Where
 * anything is wrong everything stays as it was, and the log says why. */
void reload(struct parent *);

#endif
