/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "proto/report.h"

static const char signature_invalid[] = "SIGNATURE_INVALID";

static const char *const words[DCI_STATUSES] = {
    [DCI_STATUS_REVOKED] = "REVOKED",
    [DCI_STATUS_UP_TO_DATE] = "OK",
    [DCI_STATUS_SW_HARDENING_NEEDED] = "SW_HARDENING_NEEDED",
    [DCI_STATUS_CONFIGURATION_NEEDED] = "CONFIGURATION_NEEDED",
    [DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED] =
	"CONFIGURATION_AND_SW_HARDENING_NEEDED",
    [DCI_STATUS_OUT_OF_DATE] = "TCB_OUT_OF_DATE",
    [DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED] =
	"TCB_OUT_OF_DATE_AND_CONFIGURATION_NEEDED",
    [DCI_STATUS_TD_RELAUNCH_ADVISED] = "TD_RELAUNCH_ADVISED",
    [DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] =
	"TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED",
};

/* REVOKED says something about the attester.  A revoked signer of collateral
 * does not: there the verifier has nothing to go by. */
const char *
report_status_word(enum dci_status status, enum dci_code code)
{
	if (code == DCI_QUOTE_SIGNATURE_INVALID)
		return signature_invalid;
	if (code == DCI_TCB_SIGNER_REVOKED ||
	    code == DCI_QE_IDENTITY_SIGNER_REVOKED)
		return NULL;
	return (unsigned)status < DCI_STATUSES ? words[status] : NULL;
}

enum dci_status
report_status_by_word(const char *word)
{
	for (unsigned i = 0; i < DCI_STATUSES; i++) {
		if (words[i] != NULL && strcmp(words[i], word) == 0)
			return (enum dci_status)i;
	}
	return strcmp(word, signature_invalid) == 0 ? DCI_STATUS_INVALID
						    : DCI_STATUSES;
}

static enum ear_value
hardware_tier(enum dci_status status, bool outdated_tolerated)
{
	switch (status) {
	case DCI_STATUS_UP_TO_DATE:
	case DCI_STATUS_CONFIGURATION_NEEDED:
		return EAR_AFFIRMING;
	case DCI_STATUS_SW_HARDENING_NEEDED:
	case DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED:
	case DCI_STATUS_TD_RELAUNCH_ADVISED:
	case DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
		return EAR_WARNING;
	case DCI_STATUS_OUT_OF_DATE:
	case DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED:
		return outdated_tolerated ? EAR_WARNING : EAR_CONTRAINDICATED;
	default:
		return EAR_CONTRAINDICATED;
	}
}

static enum ear_value
configuration_tier(enum dci_status status)
{
	switch (status) {
	case DCI_STATUS_CONFIGURATION_NEEDED:
	case DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED:
	case DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED:
	case DCI_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED:
		return EAR_WARNING;
	default:
		return EAR_AFFIRMING;
	}
}

/* What the hardware vouches for. */
static enum ear_value
resting_on(enum ear_value hardware, enum ear_value claim)
{
	return hardware >= EAR_CONTRAINDICATED && claim == EAR_AFFIRMING
		   ? EAR_NONE
		   : claim;
}

static enum ear_value
worst(enum ear_value a, enum ear_value b)
{
	return a > b ? a : b;
}

struct ear_vector
ear_vector_of(enum dci_status status, bool debug, bool outdated_tolerated)
{
	enum ear_value hardware = hardware_tier(status, outdated_tolerated);
	struct ear_vector v = {
	    .hardware = hardware,
	    .configuration = resting_on(hardware, configuration_tier(status)),
	    .executables = EAR_NONE,
	    .runtime_opaque = resting_on(
		hardware, debug ? EAR_CONTRAINDICATED : EAR_AFFIRMING),
	};

	/* Anybody may have written such a quote; so says every claim. */
	if (status == DCI_STATUS_INVALID)
		return (struct ear_vector){EAR_CONTRAINDICATED, EAR_UNAUTHENTIC,
		    EAR_UNAUTHENTIC, EAR_UNAUTHENTIC, EAR_UNAUTHENTIC};
	v.status = worst(v.hardware, worst(v.configuration, v.runtime_opaque));
	return v;
}
