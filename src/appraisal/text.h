/* SPDX-License-Identifier: BSD-3-Clause */
/* The appraisal record for people. */
#ifndef APPRAISAL_TEXT_H
#define APPRAISAL_TEXT_H

#include "base/bytes.h"
#include "dci/appraisal.h"

/*
 * Appends the record as lines of text.  The first line is the verdict, one
 * word; for Invalid and Revoked the second one is the code, a blank and the
 * sentence.  What follows may change from version to version.
 */
void appraisal_text(struct writer *, const struct dci_appraisal *);

#endif
