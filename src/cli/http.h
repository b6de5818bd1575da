/* SPDX-License-Identifier: BSD-3-Clause */
/* One HTTP request, by libcurl. */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "base/bytes.h"
#include "dci/code.h"

struct http_answer {
	unsigned status;
	char type[64]; /* Content-Type without parameters; may be empty */
	struct writer headers, body;
};

void http_free(struct http_answer *);

/*
 * Posts JSON to a URL (http or https) and takes an answer of any status, with
 * at most LIMIT_HEADERS and LIMIT_HTTP_BODY bytes.  Redirects are not
 * followed.  A URL without a path gets the one given.  ca: a PEM file with the
 * CAs to believe for https; NULL: the system's.  At most a minute.  Returns 0,
 * or -1 with *f (usage for a URL that is none, verifier-unreachable,
 * libcurl-missing).
 */
int http_post(struct http_answer *, const char *url, const char *path,
    struct bytes json, const char *ca, struct dci_failure *f) MUST_CHECK;

#endif
