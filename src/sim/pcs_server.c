/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <event2/listener.h>

#include "base/limits.h"
#include "base/log.h"
#include "sim/pcs_answer.h"
#include "sim/pcs_send.h"
#include "sim/pcs_server.h"
#include "sim/pcs_tls.h"

#define BACKLOG      128
#define IDLE_SECONDS 600 /* longer than any client waits */

struct pcs_server {
	struct pcs_source source;
	struct evconnlistener *listener;
	SSL_CTX *tls;
	struct evhttp *http;
	struct pcs_sender *sender;
	uint64_t requests;
};

static const struct pcs_effects no_effects;

static void
add_header(struct evhttp_request *http, const char *name, const char *value)
{
	if (value != NULL)
		evhttp_add_header(
		    evhttp_request_get_output_headers(http), name, value);
}

/* PCS encodes all but the unreserved characters of RFC 3986. */
static void
add_content_headers(struct evhttp_request *http, const struct pcs_content *c)
{
	char *chain CLEANUP(cleanup_free) =
	    c->chain.n > 0 ? evhttp_uriencode((const char *)c->chain.data,
				 (ev_ssize_t)c->chain.n, 0)
			   : NULL;

	add_header(http, "Content-Type", c->type);
	if (c->chain_header != NULL)
		add_header(http, c->chain_header, chain);
	for (size_t i = 0; i < c->extras; i++)
		add_header(http, c->extra[i].name, c->extra[i].value);
}

/* As PCS does: no body, the reason in headers. */
static void
add_refusal_headers(struct evhttp_request *http, const struct pcs_answer *a)
{
	char seconds[16];

	add_header(http, "Error-Code", a->why.code);
	add_header(http, "Error-Message", a->why.message);
	if (a->status == HTTP_BADMETHOD)
		add_header(http, "Allow", "GET");
	if (a->effects.retry_after > 0) {
		snprintf(
		    seconds, sizeof(seconds), "%u", a->effects.retry_after);
		add_header(http, "Retry-After", seconds);
	}
	if (a->effects.redirect)
		add_header(http, "Location", evhttp_request_get_uri(http));
}

static const char *
method_name(const struct evhttp_request *http)
{
	switch (evhttp_request_get_command(http)) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_HEAD:
		return "HEAD";
	default:
		return "other";
	}
}

static void
log_request(struct pcs_server *s, struct evhttp_request *http,
    const struct pcs_answer *a)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, "request");
	log_text(&line, "method", method_name(http));
	log_text(&line, "uri", evhttp_request_get_uri(http));
	log_int(&line, "status", a->status);
	if (a->document != PCS_DOCUMENTS)
		log_text(&line, "document", pcs_document_name(a->document));
	if (a->why.message != NULL)
		log_text(&line, "reason", a->why.message);
	if (a->effects.names[0] != '\0')
		log_text(&line, "faults", a->effects.names);
	log_time(&line, "simulated", pcs_state_now(&s->source.state));
	log_end(&line);
}

static void
answer_document(struct pcs_server *s, struct evhttp_request *http)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
	const char *path = evhttp_uri_get_path(uri);
	struct pcs_answer a CLEANUP(pcs_answer_free) = {0};

	if (evhttp_request_get_command(http) == EVHTTP_REQ_GET)
		pcs_answer_make(&a, &s->source, path != NULL ? path : "",
		    evhttp_uri_get_query(uri));
	else
		a = (struct pcs_answer){.status = HTTP_BADMETHOD,
		    .why = {"InvalidRequestSyntax", "the method is GET"},
		    .document = PCS_DOCUMENTS};
	log_request(s, http, &a);
	struct bytes body = {NULL, 0};
	if (a.status == HTTP_OK) {
		add_content_headers(http, &a.content);
		body = (struct bytes){a.content.body.data, a.content.body.n};
	} else {
		add_refusal_headers(http, &a);
	}
	pcs_send(s->sender, http, a.status, body, &a.effects);
}

static void
answer_control(struct pcs_server *s, struct evhttp_request *http)
{
	struct writer body CLEANUP(writer_free) =
	    writer_new(LIMIT_HTTP_HEADERS);
	struct pcs_answer a = {.document = PCS_DOCUMENTS};

	a.status = pcs_control(&s->source.state, http, &body);
	log_request(s, http, &a);
	add_header(http, "Content-Type", "text/plain");
	pcs_send(s->sender, http, a.status, (struct bytes){body.data, body.n},
	    &no_effects);
}

static void
on_request(struct evhttp_request *http, void *arg)
{
	const char *path =
	    evhttp_uri_get_path(evhttp_request_get_evhttp_uri(http));
	struct pcs_server *s = arg;
	char id[33];

	snprintf(id, sizeof(id), "%032llx", (unsigned long long)++s->requests);
	add_header(http, "Request-ID", id);
	if (path != NULL && pcs_control_path(path))
		answer_control(s, http);
	else
		answer_document(s, http);
}

static bool
set_up_http(struct pcs_server *s, struct event_base *base)
{
	s->http = evhttp_new(base);
	s->sender = pcs_sender_new(base);
	if (s->http == NULL || s->sender == NULL)
		return false;
	if (s->tls != NULL)
		evhttp_set_bevcb(s->http, pcs_tls_bufferevent, s->tls);
	evhttp_set_gencb(s->http, on_request, s);
	evhttp_set_max_headers_size(s->http, LIMIT_HTTP_HEADERS);
	evhttp_set_max_body_size(s->http, LIMIT_HTTP_HEADERS);
	evhttp_set_timeout(s->http, IDLE_SECONDS);
	evhttp_set_default_content_type(s->http, NULL);
	return evhttp_bind_listener(s->http, s->listener) != NULL;
}

static void
source_init(struct pcs_source *s, const struct pcs_options *options,
    const struct sim_platform *platform)
{
	s->options = options;
	s->platform = platform;
	s->state.faults = options->faults;
	if (options->time != 0)
		pcs_state_set_time(&s->state, options->time);
	pcs_releases_init(&s->releases, sim_spec_of(platform));
	if (options->recovery != 0)
		pcs_releases_recover(&s->releases, sim_spec_of(platform),
		    options->recovery, options->recovery_qe);
}

static int
set_up(struct pcs_server *s, struct event_base *base, struct dci_failure *f)
{
	const struct pcs_options *o = s->source.options;

	if (o->certificate != NULL &&
	    (s->tls = pcs_tls_new(o->certificate, o->key, f)) == NULL)
		return -1;
	s->listener = evconnlistener_new_bind(base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
	    BACKLOG, (const struct sockaddr *)&o->listen, o->listen_size);
	if (s->listener == NULL)
		return dci_fail(f, DCI_USAGE, "Cannot listen on %s: %s.",
		    o->listen_text, strerror(errno));
	if (!set_up_http(s, base))
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for the service.");
	return 0;
}

struct pcs_server *
pcs_server_new(struct event_base *base, const struct pcs_options *options,
    const struct sim_platform *platform, struct dci_failure *f)
{
	struct pcs_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the service.");
		return NULL;
	}
	source_init(&s->source, options, platform);
	if (set_up(s, base, f) != 0) {
		pcs_server_free(s);
		return NULL;
	}
	return s;
}

void
pcs_server_free(struct pcs_server *s)
{
	if (s == NULL)
		return;
	pcs_sender_free(s->sender);
	/* evhttp closes the listener. */
	if (s->http != NULL)
		evhttp_free(s->http);
	else if (s->listener != NULL)
		evconnlistener_free(s->listener);
	SSL_CTX_free(s->tls);
	free(s);
}

unsigned
pcs_server_port(const struct pcs_server *s)
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
