/* SPDX-License-Identifier: BSD-3-Clause */
/* The body of a request for a report. */
#ifndef VERIFIER_REQUEST_H
#define VERIFIER_REQUEST_H

#include "base/bytes.h"
#include "dci/code.h"

struct request {
	uint8_t *quote; /* owned: what was base64 */
	size_t quote_size;
	char *nonce; /* owned, UTF-8 without NUL; NULL: none given */
};

/*
 * Reads one JSON object with "isvQuote", base64 on one line, and perhaps
 * "nonce", a string of at most 32 characters.  Other members may be there, as
 * the original allows, but none twice.  Returns 0, or -1 with *f
 * (body-malformed, quote-missing, quote-not-base64,
 * nonce-unacceptable), and then there is nothing to release.
 */
int request_parse(
    struct request *, struct bytes body, struct dci_failure *f) MUST_CHECK;
void request_free(struct request *);

#endif
