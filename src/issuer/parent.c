/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/ends.h"
#include "issuer/forecasts.h"
#include "issuer/launch.h"
#include "issuer/listener.h"
#include "issuer/notify.h"
#include "issuer/parent.h"
#include "issuer/publication.h"
#include "issuer/reload.h"
#include "issuer/supply.h"

/* The start waits for the collector, so that what it has is in use at once; but
 * not for ever. */
#define COLLECTOR_SECONDS 5

static void
announce(struct parent *p)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, "listening");
	log_text(&l, "address", p->address->text);
	log_int(&l, "port", listener_port(p->listener));
	log_int(&l, "workers", p->workers);
	log_hex(&l, "root_fingerprint", p->state->root_fingerprint, 32);
	log_hex(&l, "policy", p->config->policy->digest, 32);
	log_end(&l);
	p->announced = true;
	notify_manager("READY=1");
}

static bool
all_ready(struct parent *p)
{
	for (size_t i = 0; i < process_count(p); i++) {
		const struct process *process = process_of(p, i);

		if (!process->ready && process != &p->collector &&
		    process != &p->forecaster)
			return false;
	}
	return true;
}

/* Who may complain of whom. */
static struct process *
complained_of(struct parent *p, enum role from, struct m_peer about)
{
	bool may_pair = from == ROLE_SIGNER || from == ROLE_LEDGER;

	if (about.role == ROLE_COLLECTOR && from == ROLE_APPRAISER)
		return &p->collector;
	if (!may_pair || about.index >= p->workers)
		return NULL;
	if (about.role == ROLE_WORKER)
		return &p->worker[about.index];
	return about.role == ROLE_APPRAISER ? &p->appraiser[about.index] : NULL;
}

/* They will not hear it any more: it begins anew. */
static void
on_complaint(struct channel *c, const struct process *from, struct m_peer about)
{
	struct process *process =
	    complained_of(from->parent, from->role, about);

	if (process == NULL)
		channel_refuse(c, "a complaint of %s about role %d",
		    process_name(from->role), about.role);
	else if (process->pid > 0)
		kill(process->pid, SIGKILL);
}

static void
launch_others(struct parent *p)
{
	event_del(p->impatience);
	if (!p->launched && !p->stopping)
		launch_all(p);
}

static void
on_impatience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	log_note(LOG_LEVEL_WARN, "collector-slow",
	    "the start goes on without the collateral that is stored");
	launch_others(arg);
}

static void
on_done(struct process *process)
{
	struct parent *p = process->parent;

	if (process->ready) {
		if (process == &p->ledger || process == &p->signer)
			supply_done(p);
		return;
	}
	process->ready = true;
	if (process == &p->collector)
		launch_others(p);
	if (!p->announced && p->launched && all_ready(p))
		announce(p);
}

static void
on_message(struct channel *c, const struct message *m, void *arg)
{
	struct process *process = arg;
	struct m_loaded loaded;

	switch (m->type) {
	case M_COMPLAINT:
		on_complaint(c, process, MESSAGE_FIXED(struct m_peer, m));
		break;
	case M_DONE:
		on_done(process);
		break;
	case M_LOADED:
		loaded = MESSAGE_FIXED(struct m_loaded, m);
		if (!supply_loaded(process, loaded.files))
			channel_refuse(c, "more collateral than it was sent");
		break;
	case M_PUBLISHED:
		publication_receive(process->parent->publication, m->fd);
		break;
	case M_EARLY:
		if (!forecasts_early(process->parent->forecasts, m->fd))
			channel_refuse(c, "early documents that are no file");
		break;
	default:
		channel_refuse(c, "unexpected message %d", m->type);
	}
}

/* Nothing more comes from it; SIGCHLD tells the rest. */
static void
on_closed(struct channel *c, void *arg)
{
	struct process *process = arg;

	if (channel_refused(c) && process->pid > 0)
		kill(process->pid, SIGKILL);
	channel_free(c);
	process->channel = NULL;
}

static void
on_terminate(evutil_socket_t signal_number, short what, void *arg)
{
	(void)what;
	log_note(LOG_LEVEL_INFO, "stopping", "signal %d", (int)signal_number);
	ends_stop(arg, 0);
}

static void
on_reload(evutil_socket_t signal_number, short what, void *arg)
{
	(void)signal_number;
	(void)what;
	reload(arg);
}

static void
on_refresh(evutil_socket_t signal_number, short what, void *arg)
{
	struct parent *p = arg;

	(void)signal_number;
	(void)what;
	if (p->collector.channel != NULL)
		channel_send(p->collector.channel, M_REFRESH,
		    &(struct m_none){0}, (struct bytes){0}, -1);
}

static void
watch_signal(struct parent *p, int number, event_callback_fn callback)
{
	struct event *e = evsignal_new(p->base, number, callback, p);

	if (e == NULL || event_add(e, NULL) != 0)
		log_fatal("start-failed", "cannot watch signals");
}

static void
raise_descriptor_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	rlim_t wanted = LIMIT_CONNECTIONS + 1024;
	r.rlim_cur = r.rlim_max < wanted ? r.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void
warn_at_start(const struct parent *p)
{
	if (p->state->created)
		log_note(LOG_LEVEL_INFO, "ca-created",
		    "a new CA was made in %s; give its root.crt to relying "
		    "parties, and move root.key to a safe place: the issuer "
		    "does not need it any more",
		    state_path(p->config, "ca"));
}

static struct parent *
parent_new(struct issuer_config *config, const struct state *state,
    int listener, const struct issuer_address *address)
{
	struct parent *p = calloc(1, sizeof(*p));

	if (p == NULL)
		log_fatal("start-failed", "out of memory");
	*p = (struct parent){.config = config,
	    .state = state,
	    .listener = listener,
	    .address = address,
	    .base = event_base_new(),
	    .workers =
		config->workers < WORKERS_MAX ? config->workers : WORKERS_MAX,
	    .newest = {-1, -1},
	    .settled = {-1, -1},
	    .receive = on_message,
	    .closed = on_closed};
	if (p->base == NULL ||
	    (p->impatience = evtimer_new(p->base, on_impatience, p)) == NULL)
		log_fatal("start-failed", "no event loop");
	p->publication = publication_new(p);
	p->forecasts = forecasts_new(p);
	return p;
}

int
parent_run(struct issuer_config *config, const struct state *state,
    int listener, const struct issuer_address *address)
{
	struct parent *p = parent_new(config, state, listener, address);
	struct timeval patience = {COLLECTOR_SECONDS, 0};
	struct dci_failure f;

	if (supply_load(&p->local, config, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "start-failed", &f);
		return 2;
	}
	supply_change(p, CHANGE_ALL);
	raise_descriptor_limit();
	warn_at_start(p);
	ends_watch(p);
	signal(SIGPIPE, SIG_IGN);
	watch_signal(p, SIGTERM, on_terminate);
	watch_signal(p, SIGINT, on_terminate);
	watch_signal(p, SIGHUP, on_reload);
	watch_signal(p, SIGUSR1, on_refresh);
	launch_collector(p);
	event_add(p->impatience, &patience);
	event_base_dispatch(p->base);
	log_note(LOG_LEVEL_INFO, "stopped", "everything is committed");
	return p->exit_code;
}
