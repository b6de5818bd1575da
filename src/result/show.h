/* SPDX-License-Identifier: BSD-3-Clause */
/* A checked result, for people and for programs. */
#ifndef RESULT_SHOW_H
#define RESULT_SHOW_H

#include "base/bytes.h"
#include "dci/result.h"

/* Enough for whatever can be in a result. */
#define RESULT_SHOW_MAX (256u * 1024)

/* What was learned and every check; without the verdict, which is the
 * caller's to print. */
void result_text(struct writer *, const struct dci_result *, int64_t now);
/* One JSON object (PROTOCOL.md, "Checked result") with a newline. */
void result_json(struct writer *, const struct dci_result *, int64_t now);

#endif
