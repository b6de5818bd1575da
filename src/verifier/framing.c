/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <event2/keyvalq_struct.h>

#include "verifier/framing.h"

struct framing {
	unsigned lengths, codings;
	bool empty;  /* the length is 0 */
	bool broken; /* a length or coding that is none */
};

/* Letters and hyphens suffice for the names that matter; with a blank in it,
 * "Content-Length " would be read by some and passed over by others. */
static bool
name_is_whole(const char *name)
{
	return name[0] != '\0' && strpbrk(name, " \t\r\v\f") == NULL;
}

static bool
has_field(const char *value, const char *name)
{
	size_t n = strlen(name);

	while ((value = strcasestr(value, name)) != NULL) {
		value += n;
		if (value[strspn(value, " \t\r\v\f")] == ':')
			return true;
	}
	return false;
}

/* A line that begins with a blank goes on the one before it, and evhttp has
 * joined them (RFC 9112, 5.2); others take it for a field of its own. */
static bool
value_is_whole(const char *value)
{
	return !has_field(value, "Content-Length") &&
	       !has_field(value, "Transfer-Encoding");
}

static void
take(struct framing *out, const struct evkeyval *kv)
{
	if (!name_is_whole(kv->key) || !value_is_whole(kv->value)) {
		out->broken = true;
	} else if (strcasecmp(kv->key, "Content-Length") == 0) {
		out->lengths++;
		out->empty = strcmp(kv->value, "0") == 0;
		if (kv->value[0] == '\0' ||
		    kv->value[strspn(kv->value, "0123456789")] != '\0')
			out->broken = true;
	} else if (strcasecmp(kv->key, "Transfer-Encoding") == 0) {
		out->codings++;
		if (strcasecmp(kv->value, "chunked") != 0)
			out->broken = true;
	}
}

/* Those of which evhttp reads the content. */
static bool
has_content(enum evhttp_cmd_type method)
{
	return method == EVHTTP_REQ_POST || method == EVHTTP_REQ_PUT ||
	       method == EVHTTP_REQ_PATCH;
}

int
framing_check(struct evhttp_request *req, struct dci_failure *f)
{
	struct framing found = {.lengths = 0};
	const struct evkeyval *kv;

	TAILQ_FOREACH (kv, evhttp_request_get_input_headers(req), next)
		take(&found, kv);
	if (found.broken || found.lengths + found.codings > 1)
		return dci_fail(f, DCI_REQUEST_FRAMING,
		    "The length of the request's content cannot be told: "
		    "expected at most one of a Content-Length in digits and "
		    "Transfer-Encoding: chunked.");
	if (!has_content(evhttp_request_get_command(req)) &&
	    (found.codings > 0 || (found.lengths > 0 && !found.empty)))
		return dci_fail(f, DCI_REQUEST_FRAMING,
		    "The request has content, which its method does not "
		    "have here.");
	return 0;
}
