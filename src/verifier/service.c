/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "verifier/handle.h"
#include "verifier/waiting.h"

#define BACKLOG           1024
#define STOP_MILLISECONDS 20
#define STOP_ROUNDS       250 /* 5 s in all */

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
	    "Cannot listen on %s: %s.", at->text, strerror(errno));
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
	s->connections = connections_new(config, s->with.base, s->listener,
	    s->with.tls, clock_milliseconds() / 1000);
	s->stop = evtimer_new(s->with.base, on_stop, s);
	if (s->http == NULL || s->connections == NULL || s->stop == NULL)
		return false;
	evhttp_set_bevcb(s->http, connections_bufferevent, s->connections);
	evhttp_set_gencb(s->http, handle_request, s);
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

/* --- collateral that is fetched --- */

static void
on_ready(void *arg, const struct dci_platform_id *id)
{
	struct service *s = arg;

	waiting_end(s->waiting, id, NULL);
}

/* What went wrong names hosts: that is for the log, where the keeper has put
 * it.  Whether it is worth coming back depends on it. */
static void
on_missing(
    void *arg, const struct dci_platform_id *id, const struct dci_failure *f)
{
	struct service *s = arg;
	struct dci_failure why;
	bool hopeless = f->code == DCI_SOURCE_NOT_FOUND ||
			f->code == DCI_SOURCE_WITHDRAWN ||
			f->code == DCI_COLLATERAL_UNAVAILABLE;

	dci_fail(&why,
	    hopeless ? DCI_COLLATERAL_UNAVAILABLE : DCI_COLLATERAL_PENDING,
	    "The collateral of this quote's platform cannot be had now: %s.",
	    dci_code_name(f->code));
	waiting_end(s->waiting, id, &why);
}

static int
set_up_fetching(struct service *s, struct dci_failure *f)
{
	static const struct fetched_events events = {
	    .ready = on_ready, .missing = on_missing};

	s->waiting = waiting_new(handle_waited);
	if (s->waiting == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for the service.");
	if (s->with.config->source.source.kind == SOURCE_NONE &&
	    s->with.config->collateral_folder == NULL)
		return 0;
	s->fetched = fetched_new(
	    s->with.base, s->with.config, s->with.anchor, &events, s, f);
	return s->fetched != NULL ? 0 : -1;
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
	if (s->collateral != NULL && set_up_fetching(s, f) == 0 &&
	    listen_on(s, f) == 0) {
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
	waiting_free(s->waiting);
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
	fetched_free(s->fetched);
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
	int64_t now = clock_milliseconds();

	waiting_sweep(s->waiting, now);
	connections_sweep(s->connections, now / 1000);
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
	if (s->fetched != NULL)
		fetched_reread(s->fetched);
	collateral_close(s->collateral);
	s->collateral = fresh;
	log_note(LOG_LEVEL_INFO, "reloaded", "the collateral was read again");
}

void
service_refresh(struct service *s)
{
	if (s->fetched != NULL)
		fetched_refresh(s->fetched);
}

void
service_stop(struct service *s)
{
	struct dci_failure why;

	dci_fail(&why, DCI_COLLATERAL_PENDING, "This service is ending.");
	waiting_end(s->waiting, NULL, &why);
	connections_stop(s->connections);
	if (s->stop_rounds == 0)
		on_stop(-1, 0, s);
}
