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
 * folder: the one folder that the role may use (the ledger's), or an empty
 * one.  The working directory is there afterwards.  Any failure is fatal: a
 * role that cannot be locked in does not run.
 */
void sandbox_enter(enum role, int folder);

/* The user id of a role where the parent is root, for giving it its files. */
unsigned sandbox_uid(enum role);

#endif
