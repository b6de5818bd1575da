/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a failure is put down to.  Nobody's evidence or collateral is called
 * wrong for want of memory: then the code is out-of-memory.  See
 * memory_watch() in base/memory.h.
 */
#ifndef BASE_BLAME_H
#define BASE_BLAME_H

#include "base/memory.h"
#include "dci/record.h"

/* For a function that has just failed and watches memory: code, or
 * DCI_OUT_OF_MEMORY. */
enum dci_code blame_code(enum dci_code code) MUST_CHECK;

/* For a part that has given its reason: code, unless that is memory. */
enum dci_code blame_of(
    const struct dci_failure *why, enum dci_code code) MUST_CHECK;

/* dci_checks_fail() for a function that has just failed and watches memory.
 * found is a text of the program. */
int blame(struct dci_checks *, struct dci_failure *f, enum dci_check_id,
    enum dci_code, const char *expected, const char *found);

#endif
