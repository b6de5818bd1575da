/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/ends.h"
#include "issuer/launch.h"
#include "issuer/listener.h"
#include "issuer/notify.h"
#include "issuer/parent.h"
#include "issuer/reload.h"

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
		if (!process_of(p, i)->ready)
			return false;
	}
	return true;
}

/* Signer or ledger will not hear a worker or an appraiser any more: those two
 * begin anew. */
static void
on_complaint(struct channel *c, const struct process *from, struct m_peer about)
{
	struct parent *p = from->parent;

	if ((from->role != ROLE_SIGNER && from->role != ROLE_LEDGER) ||
	    (about.role != ROLE_WORKER && about.role != ROLE_APPRAISER) ||
	    about.index >= p->workers) {
		channel_refuse(c, "a complaint of %s about role %d",
		    process_name(from->role), about.role);
		return;
	}
	struct process *process = about.role == ROLE_WORKER
				      ? &p->worker[about.index]
				      : &p->appraiser[about.index];
	if (process->pid > 0)
		kill(process->pid, SIGKILL);
}

static void
on_message(struct channel *c, const struct message *m, void *arg)
{
	struct process *process = arg;
	struct parent *p = process->parent;

	if (m->type == M_COMPLAINT) {
		on_complaint(c, process, MESSAGE_FIXED(struct m_peer, m));
		return;
	}
	if (m->type != M_DONE) {
		channel_refuse(c, "unexpected message %d", m->type);
		return;
	}
	if (process->ready) {
		reload_done(p);
		return;
	}
	process->ready = true;
	if (!p->announced && all_ready(p))
		announce(p);
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
	reload_again(arg);
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

int
parent_run(struct issuer_config *config, const struct state *state,
    int listener, const struct issuer_address *address)
{
	struct parent *p = calloc(1, sizeof(*p));
	struct dci_failure f;

	if (p == NULL)
		log_fatal("start-failed", "out of memory");
	*p = (struct parent){.config = config,
	    .state = state,
	    .listener = listener,
	    .address = address,
	    .base = event_base_new(),
	    .workers =
		config->workers < WORKERS_MAX ? config->workers : WORKERS_MAX,
	    .policy = -1,
	    .collateral = -1,
	    .receive = on_message,
	    .closed = on_closed};
	if (p->base == NULL)
		log_fatal("start-failed", "no event loop");
	if (reload_start(p, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "start-failed", &f);
		return 2;
	}
	raise_descriptor_limit();
	warn_at_start(p);
	ends_watch(p);
	signal(SIGPIPE, SIG_IGN);
	watch_signal(p, SIGTERM, on_terminate);
	watch_signal(p, SIGINT, on_terminate);
	watch_signal(p, SIGHUP, on_reload);
	launch_all(p);
	event_base_dispatch(p->base);
	log_note(LOG_LEVEL_INFO, "stopped", "everything is committed");
	return p->exit_code;
}
