/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/blame.h"

enum dci_code
blame_code(enum dci_code code)
{
	return memory_short() ? DCI_OUT_OF_MEMORY : code;
}

enum dci_code
blame_of(const struct dci_failure *why, enum dci_code code)
{
	return why->code == DCI_OUT_OF_MEMORY ? DCI_OUT_OF_MEMORY : code;
}

int
blame(struct dci_checks *checks, struct dci_failure *f, enum dci_check_id id,
    enum dci_code code, const char *expected, const char *found)
{
	if (memory_short())
		return dci_checks_fail(checks, f, id, DCI_OUT_OF_MEMORY,
		    expected, "no memory to find out");
	return dci_checks_fail(checks, f, id, code, expected, "%s", found);
}
