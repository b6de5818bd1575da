/* SPDX-License-Identifier: BSD-3-Clause */
/* The appraisal record as JSON (PROTOCOL.md, "Appraisal record"). */
#ifndef APPRAISAL_JSON_H
#define APPRAISAL_JSON_H

#include "base/bytes.h"
#include "dci/appraisal.h"

/* More than any record that Intel's collateral can lead to; a longer one fails
 * the writer. */
#define APPRAISAL_JSON_MAX (4u * 1024 * 1024)

/* Appends one JSON object without a newline, compact, members in fixed order.
 * Written by hand and not through a library: it is on the path of every
 * issuance. */
void appraisal_json(struct writer *, const struct dci_appraisal *);

#endif
