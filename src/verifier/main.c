/* SPDX-License-Identifier: BSD-3-Clause */
/* dci-verifier: the Proxy Verifier.  Flags in, a service out. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <event2/event.h>

#include "base/file.h"
#include "client/source.h"
#include "dci/verify.h"
#include "verifier/confine.h"
#include "verifier/keep.h"
#include "verifier/service.h"
#include "verifier/tls.h"

#define EXIT_CONFIGURATION 2

struct verifier {
	struct verifier_config config;
	struct dci_anchor anchor;
	struct client_source source;
	SSL_CTX *tls;
	struct event_base *base;
	struct delegate *delegate;
	struct service *service;
};

static int
complain(const struct dci_failure *f)
{
	const char *remedy = dci_code_remedy(f->code);

	fprintf(stderr, "dci-verifier: %s\n", f->sentence);
	if (strstr(f->sentence, remedy) == NULL)
		fprintf(stderr, "  %s\n", remedy);
	return EXIT_CONFIGURATION;
}

/* Intel's root, or the simulator's and nothing else. */
static int
read_anchor(struct verifier *v, struct dci_failure *f)
{
	char path[PATH_MAX];
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	size_t n;

	v->anchor = dci_anchor_intel;
	if (v->config.sim == NULL)
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/root.crt",
		v->config.sim) >= sizeof(path))
		return dci_fail(f, DCI_USAGE, "--sim: path too long");
	if (file_read(path, LIMIT_PEM, &pem, &n, f) != 0)
		return -1;
	return dci_anchor_from_pem(&v->anchor, pem, n, f);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct verifier *v = arg;

	(void)fd;
	(void)what;
	delegate_tick(v->delegate, time(NULL));
	service_tick(v->service);
}

static void
on_signal(evutil_socket_t signal_number, short what, void *arg)
{
	struct verifier *v = arg;

	(void)what;
	if (signal_number == SIGHUP)
		service_reload(v->service);
	else if (signal_number == SIGUSR1)
		service_refresh(v->service);
	else
		service_stop(v->service);
}

static void
add_events(struct verifier *v)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	static const struct timeval second = {.tv_sec = 1};
	struct event *e = event_new(v->base, -1, EV_PERSIST, on_tick, v);

	if (e == NULL || event_add(e, &second) != 0)
		log_fatal("start-failed", "no memory for events");
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		e = evsignal_new(v->base, signals[i], on_signal, v);
		if (e == NULL || event_add(e, NULL) != 0)
			log_fatal("start-failed", "no memory for signals");
	}
}

/* Changes of what epoll watches are gathered until it is asked, and most of
 * them cancel out: system calls leave the enclave.  Nothing here duplicates
 * descriptors, which would break it. */
static struct event_base *
new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config != NULL && event_config_set_flag(config,
				  EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
		base = event_base_new_with_config(config);
	if (config != NULL)
		event_config_free(config);
	return base;
}

/* Everything that can be wrong with the configuration comes to light here. */
static int
start(struct verifier *v, struct dci_failure *f)
{
	if (read_anchor(v, f) != 0 ||
	    client_source_open(&v->source, v->config.sim, f) != 0)
		return -1;
	/* Before there is a thread that might ask for quotes as well. */
	if (v->config.tls &&
	    (v->tls = verifier_tls(&v->source.quotes, f)) == NULL)
		return -1;
	if (keep_prepare(&v->config, f) != 0)
		return -1;
	v->base = new_base();
	if (v->base == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No event loop.");
	v->delegate = delegate_new(v->base, &v->config, &v->source.quotes, f);
	if (v->delegate == NULL)
		return -1;
	struct service_parts parts = {.base = v->base,
	    .config = &v->config,
	    .anchor = &v->anchor,
	    .tls = v->tls,
	    .delegate = v->delegate};
	v->service = service_new(&parts, f);
	return v->service == NULL ? -1 : 0;
}

static void
raise_descriptors(void)
{
	struct rlimit limit;
	rlim_t want = LIMIT_HTTP_CONNECTIONS + 256;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_note(LOG_LEVEL_WARN, "start",
		    "no more than the usual number of files can be open");
}

static void
log_listening(const struct verifier *v)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, "listening");
	log_text(&line, "address", v->config.listen.text);
	log_int(&line, "port", service_port(v->service));
	log_text(&line, "scheme", v->config.tls ? "https" : "http");
	log_text(&line, "trust", v->config.sim != NULL ? "simulated" : "intel");
	log_int(&line, "pid", getpid());
	log_end(&line);
}

static void
stop(struct verifier *v)
{
	log_note(LOG_LEVEL_INFO, "stopped", "everything answered was sent");
	/* A thread in the middle of an enrolment uses what would be freed. */
	if (delegate_busy(v->delegate))
		_exit(0);
	service_free(v->service);
	delegate_free(v->delegate);
	SSL_CTX_free(v->tls);
	client_source_close(&v->source);
	verifier_config_free(&v->config);
}

static int
run(struct verifier *v)
{
	struct dci_failure f;

	log_init("verifier", v->config.log_format);
	signal(SIGPIPE, SIG_IGN);
	raise_descriptors();
	if (start(v, &f) != 0)
		return complain(&f);
	add_events(v);
	if (confine(&v->config, &f) != 0)
		return complain(&f);
	log_listening(v);
	delegate_tick(v->delegate, time(NULL));
	event_base_dispatch(v->base);
	stop(v);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct verifier v;
	struct dci_failure f;

	if (verifier_config_load(&v.config, argc, argv, &f) != 0)
		return complain(&f);
	switch (v.config.action) {
	case VERIFIER_HELP:
		fputs(verifier_usage, stdout);
		return 0;
	case VERIFIER_VERSION:
		puts("dci-verifier " DCI_VERSION);
		return 0;
	case VERIFIER_TEST:
		verifier_config_free(&v.config);
		puts("The configuration is in order.");
		return 0;
	default:
		return run(&v);
	}
}
