/* SPDX-License-Identifier: BSD-3-Clause */
/* Quotes of the simulated Quoting Enclave (spec dcap, section 1). */
#ifndef SIM_QUOTE_H
#define SIM_QUOTE_H

#include "base/bytes.h"
#include "dci/quote.h"
#include "sim/knob.h"
#include "sim/pki.h"

/* The enclave that is quoted, and the quote's version. */
struct sim_quote_options {
	uint16_t version; /* 3, 4 or 5 */
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t isv_prod_id, isv_svn;
	bool debug;
	/* Changes to any other field; borrowed. */
	const struct sim_patch *patch;
	size_t patches;
};

/* Version 3, the documented MRENCLAVE and MRSIGNER (sim/spec.h), product id
 * 1, SVN 1, not debug. */
void sim_quote_options_default(struct sim_quote_options *);

/* Appends a quote with certification data of type 5: PCK leaf, PCK CA and
 * root in PEM and a NUL. */
bool quote_write(struct writer *, const struct sim_pki *,
    const struct sim_spec *, const struct sim_quote_options *,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE]) MUST_CHECK;

#endif
