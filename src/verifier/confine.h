/* SPDX-License-Identifier: BSD-3-Clause */
/* Locks the process in, for good: seccomp, and landlock where the kernel has
 * it.  Under Gramine there is neither, and no kernel to protect from. */
#ifndef VERIFIER_CONFINE_H
#define VERIFIER_CONFINE_H

#include "base/memory.h"
#include "verifier/config.h"

/* Files can be read afterwards and never written, but for those in the folders
 * for the delegation and for collateral, and programs never run.  Returns 0,
 * also under Gramine, where it says in the log that it is not available; or -1
 * with *f (confinement-failed). */
int confine(const struct verifier_config *, struct dci_failure *f) MUST_CHECK;

#endif
