/* SPDX-License-Identifier: BSD-3-Clause */
#include "dci/appraisal.h"

const char *
dci_assurance_name(enum dci_assurance assurance)
{
	switch (assurance) {
	case DCI_ASSURANCE_HARDWARE:
		return "hardware";
	case DCI_ASSURANCE_INSECURE:
		return "insecure";
	case DCI_ASSURANCE_SIMULATED:
		return "simulated";
	default:
		return "unknown";
	}
}
