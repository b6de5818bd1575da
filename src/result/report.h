/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a report (spec: the compatible report of version 5).  Call it only
 * for bytes whose signature has been verified. */
#ifndef RESULT_REPORT_H
#define RESULT_REPORT_H

#include "dcap/json.h"
#include "dci/result.h"

/* The members of a report that an EAR holds too (proto/report.h,
 * EAR_CLAIM_REPORT): from teeType on.  Members that are not known are ignored,
 * so that verifiers may add some. */
void report_members_read(
    struct dci_report *, struct json_source *, const json_t *);

/* A whole compatible report; what was wrong is in the source. */
bool report_read(
    struct dci_report *, struct json_source *, struct bytes body) MUST_CHECK;

/* A string of at most size - 1 bytes; fails the source otherwise. */
void report_text_read(char *out, size_t size, struct json_source *,
    const json_t *, const char *name);

#endif
