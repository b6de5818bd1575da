/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What HTTP alone costs: a bare evhttp server that reads each request and
 * answers the same recorded bytes, headers as curl -D leaves them, and body.
 * Prints its port, and serves until it is ended.
 * usage: http_floor HEADERS BODY
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/queue.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "base/file.h"
#include "base/limits.h"

struct recorded {
	struct evkeyvalq headers;
	uint8_t *body;
	size_t n;
};

/* evhttp writes length and date itself. */
static void
take_header(struct recorded *r, char *line)
{
	char *value = strstr(line, ": ");

	if (value == NULL || strncasecmp(line, "Content-Length:", 15) == 0 ||
	    strncasecmp(line, "Date:", 5) == 0)
		return;
	*value = '\0';
	evhttp_add_header(&r->headers, line, value + 2);
}

static int
record(struct recorded *r, char **argv, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	TAILQ_INIT(&r->headers);
	if (file_read(argv[1], LIMIT_HTTP_BODY, &text, &n, f) != 0 ||
	    file_read(argv[2], LIMIT_HTTP_BODY, &r->body, &r->n, f) != 0)
		return -1;
	for (char *line = strtok((char *)text, "\r\n"); line != NULL;
	     line = strtok(NULL, "\r\n"))
		take_header(r, line);
	return 0;
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct recorded *r = arg;
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	struct evkeyval *h;

	(void)evbuffer_pullup(in, -1);
	TAILQ_FOREACH (h, &r->headers, next)
		evhttp_add_header(
		    evhttp_request_get_output_headers(req), h->key, h->value);
	evbuffer_add(evhttp_request_get_output_buffer(req), r->body, r->n);
	evhttp_send_reply(req, 200, "OK", NULL);
}

int
main(int argc, char **argv)
{
	static struct recorded r;
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t n = sizeof(a);
	struct dci_failure f;

	if (argc != 3 || record(&r, argv, &f) != 0)
		return 2;
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	struct evhttp_bound_socket *bound =
	    evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
	if (bound == NULL || getsockname(evhttp_bound_socket_get_fd(bound),
				 (struct sockaddr *)&a, &n) != 0)
		return 2;
	evhttp_set_gencb(http, on_request, &r);
	printf("event=listening port=%d\n", ntohs(a.sin_port));
	fflush(stdout);
	return event_base_dispatch(base) == 0 ? 0 : 2;
}
