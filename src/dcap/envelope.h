/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The envelope of Intel's signed JSON: {"NAME":{...},"signature":"HEX"}.  The
 * signature covers the bytes of the inner object as they were served, so that
 * they have to be found before anything is parsed.  What is found here is not
 * known to be JSON yet, only that its brackets and strings are closed.
 */
#ifndef DCAP_ENVELOPE_H
#define DCAP_ENVELOPE_H

#include "base/bytes.h"
#include "dci/code.h"

struct envelope {
	struct bytes inner; /* from '{' to '}' */
	uint8_t signature[64];
};

/*
 * Exactly the two members, in either order, with JSON white space around them
 * and nothing else before or after; names without escapes; at most
 * LIMIT_JSON_DEPTH levels; at most LIMIT_COLLATERAL bytes.
 * Returns 0, or -1 with *f, which gets the given code.
 */
int envelope_parse(struct envelope *, struct bytes text, const char *name,
    enum dci_code, struct dci_failure *f) MUST_CHECK;

#endif
