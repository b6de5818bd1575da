/* SPDX-License-Identifier: BSD-3-Clause */
/* The report: the content of both forms of a result. */
#ifndef VERIFIER_REPORT_H
#define VERIFIER_REPORT_H

#include "base/json_write.h"
#include "dci/appraisal.h"

#define REPORT_ID_SIZE 40 /* digits of 2^128 - 1, and a NUL */

struct report {
	const struct dci_appraisal *appraisal;
	/* What it was verified against; NULL: there was none. */
	const struct dci_snapshot *snapshot;
	const char *nonce; /* or NULL */
	int64_t time;
	bool explain; /* with the appraisal record */
	char id[REPORT_ID_SIZE];
};

/* Sixteen bytes as one big-endian number in decimal. */
void report_id(char out[static REPORT_ID_SIZE], const uint8_t id[static 16]);

/* The compatible report as one JSON object, compact. */
void report_json(struct writer *, const struct report *);

/* Its members from teeType on, which the EAR form has too; the object is the
 * caller's. */
void report_members(struct json_writer *, const struct report *);

#endif
