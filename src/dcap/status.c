/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dci/verify.h"

static const char *const names[DCI_STATUSES] = {
    [DCI_STATUS_INVALID] = "Invalid",
    [DCI_STATUS_REVOKED] = "Revoked",
    [DCI_STATUS_UP_TO_DATE] = "UpToDate",
    [DCI_STATUS_SW_HARDENING_NEEDED] = "SWHardeningNeeded",
    [DCI_STATUS_CONFIGURATION_NEEDED] = "ConfigurationNeeded",
    [DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED] =
	"ConfigurationAndSWHardeningNeeded",
    [DCI_STATUS_OUT_OF_DATE] = "OutOfDate",
    [DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED] =
	"OutOfDateConfigurationNeeded",
    [DCI_STATUS_TD_RELAUNCH_ADVISED] = "TDRelaunchAdvised",
    [DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] =
	"TDRelaunchAdvisedConfigurationNeeded",
};

const char *
dci_status_name(enum dci_status status)
{
	return names[(unsigned)status < DCI_STATUSES ? status : 0];
}

enum dci_status
dci_status_by_name(const char *name)
{
	for (unsigned i = 0; i < DCI_STATUSES; i++) {
		if (strcmp(names[i], name) == 0)
			return (enum dci_status)i;
	}
	return DCI_STATUSES;
}
