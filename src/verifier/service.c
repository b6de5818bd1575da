/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <openssl/rand.h>

#include "base/log.h"
#include "base/text.h"
#include "proto/report.h"
#include "verifier/answer.h"
#include "verifier/collateral.h"
#include "verifier/connections.h"
#include "verifier/ear.h"
#include "verifier/query.h"
#include "verifier/request.h"
#include "verifier/service.h"

#define BACKLOG           1024
#define STOP_MILLISECONDS 20
#define STOP_ROUNDS       250 /* 5 s in all */
#define REFUSALS_LOGGED   20  /* lines a second */

struct service {
	struct service_parts with;
	struct collateral *collateral;
	struct evconnlistener *listener;
	struct evhttp *http;
	struct connections *connections;
	struct buckets *buckets; /* NULL: no bound */
	struct event *stop;
	unsigned stop_rounds;
	unsigned refusals, refusals_dropped; /* in this second */
	struct dci_appraisal appraisal;      /* of the request at hand */
};

/* One request on its way. */
struct exchange {
	struct service *service;
	struct evhttp_request *req;
	struct query query;
	const struct delegation *delegation;
	char id[REQUEST_ID_SIZE];
	int64_t now;
	bool verified; /* the service's appraisal belongs to it */
};

static int64_t
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Bounded: a stranger must not fill the disk. */
static void
log_refusal(struct exchange *x, const struct dci_failure *f)
{
	struct service *s = x->service;
	struct log_line line;

	if (++s->refusals > REFUSALS_LOGGED) {
		s->refusals_dropped++;
		return;
	}
	log_begin(&line, LOG_LEVEL_INFO, "refused");
	log_text(&line, "request", x->id);
	log_int(&line, "status", dci_code_http_status(f->code));
	log_failure(&line, f);
	log_end(&line);
}

static void
refuse(struct exchange *x, const struct dci_failure *f)
{
	int64_t retry = f->code == DCI_TOO_MANY_REQUESTS ? 1
			: f->code == DCI_NOT_DELEGATED
			    ? delegate_retry(x->service->with.delegate, x->now)
			    : 0;

	log_refusal(x, f);
	answer_problem(x->req, f, retry,
	    x->query.explain && x->verified ? &x->service->appraisal : NULL);
}

static bool
method_is(struct exchange *x, enum evhttp_cmd_type method, const char *allow)
{
	struct dci_failure f;
	enum evhttp_cmd_type found = evhttp_request_get_command(x->req);

	if (found == method ||
	    (method == EVHTTP_REQ_GET && found == EVHTTP_REQ_HEAD))
		return true;
	evhttp_add_header(
	    evhttp_request_get_output_headers(x->req), "Allow", allow);
	dci_fail(&f, DCI_METHOD_NOT_ALLOWED, "This path takes %s.", allow);
	refuse(x, &f);
	return false;
}

/* --- a report --- */

/* The record of a quote that does not even parse, as dci_verify_quote() makes
 * it; but there is no telling what collateral to give that. */
static void
unparsable(struct dci_appraisal *a)
{
	struct dci_check *c = dci_checks_add(&a->verification.checks,
	    DCI_CHECK_QUOTE_FORM, DCI_FAIL, a->failure.code);

	snprintf(c->found, sizeof(c->found), "%.*s", DCI_FOUND_MAX - 1,
	    a->failure.sentence);
}

/* Fills in the service's appraisal; what it points to is the quote's and the
 * snapshot's.  Returns the snapshot, or NULL where none was come to. */
static const struct dci_snapshot *
verify(struct exchange *x, const struct request *r)
{
	static const struct dci_tolerance none = {.grace = 0};
	struct dci_appraisal *a = &x->service->appraisal;
	struct dci_quote quote;

	dci_appraisal_init(a, x->now);
	x->verified = true;
	if (dci_quote_parse(&quote, r->quote, r->quote_size, &a->failure) !=
	    0) {
		unparsable(a);
		return NULL;
	}
	const struct dci_snapshot *s =
	    collateral_choose(x->service->collateral, &quote, &a->failure);
	if (s == NULL)
		return NULL;
	a->has_snapshot = true;
	dci_snapshot_digest(a->snapshot_digest, s);
	dci_verify_quote(&a->verification, r->quote, r->quote_size, s, x->now,
	    &none, collateral_cache(x->service->collateral));
	if (a->verification.failure.code != DCI_OK)
		a->failure = a->verification.failure;
	return s;
}

static int
send_signed_json(
    struct exchange *x, const struct writer *body, struct dci_failure *f)
{
	struct evkeyvalq *headers = evhttp_request_get_output_headers(x->req);
	uint8_t signature[SIGN_DER_MAX];
	size_t n = body->failed ? 0
				: delegation_sign_der(x->delegation, signature,
				      (struct bytes){body->data, body->n});
	char *text CLEANUP(cleanup_free) =
	    n > 0 ? base64_encode(signature, n) : NULL;

