/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Knobs: every field of a quote by name.  A patch changes the field's bytes
 * before anything is signed, so that all signatures stay right and the content
 * alone is wrong.
 */
#ifndef SIM_KNOB_H
#define SIM_KNOB_H

#include "base/bytes.h"

enum sim_part { SIM_PART_HEADER, SIM_PART_ENCLAVE, SIM_PART_QE };

struct sim_knob {
	const char *name; /* of the option, without "--" */
	enum sim_part part;
	uint16_t offset; /* within the header or the report */
	uint8_t size;    /* bytes; at most SIM_KNOB_MAX */
	bool number;     /* decimal; else hex digits as the bytes lie */
	const char *help;
};

#define SIM_KNOB_MAX 64

struct sim_patch {
	const struct sim_knob *knob;
	uint8_t value[SIM_KNOB_MAX];
};

const struct sim_knob *sim_knobs(size_t *n);

/* Reads a value; false where the text is none. */
bool sim_patch_parse(
    struct sim_patch *, const struct sim_knob *, const char *text) MUST_CHECK;

/* Changes a header or report whose first byte is data[0]. */
void sim_patch_apply(
    uint8_t *data, enum sim_part, const struct sim_patch *, size_t n);

#endif
