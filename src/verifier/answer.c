/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "appraisal/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "proto/report.h"
#include "verifier/answer.h"

static const char *
reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 202:
		return "Accepted";
	case 400:
		return "Bad Request";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

/* More than the headers of any answer.  evhttp prints them into the space that
 * there is, and where a certificate does not fit it does so twice, slowly. */
#define HEADERS_ROOM 8192

static void
make_room(struct evhttp_request *req)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(req));

	/* Without it everything works as well. */
	(void)evbuffer_expand(bufferevent_get_output(bev), HEADERS_ROOM);
}

/* evhttp leaves the answer to the loop, which then waits until the socket can
 * take it: it nearly always can at once, and then two changes of what is
 * watched and a wait for it are saved. */
static void
send_now(struct bufferevent *bev)
{
	struct evbuffer *out = bufferevent_get_output(bev);

	if (bufferevent_openssl_get_ssl(bev) != NULL)
		return;
	evbuffer_unfreeze(out, 1);
	(void)evbuffer_write(out, bufferevent_getfd(bev));
	evbuffer_freeze(out, 1);
	if (evbuffer_get_length(out) > 0)
		return;
	bufferevent_disable(bev, EV_WRITE);
	bufferevent_trigger(bev, EV_WRITE, BEV_OPT_DEFER_CALLBACKS);
}

void
answer_send(struct evhttp_request *req, int status, const char *type,
    const struct writer *body)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *out = evhttp_request_get_output_buffer(req);

	bool head = evhttp_request_get_command(req) == EVHTTP_REQ_HEAD;
	char length[24];

	if (body->failed ||
	    (!head && evbuffer_add(out, body->data, body->n) != 0)) {
		evhttp_send_error(req, 500, NULL);
		return;
	}
	snprintf(length, sizeof(length), "%zu", body->n);
	evhttp_add_header(headers, "Content-Length", length);
	make_room(req);
	evhttp_add_header(headers, "Content-Type", type);
	struct bufferevent *bev = evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(req));
	evhttp_send_reply(req, status, reason(status), NULL);
	send_now(bev);
}

void
answer_problem(struct evhttp_request *req, const struct dci_failure *f,
    int64_t retry, const struct dci_appraisal *appraisal)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_HTTP_REPORT);
	struct json_writer j = jw_of(&w);
	const char *name = dci_code_name(f->code);
	int status = dci_code_http_status(f->code);
	char text[80];

	snprintf(text, sizeof(text), "urn:dci:code:%s", name);
	jw_object(&j, NULL);
	jw_text(&j, "type", text);
	jw_text(&j, "title", dci_code_meaning(f->code));
	jw_int(&j, "status", status);
	jw_text(&j, "detail", f->sentence);
	jw_text(&j, "code", name);
	jw_text(&j, "remedy", dci_code_remedy(f->code));
	if (appraisal != NULL) {
		writer_text(&w, ",\"" REPORT_MEMBER_EXPLAIN "\":");
		appraisal_json(&w, appraisal);
	}
	jw_object_end(&j);
	if (retry > 0) {
		snprintf(text, sizeof(text), "%lld", (long long)retry);
		evhttp_add_header(evhttp_request_get_output_headers(req),
		    "Retry-After", text);
	}
	answer_send(req, status, REPORT_TYPE_PROBLEM, &w);
}
