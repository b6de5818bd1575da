/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Locks a process in, for good.  Seccomp always; landlock where the kernel has
 * it; as root also a folder of its own as root folder and a user id of its own
 * for each role.  Keys and secrets are kept out of core dumps and swap.
 */
#ifndef ISSUER_SANDBOX_H
#define ISSUER_SANDBOX_H

#include "issuer/messages.h"

/*
 * folder: the one folder that the role may use (the ledger's, the collector's),
 * or an empty one.  The working directory is there afterwards.  network: the
 * collector may connect to others and read the files that say how names are
 * resolved; its root folder is the system's then.  Any failure is fatal: a
 * role that cannot be locked in does not run.
 */
void sandbox_enter(enum role, int folder, bool network);

/* Whether a process that opens files by name can be kept from opening any that
 * it finds: by landlock, or by a user id of its own. */
bool sandbox_guards_files(void);

/* The files with that name that a process with network may read, until NULL.
 * Those that are replaced later can only be read by a process that starts
 * after that. */
extern const char *const sandbox_readable[];

/* The user id of a role where the parent is root, for giving it its files. */
unsigned sandbox_uid(enum role);

#endif