	if (text == NULL)
		return dci_fail(f, DCI_RESULT_UNSIGNED,
		    "The result could not be written or signed.");
	evhttp_add_header(
	    headers, REPORT_HEADER_CERTIFICATE, x->delegation->certificate);
	evhttp_add_header(headers, REPORT_HEADER_SIGNATURE, text);
	evhttp_add_header(headers, REPORT_HEADER_CHAIN, x->delegation->chain);
	answer_send(x->req, 200, REPORT_TYPE_JSON, body);
	return 0;
}

static int
send_report(
    struct exchange *x, const struct report *report, struct dci_failure *f)
{
	struct writer body CLEANUP(writer_free) = writer_new(LIMIT_HTTP_REPORT);

	if (!x->query.ear) {
		report_json(&body, report);
		return send_signed_json(x, &body, f);
	}
	if (ear_write(&body, report, x->delegation,
		x->service->with.config->outdated_tcb, f) != 0)
		return -1;
	answer_send(x->req, 200, REPORT_TYPE_EAR, &body);
	return 0;
}

static int
report(struct exchange *x, const struct request *r, struct dci_failure *f)
{
	const struct dci_appraisal *a = &x->service->appraisal;
	struct report out = {.appraisal = a,
	    .snapshot = verify(x, r),
	    .nonce = r->nonce,
	    .time = x->now,
	    .explain = x->query.explain};

	if (report_status_word(a->verification.status, a->failure.code) ==
	    NULL) {
		*f = a->failure;
		return -1;
	}
	if (!report_id(out.id))
		return dci_fail(f, DCI_INTERNAL, "No random numbers.");
	return send_report(x, &out, f);
}

static struct bytes
body_of(struct evhttp_request *req)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t n = evbuffer_get_length(in);

	return (struct bytes){n > 0 ? evbuffer_pullup(in, -1) : NULL, n};
}

static void
handle_report(struct exchange *x)
{
	struct request r CLEANUP(request_free) = {.quote = NULL};
	struct dci_failure f;

	if (!method_is(x, EVHTTP_REQ_POST, "POST"))
		return;
	x->delegation = delegate_current(x->service->with.delegate, x->now, &f);
	if (x->delegation == NULL || query_parse(&x->query, x->req, &f) != 0 ||
	    request_parse(&r, body_of(x->req), &f) != 0 ||
	    (x->query.ear && ear_nonce(r.nonce, &f) != 0) ||
	    report(x, &r, &f) != 0)
		refuse(x, &f);
}

/* --- the rest --- */

static void
handle_gencsr(struct exchange *x)
{
	struct writer w CLEANUP(writer_free) = writer_new(4096);
	struct json_writer j = jw_of(&w);

	if (!method_is(x, EVHTTP_REQ_GET, "GET"))
		return;
	bool begun = delegate_request(x->service->with.delegate, x->now);
	jw_object(&j, NULL);
	jw_text(&j, "status", begun ? "ENROLLING" : "OK");
	jw_text(&j, "detail",
	    begun ? "An enrolment is on its way; see /health."
		  : "There is a valid delegation certificate, and it stays.");
	jw_object_end(&j);
	answer_send(x->req, begun ? 202 : 200, REPORT_TYPE_JSON, &w);
}

static void
handle_health(struct exchange *x)
{
	struct service *s = x->service;
	struct writer w CLEANUP(writer_free) = writer_new(16384);
	struct json_writer j = jw_of(&w);
	struct dci_failure f;
	size_t good;

	if (!method_is(x, EVHTTP_REQ_GET, "GET"))
		return;
	bool valid = delegate_current(s->with.delegate, x->now, &f) != NULL;
	size_t sets = collateral_count(s->collateral, &good);
	jw_object(&j, NULL);
	jw_text(&j, "status", valid ? "OK" : "FAILED");
	jw_text(&j, "version", DCI_VERSION);
	jw_time(&j, "lastChecked", x->now);
	delegate_json(s->with.delegate, &j, x->now);
	jw_object(&j, "collateral");
	jw_text(&j, "status", good > 0 ? "OK" : "FAILED");
	jw_int(&j, "sets", (int64_t)sets);
	jw_int(&j, "usable", (int64_t)good);
	jw_object_end(&j);
	jw_object_end(&j);
	answer_send(x->req, valid ? 200 : 503, REPORT_TYPE_JSON, &w);
}

static const struct {
	const char *path;
	void (*handle)(struct exchange *);
} routes[] = {
    {REPORT_PATH, handle_report},
    {REPORT_PATH_GENCSR, handle_gencsr},
    {REPORT_PATH_HEALTH, handle_health},
};

static void
route(struct exchange *x)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(x->req);
	const char *path = uri != NULL ? evhttp_uri_get_path(uri) : NULL;
	struct dci_failure f;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (path != NULL && strcmp(path, routes[i].path) == 0) {
			routes[i].handle(x);
			return;
		}
	}
	dci_fail(&f, DCI_PATH_UNKNOWN, "There is nothing at that path.");
	refuse(x, &f);
}

