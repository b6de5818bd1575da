/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <openssl/rand.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "proto/report.h"
#include "verifier/ear.h"
#include "verifier/framing.h"
#include "verifier/handle.h"
#include "verifier/request.h"
#include "verifier/waiting.h"

#define REFUSALS_LOGGED 20 /* lines a second */
#define RETRY_PENDING   10 /* seconds */

static struct bufferevent *
bufferevent_of(struct evhttp_request *req)
{
	return evhttp_connection_get_bufferevent(
	    evhttp_request_get_connection(req));
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
	int64_t retry = f->code == DCI_TOO_MANY_REQUESTS    ? 1
			: f->code == DCI_COLLATERAL_PENDING ? RETRY_PENDING
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

/* The service's appraisal begins; what it points to is the quote's and the
 * snapshot's.  Returns the snapshot, or NULL with the appraisal's failure. */
static const struct dci_snapshot *
choose(struct exchange *x, const struct request *r)
{
	struct dci_appraisal *a = &x->service->appraisal;
	struct dci_quote quote;

	dci_appraisal_init(a, x->now);
	x->verified = true;
	if (dci_quote_parse(&quote, r->quote, r->quote_size, &a->failure) !=
	    0) {
		unparsable(a);
		return NULL;
	}
	return collateral_choose(
	    x->service->collateral, x->service->fetched, &quote, &a->failure);
}

/* For the keeper, which keeps what is of use. */
static void
tell_usage(struct exchange *x, const struct dci_verification *v)
{
	struct dci_platform_id id = {
	    .tee = v->quote.tee, .platform_ca = v->platform_ca};

	if (!v->has_tcb || x->service->fetched == NULL)
		return;
	memcpy(id.fmspc, v->fmspc, sizeof(id.fmspc));
	fetched_used(x->service->fetched, &id, x->now);
}

static void
verify(
    struct exchange *x, const struct request *r, const struct dci_snapshot *s)
{
	static const struct dci_tolerance none = {.grace = 0};
	struct dci_appraisal *a = &x->service->appraisal;

	a->has_snapshot = true;
	dci_snapshot_digest(a->snapshot_digest, s);
	dci_verify_quote(&a->verification, r->quote, r->quote_size, s, x->now,
	    &none, collateral_cache(x->service->collateral));
	tell_usage(x, &a->verification);
	if (a->verification.failure.code != DCI_OK)
		a->failure = a->verification.failure;
}

/* --- collateral that is not there yet --- */

/* Only for a platform that is genuine: others must not make work for the
 * source.  Returns 0 when the request waits, or -1 with *f. */
static int
wait_for_collateral(
    struct exchange *x, struct request *r, struct dci_failure *f)
{
	struct service *s = x->service;
	struct dci_platform_id id;
	int64_t now = clock_milliseconds();

	if (dci_quote_platform(
		&id, r->quote, r->quote_size, s->with.anchor, f) != 0)
		return -1;
	int bad = waiting_add(s->waiting, x, r, &id, now, f);
	if (bad == 0)
		connections_hold(s->connections, bufferevent_of(x->req),
		    now / 1000 + WAITING_SECONDS + s->with.config->seconds);
	/* Also for a client that finds no place, and comes again. */
	fetched_want(s->fetched, &id);
	return bad;
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

/* Returns 0 when the request was answered, or waits; or -1 with *f. */
static int
report(struct exchange *x, struct request *r, struct dci_failure *f)
{
	const struct dci_appraisal *a = &x->service->appraisal;
	struct report out = {.appraisal = a,
	    .snapshot = choose(x, r),
	    .nonce = r->nonce,
	    .time = x->now,
	    .explain = x->query.explain};

	if (a->failure.code == DCI_COLLATERAL_UNAVAILABLE && !x->waited &&
	    x->service->fetched != NULL)
		return wait_for_collateral(x, r, f);
	if (out.snapshot != NULL)
		verify(x, r, out.snapshot);
	if (report_status_word(a->verification.status, a->failure.code) ==
	    NULL) {
		*f = a->failure;
		return -1;
	}
	report_id(out.id, x->number);
	return send_report(x, &out, f);
}

void
handle_waited(
    struct exchange *x, struct request *r, const struct dci_failure *why)
{
	struct dci_failure f;

	x->now = time(NULL);
	x->waited = true;
	x->verified = false;
	x->delegation = delegate_current(x->service->with.delegate, x->now, &f);
	if (why != NULL)
		refuse(x, why);
	else if (x->delegation == NULL || report(x, r, &f) != 0)
		refuse(x, &f);
}

static struct bytes
body_of(struct evhttp_request *req)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t n = evbuffer_get_length(in);

	return (struct bytes){n > 0 ? evbuffer_pullup(in, -1) : NULL, n};
}

/* evhttp keeps a request until the loop has turned: the next body has its place
 * in memory, and in the processor's cache, when this one's is free already. */
static int
take_body(struct exchange *x, struct request *r, struct dci_failure *f)
{
	int bad = request_parse(r, body_of(x->req), f);

	evbuffer_drain(evhttp_request_get_input_buffer(x->req), SIZE_MAX);
	return bad;
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
	    take_body(x, &r, &f) != 0 ||
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
	if (s->fetched != NULL) {
		size_t fetched_good;

		sets += fetched_count(s->fetched, &fetched_good);
		good += fetched_good;
	}
	jw_object(&j, NULL);
	jw_text(&j, "status", valid ? "OK" : "FAILED");
	jw_text(&j, "version", DCI_VERSION);
	jw_time(&j, "lastChecked", x->now);
	delegate_json(s->with.delegate, &j, x->now);
	jw_object(&j, "collateral");
	jw_text(&j, "status", good > 0 ? "OK" : "FAILED");
	jw_int(&j, "sets", (int64_t)sets);
	jw_int(&j, "usable", (int64_t)good);
	if (s->fetched != NULL)
		jw_int(&j, "waiting", (int64_t)waiting_count(s->waiting));
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

static void
close_after(struct exchange *x)
{
	evhttp_add_header(
	    evhttp_request_get_output_headers(x->req), "Connection", "close");
}

static bool
admit(struct exchange *x)
{
	struct service *s = x->service;
	int64_t ms = clock_milliseconds();
	size_t size =
	    evbuffer_get_length(evhttp_request_get_input_buffer(x->req));
	struct dci_failure f;

	x->address = connections_request(
	    s->connections, bufferevent_of(x->req), ms / 1000);
	if (s->buckets == NULL || buckets_take(s->buckets, x->address,
				      1 + size / LIMIT_HTTP_TOKEN_BYTES, ms))
		return true;
	/* What else it has sent already is not worth an answer. */
	close_after(x);
	dci_fail(&f, DCI_TOO_MANY_REQUESTS,
	    "This address sends more than the %u requests a second that one "
	    "address may.",
	    s->with.config->requests_per_address);
	refuse(x, &f);
	return false;
}

/* Without random numbers, 0: nothing can be signed either. */
static void
take_number(struct service *s, uint8_t out[static NUMBER_SIZE])
{
	if (s->numbers_left == 0 &&
	    RAND_bytes(s->numbers[0], sizeof(s->numbers)) == 1)
		s->numbers_left = NUMBERS_AT_ONCE;
	if (s->numbers_left == 0)
		memset(out, 0, NUMBER_SIZE);
	else
		memcpy(out, s->numbers[--s->numbers_left], NUMBER_SIZE);
}

void
handle_request(struct evhttp_request *req, void *arg)
{
	struct exchange x = {.service = arg, .req = req, .now = time(NULL)};
	struct dci_failure f;

	take_number(x.service, x.number);
	hex_encode(x.id, x.number, sizeof(x.number));
	evhttp_add_header(
	    evhttp_request_get_output_headers(req), REPORT_HEADER_ID, x.id);
	/* evhttp never closes after CONNECT.  What it takes for chunks others
	 * may not (RFC 9112, 7.1), and end the request elsewhere: nothing may
	 * follow on that connection. */
	if (req->type == EVHTTP_REQ_CONNECT) {
		req->type = EVHTTP_REQ_OPTIONS;
		close_after(&x);
	} else if (x.service->stop_rounds > 0 || req->chunked) {
		close_after(&x);
	}
	if (!admit(&x))
		return;
	if (framing_check(req, &f) == 0) {
		route(&x);
		return;
	}
	/* Where the next request begins cannot be told. */
	close_after(&x);
	refuse(&x, &f);
}
