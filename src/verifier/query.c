/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <sys/queue.h>
#include <event2/keyvalq_struct.h>

#include "proto/report.h"
#include "verifier/query.h"

static void
cleanup_headers(struct evkeyvalq *headers)
{
	evhttp_clear_headers(headers);
}

static size_t
trim(const char **text, size_t n)
{
	while (n > 0 && (**text == ' ' || **text == '\t')) {
		(*text)++;
		n--;
	}
	while (n > 0 && ((*text)[n - 1] == ' ' || (*text)[n - 1] == '\t'))
		n--;
	return n;
}

/* A weight of zero, "q=0.000" (RFC 9110, 12.4.2), in one parameter. */
static bool
is_zero_weight(const char *parameter, size_t n)
{
	n = trim(&parameter, n);
	if (n < 2 || (parameter[0] != 'q' && parameter[0] != 'Q') ||
	    parameter[1] != '=')
		return false;
	for (size_t i = 2; i < n; i++) {
		if (parameter[i] >= '1' && parameter[i] <= '9')
			return false;
	}
	return true;
}

/* ... in any of the parameters of a media range, from the first ';' on. */
static bool
weight_is_zero(const char *parameters, size_t n)
{
	const char *end = parameters + n;

	while (parameters < end) {
		const char *begin = parameters + 1;
		const char *next = memchr(begin, ';', (size_t)(end - begin));

		parameters = next != NULL ? next : end;
		if (is_zero_weight(begin, (size_t)(parameters - begin)))
			return true;
	}
	return false;
}

static bool
range_is_ear(const char *range, size_t n)
{
	const char *semicolon = memchr(range, ';', n);
	size_t type = semicolon != NULL ? (size_t)(semicolon - range) : n;

	if (semicolon != NULL && weight_is_zero(semicolon, n - type))
		return false;
	type = trim(&range, type);
	return type == sizeof(REPORT_TYPE_EAR) - 1 &&
	       strncasecmp(range, REPORT_TYPE_EAR, type) == 0;
}

bool
query_accepts_ear(const char *accept)
{
	while (accept != NULL && *accept != '\0') {
		size_t n = strcspn(accept, ",");

		if (range_is_ear(accept, n))
			return true;
		accept += n + (accept[n] == ',');
	}
	return false;
}

static int
take(struct query *q, const char *key, const char *value, struct dci_failure *f)
{
	if (strcmp(key, "update") == 0) {
		if (strcmp(value, "early") == 0 ||
		    strcmp(value, "standard") == 0)
			return 0;
		return dci_fail(f, DCI_QUERY_UNKNOWN,
		    "update=%.40s: expected early or standard.", value);
	}
	if (strcmp(key, "explain") == 0) {
		q->explain = strcmp(value, "1") == 0;
		if (q->explain || strcmp(value, "0") == 0)
			return 0;
		return dci_fail(f, DCI_QUERY_UNKNOWN,
		    "explain=%.40s: expected 0 or 1.", value);
	}
	return 0;
}

int
query_parse(struct query *q, struct evhttp_request *req, struct dci_failure *f)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *text = evhttp_uri_get_query(uri);
	struct evkeyvalq found CLEANUP(cleanup_headers) = {0};
	struct evkeyval *kv;

	TAILQ_INIT(&found);
	*q = (struct query){
	    .ear = query_accepts_ear(evhttp_find_header(
		evhttp_request_get_input_headers(req), "Accept"))};
	if (text == NULL || text[0] == '\0')
		return 0;
	if (evhttp_parse_query_str(text, &found) != 0)
		return dci_fail(f, DCI_QUERY_UNKNOWN,
		    "The query is not of the form name=value&name=value.");
	TAILQ_FOREACH (kv, &found, next) {
		if (take(q, kv->key, kv->value, f) != 0)
			return -1;
	}
	return 0;
}
