/* SPDX-License-Identifier: BSD-3-Clause */
/* The head of a request: a byte that chooses the method, and header lines.  A
 * head whose end framing_check() takes to be clear has to be clear to a reader
 * that is lenient in every way, as a proxy in front may be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evhttp_request.h"
#include "verifier/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char *const methods[] = {"POST", "GET", "HEAD", "PUT", "DELETE",
    "OPTIONS", "TRACE", "CONNECT", "PATCH"};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Passes over blanks around a name. */
static bool
is_named(const char *line, const char *colon, const char *name)
{
	size_t n = strlen(name);

	while (line < colon && is_blank(*line))
		line++;
	while (colon > line && is_blank(colon[-1]))
		colon--;
	return (size_t)(colon - line) == n && strncasecmp(line, name, n) == 0;
}

struct seen {
	unsigned lengths, codings;
	bool odd;     /* a length that is not digits, or another coding */
	bool content; /* more than nothing */
};

static void
look_at(struct seen *seen, const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	char value[64];

	if (colon == NULL)
		return;
	bool length = is_named(line, colon, "content-length");
	if (!length && !is_named(line, colon, "transfer-encoding"))
		return;
	for (colon++; colon < end && is_blank(*colon);)
		colon++;
	while (end > colon && is_blank(end[-1]))
		end--;
	snprintf(value, sizeof(value), "%.*s",
	    (int)(end - colon < 60 ? end - colon : 60), colon);
	if (length) {
		seen->lengths++;
		seen->content |= strspn(value, "0") != strlen(value);
		seen->odd |= value[0] == '\0' ||
			     value[strspn(value, "0123456789")] != '\0';
	} else {
		seen->codings++;
		seen->content = true;
		seen->odd |= strcasecmp(value, "chunked") != 0;
	}
}

/* All lines of the head, also those that go on another. */
static struct seen
look(const char *head)
{
	struct seen seen = {.lengths = 0};

	while (*head != '\0') {
		size_t n = strcspn(head, "\n");

		if (n == 0 || (n == 1 && head[0] == '\r'))
			break;
		look_at(&seen, head, head + n);
		head += n + (head[n] == '\n');
	}
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f = {.code = DCI_OK};

	if (n < 1 || n > 4096 || memchr(data + 1, '\0', n - 1) != NULL)
		return 0;
	char *head CLEANUP(cleanup_free) =
	    strndup((const char *)data + 1, n - 1);
	const char *method =
	    methods[data[0] % (sizeof(methods) / sizeof(methods[0]))];

	char *text CLEANUP(cleanup_free) = NULL;
	if (head == NULL ||
	    asprintf(&text, "%s / HTTP/1.1\r\n%s\r\n\r\n", method, head) < 0)
		abort();
	struct evhttp_request *req CLEANUP(cleanup_request) =
	    request_read(text);
	if (req == NULL)
		return 0;
	if (framing_check(req, &f) != 0) {
		if (f.code != DCI_REQUEST_FRAMING)
			abort();
		return 0;
	}
	struct seen seen = look(head);
	bool has_content = req->type == EVHTTP_REQ_POST ||
			   req->type == EVHTTP_REQ_PUT ||
			   req->type == EVHTTP_REQ_PATCH;
	if (seen.odd || seen.lengths + seen.codings > 1 ||
	    (seen.content && !has_content))
		abort();
	return 0;
}
