/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of children: of one, which is started again, and of all. */
#ifndef ISSUER_ENDS_H
#define ISSUER_ENDS_H

#include "issuer/processes.h"

/* Watches for the end of children.  Fatal if that cannot be done. */
void ends_watch(struct parent *);

/* Ends the children in order, then the event loop.  Exits with that code. */
void ends_stop(struct parent *, int exit_code);

#endif
