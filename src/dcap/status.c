/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dci/verify.h"

#define STATUS(id, name, meaning, remedy) \
	[DCI_STATUS_##id] = {name, meaning, remedy},
static const struct {
	const char *name, *meaning, *remedy;
} statuses[DCI_STATUSES] = {
#include "dci/codes/status.def"
};
#undef STATUS

static unsigned
known(enum dci_status status)
{
	return (unsigned)status < DCI_STATUSES ? status : DCI_STATUS_INVALID;
}

const char *
dci_status_name(enum dci_status status)
{
	return statuses[known(status)].name;
}

const char *
dci_status_meaning(enum dci_status status)
{
	return statuses[known(status)].meaning;
}

const char *
dci_status_remedy(enum dci_status status)
{
	return statuses[known(status)].remedy;
}

enum dci_status
dci_status_by_name(const char *name)
{
	for (unsigned i = 0; i < DCI_STATUSES; i++) {
		if (strcmp(statuses[i].name, name) == 0)
			return (enum dci_status)i;
	}
	return DCI_STATUSES;
}
