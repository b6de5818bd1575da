/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers over evhttp: JSON, and problems (RFC 9457). */
#ifndef VERIFIER_ANSWER_H
#define VERIFIER_ANSWER_H

#include <event2/http.h>

#include "base/bytes.h"
#include "dci/appraisal.h"

#define REQUEST_ID_SIZE 33

/* Sends a body; nothing of the writer is needed afterwards. */
void answer_send(struct evhttp_request *, int status, const char *type,
    const struct writer *body);

/* Sends a problem with the code's status, sentence and remedy.  retry: seconds
 * for Retry-After, 0 for none.  appraisal: the record to add, or NULL. */
void answer_problem(struct evhttp_request *, const struct dci_failure *,
    int64_t retry, const struct dci_appraisal *appraisal);

#endif
