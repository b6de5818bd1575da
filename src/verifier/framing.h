/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a request ends.  evhttp 2.1 takes what RFC 9112, section 6.3, says is
 * ambiguous: the first of two lengths, no content where the transfer coding is
 * not just "chunked" or the method is GET, a length in a line that goes on the
 * one before it.  What follows it then reads as the
 * next request, whereas a proxy in front of it may have taken it for content:
 * one client's answer would go to another.
 */
#ifndef VERIFIER_FRAMING_H
#define VERIFIER_FRAMING_H

#include <event2/http.h>

#include "base/memory.h"
#include "dci/code.h"

/* Returns 0, or -1 with *f (request-framing): the connection is to be closed
 * after the answer then. */
int framing_check(struct evhttp_request *, struct dci_failure *f) MUST_CHECK;

#endif
