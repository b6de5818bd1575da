/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/text.h"
#include "sim/knob.h"

#define REPORT(prefix, part, whose)                                           \
	{prefix "cpusvn", part, 0, 16, false, whose ": CPUSVN"},              \
	    {prefix "miscselect", part, 16, 4, true, whose ": MISCSELECT"},   \
	    {prefix "isv-ext-prod-id", part, 32, 16, false,                   \
		whose ": extended product id"},                               \
	    {prefix "flags", part, 48, 8, false, whose ": attributes.flags"}, \
	    {prefix "xfrm", part, 56, 8, false, whose ": attributes.XFRM"},   \
	    {prefix "config-id", part, 192, 64, false, whose ": CONFIGID"},   \
	    {prefix "config-svn", part, 260, 2, true, whose ": CONFIGSVN"},   \
	{                                                                     \
		prefix "isv-family-id", part, 304, 16, false,                 \
		    whose ": family id"                                       \
	}

static const struct sim_knob knobs[] = {
    {"header-key-type", SIM_PART_HEADER, 2, 2, true,
	"header: kind of attestation key"},
    {"header-tee-type", SIM_PART_HEADER, 4, 4, true, "header: TEE type"},
    {"header-qe-svn", SIM_PART_HEADER, 8, 2, true,
	"header: SVN of the QE (version 3)"},
    {"header-pce-svn", SIM_PART_HEADER, 10, 2, true,
	"header: SVN of the PCE (version 3)"},
    {"vendor-id", SIM_PART_HEADER, 12, 16, false, "header: the QE's vendor"},
    {"user-data", SIM_PART_HEADER, 28, 20, false,
	"header: user data, the QE's id first"},
    REPORT("", SIM_PART_ENCLAVE, "enclave"),
    REPORT("qe-", SIM_PART_QE, "QE"),
    {"qe-mrenclave", SIM_PART_QE, 64, 32, false, "QE: MRENCLAVE"},
    {"qe-mrsigner", SIM_PART_QE, 128, 32, false, "QE: MRSIGNER"},
    {"qe-isv-prod-id", SIM_PART_QE, 256, 2, true, "QE: product id"},
    {"qe-isv-svn", SIM_PART_QE, 258, 2, true, "QE: SVN"},
    {"qe-report-data", SIM_PART_QE, 320, 64, false, "QE: report data"},
};

const struct sim_knob *
sim_knobs(size_t *n)
{
	*n = sizeof(knobs) / sizeof(knobs[0]);
	return knobs;
}

bool
sim_patch_parse(
    struct sim_patch *patch, const struct sim_knob *knob, const char *text)
{
	uint64_t number;

	patch->knob = knob;
	if (!knob->number)
		return hex_decode(patch->value, knob->size, text, strlen(text));
	if (!decimal_decode(
		&number, text, knob->size == 2 ? UINT16_MAX : UINT32_MAX))
		return false;
	for (size_t i = 0; i < knob->size; i++)
		patch->value[i] = (uint8_t)(number >> 8 * i);
	return true;
}

void
sim_patch_apply(
    uint8_t *data, enum sim_part part, const struct sim_patch *patch, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct sim_knob *knob = patch[i].knob;

		if (knob->part == part)
			memcpy(data + knob->offset, patch[i].value, knob->size);
	}
}
