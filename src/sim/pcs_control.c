/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <event2/buffer.h>

#include "base/period.h"
#include "base/text.h"
#include "sim/pcs_control.h"

#define FAULTS "/sim/faults"
#define TIME   "/sim/time"
#define BLANKS " \t\r\n"

#define HTTP_FORBIDDEN 403
#define TEXT_MAX       8192

int64_t
pcs_state_now(const struct pcs_state *state)
{
	return (int64_t)time(NULL) + state->offset;
}

void
pcs_state_set_time(struct pcs_state *state, int64_t now)
{
	state->offset = now - (int64_t)time(NULL);
}

bool
pcs_control_path(const char *path)
{
	return strcmp(path, FAULTS) == 0 || strcmp(path, TIME) == 0;
}

bool
pcs_control_allows(const char *address)
{
	struct in6_addr six;
	struct in_addr four;

	if (inet_pton(AF_INET, address, &four) == 1)
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	return inet_pton(AF_INET6, address, &six) == 1 &&
	       (IN6_IS_ADDR_LOOPBACK(&six) ||
		   (IN6_IS_ADDR_V4MAPPED(&six) &&
		       six.s6_addr[12] == IN_LOOPBACKNET));
}

static bool
from_loopback(struct evhttp_request *http)
{
	char *address;
	ev_uint16_t port;

	evhttp_connection_get_peer(
	    evhttp_request_get_connection(http), &address, &port);
	return pcs_control_allows(address);
}

static int
set_faults(struct pcs_state *state, const char *text, struct dci_failure *f)
{
	struct pcs_faults fresh = {0};

	for (;;) {
		text += strspn(text, BLANKS);
		size_t n = strcspn(text, BLANKS);

		if (n == 0)
			break;
		if (pcs_faults_add(&fresh, text, n, f) != 0)
			return -1;
		text += n;
	}
	state->faults = fresh;
	return 0;
}

static int
set_time(struct pcs_state *state, const char *text, struct dci_failure *f)
{
	char copy[64];
	int64_t now, step;

	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, BLANKS), text);
	if (copy[0] == '+' && period_decode(&step, copy + 1))
		state->offset += step;
	else if (rfc3339_decode(&now, copy, strlen(copy)))
		pcs_state_set_time(state, now);
	else
		return dci_fail(f, DCI_USAGE,
		    "'%s' is neither a time as 2026-01-31T00:00:00Z nor a "
		    "step as +12h.",
		    copy);
	return 0;
}

static int
set(struct pcs_state *state, struct evhttp_request *http, bool faults,
    struct dci_failure *f)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(http);
	size_t n = evbuffer_get_length(in);
	char text[TEXT_MAX];

	if (n >= sizeof(text))
		return dci_fail(f, DCI_USAGE, "The request is too long.");
	evbuffer_remove(in, text, n);
	text[n] = '\0';
	return faults ? set_faults(state, text, f) : set_time(state, text, f);
}

static void
print(struct writer *w, const struct pcs_state *state, bool faults)
{
	char now[RFC3339_SIZE];

	if (faults) {
		pcs_faults_print(w, &state->faults);
	} else {
		rfc3339_encode(now, pcs_state_now(state));
		writer_printf(w, "%s\n", now);
	}
}

int
pcs_control(
    struct pcs_state *state, struct evhttp_request *http, struct writer *body)
{
	bool faults =
	    strcmp(evhttp_uri_get_path(evhttp_request_get_evhttp_uri(http)),
		FAULTS) == 0;
	struct dci_failure f;

	if (!from_loopback(http)) {
		writer_text(body, "From loopback addresses only.\n");
		return HTTP_FORBIDDEN;
	}
	switch (evhttp_request_get_command(http)) {
	case EVHTTP_REQ_POST:
		if (set(state, http, faults, &f) != 0) {
			writer_printf(body, "%s\n", f.sentence);
			return HTTP_BADREQUEST;
		}
		break;
	case EVHTTP_REQ_GET:
		break;
	default:
		writer_text(body, "GET or POST.\n");
		return HTTP_BADMETHOD;
	}
	print(body, state, faults);
	return HTTP_OK;
}
