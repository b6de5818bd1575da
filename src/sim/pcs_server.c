/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/listener.h>

#include "base/limits.h"
#include "base/log.h"
#include "sim/pcs_document.h"
#include "sim/pcs_server.h"

#define BACKLOG 128

struct pcs_server {
	const struct pcs_config *config;
	const struct sim_platform *platform;
	struct pcs_releases releases;
	struct evconnlistener *listener;
	struct evhttp *http;
	uint64_t requests;
};

/* What is known about a request while it is answered. */
struct exchange {
	struct pcs_server *server;
	struct evhttp_request *http;
	struct pcs_request request;
	struct pcs_refusal why;
	int status;
};

static int64_t
simulated_time(const struct pcs_server *s)
{
	(void)s;
	return (int64_t)time(NULL);
}

static bool
fmspc_known(const struct pcs_config *config, const uint8_t fmspc[static 6])
{
	for (size_t i = 0; i < config->fmspcs; i++) {
		if (memcmp(config->fmspc[i], fmspc, 6) == 0)
			return true;
	}
	return false;
}

/* What the documents of this request say. */
static void
spec_for(struct sim_spec *spec, const struct exchange *x,
    const struct pcs_release *release, int64_t now)
{
	const struct sim_validity valid = {
	    now, now + x->server->config->window};

	*spec = *sim_spec_of(x->server->platform);
	spec->tcb_info = spec->qe_identity = valid;
	spec->pck_crl = spec->root_crl = valid;
	spec->tcb_evaluation = spec->qe_evaluation = release->number;
	spec->tcb_levels = release->tcb_levels;
	spec->n_tcb_levels = release->n_tcb_levels;
	spec->qe_levels = release->qe_levels;
	spec->n_qe_levels = release->n_qe_levels;
	memcpy(
	    spec->tcb_info_fmspc, x->request.fmspc, sizeof(x->request.fmspc));
	spec->processor_ca = x->request.processor;
}

static int
find(struct exchange *x, struct pcs_content *content)
{
	const struct pcs_server *s = x->server;
	int64_t now = simulated_time(s);
	const struct pcs_release *release;
	struct sim_spec spec;
	struct dci_failure f;

	if ((x->request.document == PCS_TCB ||
		x->request.document == PCS_TDX_TCB) &&
	    !fmspc_known(s->config, x->request.fmspc)) {
		x->why = (struct pcs_refusal){"NotFound", "no such FMSPC"};
		return HTTP_NOTFOUND;
	}
	int status = pcs_release_choose(
	    &release, &s->releases, &x->request, now, &x->why);
	if (status != HTTP_OK)
		return status;
	spec_for(&spec, x, release, now);
	if (pcs_document_make(content, s->platform, &spec, &x->request,
		&s->releases, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "document-failed", &f);
		return HTTP_INTERNAL;
	}
	return HTTP_OK;
}

static void
add_header(struct exchange *x, const char *name, const char *value)
{
	if (value != NULL)
		evhttp_add_header(
		    evhttp_request_get_output_headers(x->http), name, value);
}

/* PCS encodes all but the unreserved characters of RFC 3986. */
static void
add_chain(struct exchange *x, const struct pcs_content *c)
{
	char *text CLEANUP(cleanup_free) = evhttp_uriencode(
	    (const char *)c->chain.data, (ev_ssize_t)c->chain.n, 0);

	add_header(x, c->chain_header, text);
}

static void
send_content(struct exchange *x, const struct pcs_content *c)
{
	struct evbuffer *body = evhttp_request_get_output_buffer(x->http);

	add_header(x, "Content-Type", c->type);
	if (c->chain_header != NULL)
		add_chain(x, c);
	for (size_t i = 0; i < c->extras; i++)
		add_header(x, c->extra[i].name, c->extra[i].value);
	evbuffer_add(body, c->body.data, c->body.n);
	evhttp_send_reply(x->http, HTTP_OK, NULL, NULL);
}

/* As PCS does: no body, the reason in headers. */
static void
send_refusal(struct exchange *x)
{
	add_header(x, "Error-Code", x->why.code);
	add_header(x, "Error-Message", x->why.message);
	evhttp_send_reply(x->http, x->status, NULL, NULL);
}

static const char *
method_name(enum evhttp_cmd_type method)
{
	switch (method) {
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
log_request(const struct exchange *x)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, "request");
	log_text(
	    &line, "method", method_name(evhttp_request_get_command(x->http)));
	log_text(&line, "uri", evhttp_request_get_uri(x->http));
	log_int(&line, "status", x->status);
	if (x->status != HTTP_OK)
		log_text(&line, "reason", x->why.message);
	else
		log_text(
		    &line, "document", pcs_document_name(x->request.document));
	log_end(&line);
}

static int
read_request(struct exchange *x)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(x->http);

	if (evhttp_request_get_command(x->http) != EVHTTP_REQ_GET) {
		x->why = (struct pcs_refusal){
		    "InvalidRequestSyntax", "the method is GET"};
		add_header(x, "Allow", "GET");
		return HTTP_BADMETHOD;
	}
	return pcs_request_read(&x->request, evhttp_uri_get_path(uri),
	    evhttp_uri_get_query(uri), x->server->config->pccs, &x->why);
}

static void
on_request(struct evhttp_request *http, void *arg)
{
	struct exchange x = {.server = arg, .http = http};
	struct pcs_content content CLEANUP(pcs_content_free) = {
	    .body = writer_new(0), .chain = writer_new(0)};
	char id[33];

	snprintf(id, sizeof(id), "%032llx",
	    (unsigned long long)++x.server->requests);
	add_header(&x, "Request-ID", id);
	x.status = read_request(&x);
	if (x.status == HTTP_OK)
		x.status = find(&x, &content);
	log_request(&x);
	if (x.status == HTTP_OK)
		send_content(&x, &content);
	else
		send_refusal(&x);
}

static bool
set_up_http(struct pcs_server *s, struct event_base *base)
{
	s->http = evhttp_new(base);
	if (s->http == NULL)
		return false;
	evhttp_set_gencb(s->http, on_request, s);
	evhttp_set_max_headers_size(s->http, LIMIT_HTTP_HEADERS);
	evhttp_set_max_body_size(s->http, LIMIT_HTTP_HEADERS);
	evhttp_set_default_content_type(s->http, NULL);
	return evhttp_bind_listener(s->http, s->listener) != NULL;
}

struct pcs_server *
pcs_server_new(struct event_base *base, const struct pcs_config *config,
    const struct sim_platform *platform, struct dci_failure *f)
{
	struct pcs_server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the service.");
		return NULL;
	}
	s->config = config;
	s->platform = platform;
	pcs_releases_init(&s->releases, sim_spec_of(platform));
	s->listener = evconnlistener_new_bind(base, NULL, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
	    BACKLOG, (const struct sockaddr *)&config->listen,
	    config->listen_size);
	if (s->listener == NULL)
		dci_fail(f, DCI_USAGE, "Cannot listen on %s: %s.",
		    config->listen_text, strerror(errno));
	else if (set_up_http(s, base))
		return s;
	else
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the service.");
	pcs_server_free(s);
	return NULL;
}

void
pcs_server_free(struct pcs_server *s)
{
	if (s == NULL)
		return;
	/* evhttp closes the listener. */
	if (s->http != NULL)
		evhttp_free(s->http);
	else if (s->listener != NULL)
		evconnlistener_free(s->listener);
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
