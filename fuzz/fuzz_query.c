/* SPDX-License-Identifier: BSD-3-Clause */
/* Query and Accept of a request: "QUERY\nACCEPT". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evhttp_request.h"
#include "verifier/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool
accepts(const char *format, const char *accept)
{
	char *text CLEANUP(cleanup_free) = NULL;
	size_t n = strlen(format) + strlen(accept) + 1;

	text = malloc(n);
	if (text == NULL)
		abort();
	const char *at = strchr(format, '$');
	snprintf(
	    text, n, "%.*s%s%s", (int)(at - format), format, accept, at + 1);
	return query_accepts_ear(text);
}

/* What is asked for in one range does not depend on the others. */
static void
check_accept(const char *accept)
{
	bool asked = query_accepts_ear(accept);

	if (asked && strcasestr(accept, "application/eat+jwt") == NULL)
		abort();
	if (accepts("$,text/html", accept) != asked ||
	    accepts("text/html;q=0,$", accept) != asked)
		abort();
	if (!accepts("$ , application/eat+jwt;q=0.1", accept))
		abort();
	if (strchr(accept, ',') == NULL &&
	    (accepts("application/eat+jwt;$;q=0", accept) ||
		accepts("application/eat+jwt;q=0.0 ;$", accept)))
		abort();
}

static void
check_request(const char *query, const char *accept)
{
	struct dci_failure f = {.code = DCI_OK};
	char *text CLEANUP(cleanup_free) = NULL;
	struct query q;

	if (asprintf(&text, "GET /report?%s HTTP/1.1\r\nAccept: %s\r\n\r\n",
		query, accept) < 0)
		abort();
	struct evhttp_request *req CLEANUP(cleanup_request) =
	    request_read(text);
	if (req == NULL)
		return;
	if (query_parse(&q, req, &f) != 0) {
		if (f.code != DCI_QUERY_UNKNOWN)
			abort();
		return;
	}
	if (q.explain && strchr(query, '1') == NULL &&
	    strstr(query, "%31") == NULL)
		abort();
	if (q.ear && strcasestr(accept, "application/eat+jwt") == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text CLEANUP(cleanup_free) = malloc(n + 1);

	if (text == NULL || n > 4096 || memchr(data, '\0', n) != NULL)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	char *accept = strchr(text, '\n');
	if (accept != NULL)
		*accept++ = '\0';
	else
		accept = text;
	check_accept(accept);
	check_request(text, accept);
	return 0;
}