static bool
admit(struct exchange *x)
{
	struct service *s = x->service;
	struct bufferevent *bev = evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(x->req));
	int64_t ms = milliseconds();
	struct bucket_key key =
	    connections_request(s->connections, bev, ms / 1000);
	struct dci_failure f;

	if (s->buckets == NULL || buckets_take(s->buckets, key, ms))
		return true;
	dci_fail(&f, DCI_TOO_MANY_REQUESTS,
	    "This address sends more than the %u requests a second that one "
	    "address may.",
	    s->with.config->requests_per_address);
	refuse(x, &f);
	return false;
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct exchange x = {.service = arg, .req = req, .now = time(NULL)};
	uint8_t id[REQUEST_ID_SIZE / 2];

	if (RAND_bytes(id, sizeof(id)) != 1)
		memset(id, 0, sizeof(id));
	hex_encode(x.id, id, sizeof(id));
	evhttp_add_header(
	    evhttp_request_get_output_headers(req), REPORT_HEADER_ID, x.id);
	if (x.service->stop_rounds > 0)
		evhttp_add_header(evhttp_request_get_output_headers(req),
		    "Connection", "close");
	if (admit(&x))
		route(&x);
}

/* --- its life --- */

static int
listen_on(struct service *s, struct dci_failure *f)
{
	const struct verifier_listen *at = &s->with.config->listen;

	s->listener = evconnlistener_new_bind(s->with.base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
	    BACKLOG, (const struct sockaddr *)&at->socket, (int)at->size);
	if (s->listener != NULL)
		return 0;
	return dci_fail(f, DCI_ADDRESS_IN_USE,
	    "Cannot listen on %s: %s. Choose another address with -l.",
	    at->text, strerror(errno));
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval wait = {
	    .tv_usec = STOP_MILLISECONDS * 1000};
	struct service *s = arg;

	(void)fd;
	(void)what;
	if (++s->stop_rounds > 1 &&
	    (!connections_busy(s->connections) || s->stop_rounds > STOP_ROUNDS))
		event_base_loopbreak(s->with.base);
	else
		evtimer_add(s->stop, &wait);
}

static bool
set_up_http(struct service *s)
{
	const struct verifier_config *config = s->with.config;

	s->http = evhttp_new(s->with.base);
	s->connections = connections_new(config, s->listener, s->with.tls);
	s->stop = evtimer_new(s->with.base, on_stop, s);
	if (s->http == NULL || s->connections == NULL || s->stop == NULL)
		return false;
	evhttp_set_bevcb(s->http, connections_bufferevent, s->connections);
	evhttp_set_gencb(s->http, on_request, s);
	evhttp_set_max_headers_size(s->http, LIMIT_HTTP_HEADERS);
	evhttp_set_max_body_size(s->http, LIMIT_HTTP_BODY);
	evhttp_set_timeout(s->http, (int)config->seconds);
	evhttp_set_default_content_type(s->http, NULL);
	/* All that it knows, so that a wrong one gets our answer. */
	evhttp_set_allowed_methods(s->http,
	    EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
		EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
		EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH);
	if (config->requests_per_address > 0 &&
	    (s->buckets = buckets_new(config->requests_per_address)) == NULL)
		return false;
	return evhttp_bind_listener(s->http, s->listener) != NULL;
}

struct service *
service_new(const struct service_parts *parts, struct dci_failure *f)
{
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the service.");
		return NULL;
	}
	s->with = *parts;
	s->collateral = collateral_open(parts->config, parts->anchor, f);
	if (s->collateral != NULL && listen_on(s, f) == 0) {
		if (set_up_http(s))
			return s;
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the service.");
	}
	service_free(s);
	return NULL;
}

void
service_free(struct service *s)
{
	/* evhttp closes the listener, and lets go of the connections. */
	if (s->http != NULL)
		evhttp_free(s->http);
	else if (s->listener != NULL)
		evconnlistener_free(s->listener);
	connections_free(s->connections);
	if (s->stop != NULL)
		event_free(s->stop);
	buckets_free(s->buckets);
	collateral_close(s->collateral);
	free(s);
}

unsigned
service_port(const struct service *s)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (getsockname(evconnlistener_get_fd(s->listener),
		(struct sockaddr *)&a, &n) != 0)
		return 0;
	return ntohs(a.ss_family == AF_INET6
			 ? ((struct sockaddr_in6 *)&a)->sin6_port
			 : ((struct sockaddr_in *)&a)->sin_port);
}

void
service_tick(struct service *s)
{
	connections_sweep(s->connections, milliseconds() / 1000);
	if (s->refusals_dropped > 0)
		log_note(LOG_LEVEL_INFO, "refused", "and %u more",
		    s->refusals_dropped);
	s->refusals = s->refusals_dropped = 0;
}

void
service_reload(struct service *s)
{
	struct dci_failure f;
	struct collateral *fresh =
	    collateral_open(s->with.config, s->with.anchor, &f);

	if (fresh == NULL) {
		log_fail(LOG_LEVEL_ERROR, "reload-failed", &f);
		return;
	}
	collateral_close(s->collateral);
	s->collateral = fresh;
	log_note(LOG_LEVEL_INFO, "reloaded", "the collateral was read again");
}

void
service_stop(struct service *s)
{
	evconnlistener_disable(s->listener);
	if (s->stop_rounds == 0)
		on_stop(-1, 0, s);
}
