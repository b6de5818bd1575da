/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request for a report asks for beside its body. */
#ifndef VERIFIER_QUERY_H
#define VERIFIER_QUERY_H

#include <event2/http.h>

#include "base/memory.h"
#include "dci/code.h"

struct query {
	bool explain; /* ?explain=1 */
	bool ear;     /* Accept: application/eat+jwt */
};

/* update=early|standard is taken and changes nothing; other parameters are
 * ignored, as in the original.  Returns 0, or -1 with *f (query-unknown). */
int query_parse(
    struct query *, struct evhttp_request *, struct dci_failure *f) MUST_CHECK;

/* Whether a header Accept (NULL: none) names the EAR form; not with q=0. */
bool query_accepts_ear(const char *accept) MUST_CHECK;

#endif
