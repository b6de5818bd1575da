/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where quotes come from: Gramine's /dev/attestation here, the simulated
 * platform elsewhere (src/sim).
 */
#ifndef RATLS_SOURCE_H
#define RATLS_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "dci/quote.h"

struct quote_source {
	/* Makes a quote over that report data.  On success *out is allocated
	 * for free() and *n is its length, 1 to LIMIT_QUOTE.  Returns 0, or
	 * -1 with *f. */
	int (*quote)(void *ctx,
	    const uint8_t report_data[static DCI_REPORT_DATA_SIZE],
	    uint8_t **out, size_t *n, struct dci_failure *f);
	void *ctx;
};

/* Asks the source for a quote and checks its length. */
int quote_source_ask(const struct quote_source *,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE], uint8_t **out,
    size_t *n, struct dci_failure *f) MUST_CHECK;

#define ATTESTATION_FOLDER "/dev/attestation"

/*
 * Gramine's pseudo-files in that folder (Gramine, "Attestation and secret
 * provisioning"): 64 bytes are written to user_report_data, then quote is
 * read.  The folder's name has to live as long as the source.  The files are
 * shared by the whole process: only one thread may ask at a time.
 */
struct quote_source quote_source_attestation(const char *folder);

/* Whether quotes can be had there: the files exist, and attestation_type,
 * where there is one, says dcap.  Returns 0, or -1 with *f
 * (attestation-unavailable), which says what to do. */
int attestation_present(const char *folder, struct dci_failure *f) MUST_CHECK;

#endif
