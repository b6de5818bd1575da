/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/collateral_set.h"
#include "issuer/listener.h"
#include "issuer/notify.h"
#include "issuer/parent.h"

#define STOP_SECONDS   10 /* for children to finish, then they are killed */
#define RESTART_BURST  5 /* so many restarts at once, then one a second */
#define RESTART_MICROSECONDS 50000
#define COLLATERAL_MAX (COLLATERAL_SETS * LIMIT_BUNDLE)

struct process {
	enum role role;
	unsigned index;
	pid_t pid; /* 0: not running */
	struct channel *channel;
	bool ready; /* said DONE after its start */
	struct parent *parent;
};

struct parent {
	struct issuer_config *config;
	const struct state *state;
	int listener;
	const struct issuer_address *address;
	struct event_base *base;
	struct process ledger, signer, appraiser[WORKERS_MAX],
	    worker[WORKERS_MAX];
	unsigned workers;
	int policy, collateral; /* sealed memfds, what children get */
	bool announced, stopping;
	int exit_code;
	unsigned restarts; /* within a second of each other */
	time_t last_restart;
	struct event *again; /* a delayed restart */
	/* A reload goes to the ledger and the signer first, and to the
	 * appraisers when both are done. */
	unsigned reload_waits;
};

/* --- sealed files -------------------------------------------------------------------- */

static int
seal(const char *name, const void *data, size_t n)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	while (fd >= 0 && done < n) {
		ssize_t put = write(fd, (const uint8_t *)data + done, n - done);

		if (put <= 0)
			log_fatal("start-failed", "memfd: %s", strerror(errno));
		done += (size_t)put;
	}
	if (fd < 0 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		log_fatal("start-failed", "memfd: %s", strerror(errno));
	return fd;
}

/* Loads policy and collateral into *policy and *collateral.  Returns -1 with
 * *f and leaves both alone if something cannot be loaded. */
static int
seal_configuration(const struct issuer_config *config, int *policy,
    int *collateral, struct dci_failure *f)
{
	struct writer w CLEANUP(writer_free) = writer_new(COLLATERAL_MAX);

	if (collateral_set_load(&w, config->collaterals,
		(const char *const *)config->collateral, f) != 0)
		return -1;
	if (*policy >= 0)
		close(*policy);
	if (*collateral >= 0)
		close(*collateral);
	*policy = seal("policy", config->policy->text,
	    config->policy->text_size);
	*collateral = seal("collateral", w.data, w.n);
	return 0;
}

/* --- starting children ----------------------------------------------------------------- */

static struct process *
process_of(struct parent *p, size_t i)
{
	/* In the order in which they are stopped. */
	if (i < p->workers)
		return &p->worker[i];
	i -= p->workers;
	if (i < p->workers)
		return &p->appraiser[i];
	i -= p->workers;
	return i == 0 ? &p->signer : i == 1 ? &p->ledger : NULL;
}

static size_t
process_count(const struct parent *p)
{
	return 2 * (size_t)p->workers + 2;
}

_Noreturn static void
become_child(const struct process *process, int fd)
{
	char *argv[] = {(char *)"dci-issuer", (char *)"-x",
	    (char *)process_name(process->role), NULL};
	char *envp[] = {NULL, NULL, NULL};
	size_t n = 0;
	/* Nothing of our environment, but what the sanitizers need. */
	static const char *const kept[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS"};

	for (size_t i = 0; i < 2; i++) {
		const char *value = getenv(kept[i]);
		char *entry;

		if (value != NULL &&
		    asprintf(&entry, "%s=%s", kept[i], value) > 0)
			envp[n++] = entry;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (fd == CHILD_PARENT_FD)
		fcntl(fd, F_SETFD, 0);
	else
		dup2(fd, CHILD_PARENT_FD);
	close_range(CHILD_PARENT_FD + 1, ~0u, 0);
	execve("/proc/self/exe", argv, envp);
	_exit(127);
}

static void
send_file(struct process *to, enum file_kind kind, int fd)
{
	struct m_file m = {.kind = kind};

	channel_send(to->channel, M_FILE, &m, (struct bytes){0}, fd);
}

/* Opens a file for one child.  What cannot be opened now could be when the
 * start was checked; the child says that it misses it. */
static void
send_path(struct process *to, enum file_kind kind, const char *path, int flags)
{
	int fd CLEANUP(cleanup_fd) = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0) {
		log_note(LOG_LEVEL_ERROR, "file-unreadable", "%s: %s", path,
		    strerror(errno));
		return;
	}
	send_file(to, kind, fd);
}

static void
send_start(struct parent *p, struct process *to)
{
	struct m_start m = {.index = to->index,
	    .log_format = p->config->log_format == ISSUER_JSON
		? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT,
	    .simulated = p->state->simulated,
	    .has_secret = p->config->wrap_key != NULL,
	    .anchor = p->state->anchor,
	    .connections = LIMIT_CONNECTIONS / p->workers,
	    .per_address = p->config->connections_per_address};

	channel_send(to->channel, M_START, &m, (struct bytes){0}, -1);
}

/* What each role is given, and nothing else. */
static void
send_files(struct parent *p, struct process *to)
{
	const struct issuer_config *c = p->config;

	if (to->role != ROLE_LEDGER)
		send_path(to, FILE_EMPTY_FOLDER, state_path(c, "empty"),
		    O_DIRECTORY);
	if (to->role != ROLE_WORKER)
		send_file(to, FILE_POLICY, p->policy);
	switch (to->role) {
	case ROLE_WORKER:
		send_file(to, FILE_LISTENER, p->listener);
		send_path(to, FILE_TLS_CERTIFICATE, c->tls_certificate, 0);
		send_path(to, FILE_TLS_KEY, c->tls_key, 0);
		break;
	case ROLE_APPRAISER:
		send_file(to, FILE_COLLATERAL, p->collateral);
		break;
	case ROLE_SIGNER:
		send_path(to, FILE_ISSUING_KEY,
		    state_path(c, "ca/issuing.key"), 0);
		send_path(to, FILE_ISSUING_CRT,
		    state_path(c, "ca/issuing.crt"), 0);
		send_path(to, FILE_ROOT_CRT, state_path(c, "ca/root.crt"), 0);
		break;
	default:
		send_file(to, FILE_COLLATERAL, p->collateral);
		send_path(to, FILE_LEDGER_FOLDER, state_path(c, "ledger"),
		    O_DIRECTORY);
		send_path(to, FILE_ISSUING_CRT,
		    state_path(c, "ca/issuing.crt"), 0);
		send_path(to, FILE_ROOT_CRT, state_path(c, "ca/root.crt"), 0);
		if (c->wrap_key != NULL)
			send_path(to, FILE_WRAP_KEY, c->wrap_key, 0);
	}
}

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

/* --- from the children ----------------------------------------------------------- */

static bool
all_ready(struct parent *p)
{
	for (size_t i = 0; i < process_count(p); i++) {
		if (!process_of(p, i)->ready)
			return false;
	}
	return true;
}

/* Ledger and signer have the new policy: now requests may be made by it. */
static void
reload_appraisers(struct parent *p)
{
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->appraiser[i].channel == NULL)
			continue;
		send_file(&p->appraiser[i], FILE_POLICY, p->policy);
		send_file(&p->appraiser[i], FILE_COLLATERAL, p->collateral);
	}
	log_note(LOG_LEVEL_INFO, "reloaded",
	    "policy and collateral are in use");
}

static void
on_message(struct channel *c, const struct message *m, void *arg)
{
	struct process *process = arg;
	struct parent *p = process->parent;

	(void)c;
	if (m->type != M_DONE)
		log_fatal("ipc", "unexpected message %d", m->type);
	if (process->ready) {
		if (p->reload_waits > 0 && --p->reload_waits == 0)
			reload_appraisers(p);
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

	channel_free(c);
	process->channel = NULL;
}

/* --- wiring --------------------------------------------------------------------------- */

static void
launch(struct parent *p, struct process *process, enum role role,
    unsigned index)
{
	int pair[2];

	channel_pair(pair);
	*process = (struct process){.role = role, .index = index, .parent = p};
	process->pid = fork();
	if (process->pid == 0)
		become_child(process, pair[1]);
	close(pair[1]);
	if (process->pid < 0)
		log_fatal("start-failed", "fork: %s", strerror(errno));
	process->channel = channel_new(p->base, pair[0], ROLE_PARENT, role,
	    on_message, on_closed, process);
	send_start(p, process);
	send_files(p, process);
}

static void
send_peer(struct process *to, const struct process *who, int fd)
{
	struct m_peer m = {.role = who->role, .index = who->index};

	if (to->channel != NULL)
		channel_send(to->channel, M_PEER, &m, (struct bytes){0}, fd);
}

static void
join(struct process *a, struct process *b)
{
	int pair[2];

	channel_pair(pair);
	send_peer(a, b, pair[0]);
	send_peer(b, a, pair[1]);
	close(pair[0]);
	close(pair[1]);
}

static void
send_go(struct process *to)
{
	channel_send(to->channel, M_GO, &(struct m_none){0},
	    (struct bytes){0}, -1);
}

static void
launch_pair(struct parent *p, unsigned i)
{
	launch(p, &p->appraiser[i], ROLE_APPRAISER, i);
	launch(p, &p->worker[i], ROLE_WORKER, i);
	join(&p->appraiser[i], &p->ledger);
	join(&p->worker[i], &p->ledger);
	join(&p->appraiser[i], &p->signer);
	join(&p->appraiser[i], &p->worker[i]);
	send_go(&p->appraiser[i]);
	send_go(&p->worker[i]);
}

static void
launch_all(struct parent *p)
{
	p->reload_waits = 0;
	launch(p, &p->ledger, ROLE_LEDGER, 0);
	launch(p, &p->signer, ROLE_SIGNER, 0);
	join(&p->signer, &p->ledger);
	for (unsigned i = 0; i < p->workers; i++)
		launch_pair(p, i);
	send_go(&p->ledger);
	send_go(&p->signer);
}

/* --- the end of children ---------------------------------------------------------------- */

static void
log_end_of(const struct process *process, int status, bool expected)
{
	struct log_line l;

	if (expected && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	log_begin(&l, LOG_LEVEL_ERROR, "process-ended");
	log_text(&l, "role", process_name(process->role));
	log_int(&l, "index", process->index);
	log_int(&l, "pid", process->pid);
	if (WIFSIGNALED(status))
		log_int(&l, "signal", WTERMSIG(status));
	else
		log_int(&l, "status", WEXITSTATUS(status));
	log_end(&l);
}

/* Children that are put down because another one ended may be the cause of
 * that: how they ended is logged, too, unless it was by our hand. */
static void
put_down(struct process *process)
{
	int status;

	if (process->channel != NULL)
		channel_free(process->channel);
	process->channel = NULL;
	process->ready = false;
	if (process->pid > 0) {
		kill(process->pid, SIGKILL);
		if (waitpid(process->pid, &status, 0) == process->pid &&
		    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
			log_end_of(process, status, true);
	}
	process->pid = 0;
}

static struct process *
process_by_pid(struct parent *p, pid_t pid)
{
	for (size_t i = 0; i < process_count(p); i++) {
		if (process_of(p, i)->pid == pid)
			return process_of(p, i);
	}
	return NULL;
}

/* Brings back what is missing: a worker and its appraiser together; signer or
 * ledger only with everything. */
static void
relaunch(struct parent *p)
{
	if (p->ledger.pid == 0 || p->signer.pid == 0) {
		for (size_t i = 0; i < process_count(p); i++)
			put_down(process_of(p, i));
		launch_all(p);
		return;
	}
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->worker[i].pid != 0 && p->appraiser[i].pid != 0)
			continue;
		put_down(&p->worker[i]);
		put_down(&p->appraiser[i]);
		launch_pair(p, i);
	}
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	if (!p->stopping)
		relaunch(p);
}

/* Soon: when one process dies its peers end, too, and the log should say how
 * each of them did.  A process that keeps failing must not keep the machine
 * busy. */
static void
schedule_relaunch(struct parent *p)
{
	struct timeval delay = {0, RESTART_MICROSECONDS};
	time_t now = time(NULL);

	if (now - p->last_restart > 1)
		p->restarts = 0;
	p->last_restart = now;
	if (++p->restarts > RESTART_BURST)
		delay = (struct timeval){1, 0};
	event_add(p->again, &delay);
}

/* Ends the children in order: first those that make work for others. */
static void
stop_next(struct parent *p)
{
	for (size_t i = 0; i < process_count(p); i++) {
		struct process *process = process_of(p, i);

		if (process->pid == 0)
			continue;
		if (process->channel != NULL) {
			channel_free(process->channel);
			process->channel = NULL;
		}
		/* All workers together, then all appraisers, ... */
		if (i + 1 >= process_count(p) ||
		    process_of(p, i + 1)->role != process->role)
			return;
	}
	for (size_t i = 0; i < process_count(p); i++) {
		if (process_of(p, i)->pid != 0)
			return;
	}
	event_base_loopbreak(p->base);
}

static void
on_stop_late(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	log_note(LOG_LEVEL_WARN, "stopping", "some processes had to be killed");
	for (size_t i = 0; i < process_count(p); i++)
		put_down(process_of(p, i));
	event_base_loopbreak(p->base);
}

static void
stop(struct parent *p, int exit_code)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->exit_code = exit_code;
	notify_manager("STOPPING=1");
	close(p->listener);
	event_base_once(p->base, -1, EV_TIMEOUT, on_stop_late, p,
	    &(struct timeval){STOP_SECONDS, 0});
	stop_next(p);
}

static void
on_child(evutil_socket_t signal_number, short what, void *arg)
{
	struct parent *p = arg;
	bool missing = false;
	int status;
	pid_t pid;

	(void)signal_number;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct process *process = process_by_pid(p, pid);

		if (process == NULL)
			continue;
		log_end_of(process, status, p->stopping);
		process->pid = 0;
		put_down(process);
		missing = true;
	}
	if (!missing)
		return;
	if (p->stopping) {
		stop_next(p);
	} else if (!p->announced) {
		/* It never ran: its log line says why. */
		stop(p, 2);
	} else {
		schedule_relaunch(p);
	}
}

/* --- signals ----------------------------------------------------------------------------- */

static void
on_terminate(evutil_socket_t signal_number, short what, void *arg)
{
	(void)what;
	log_note(LOG_LEVEL_INFO, "stopping", "signal %d", (int)signal_number);
	stop(arg, 0);
}

#define SWAP(a, b)                      \
	do {                            \
		__typeof__(a) t_ = (a); \
		(a) = (b);              \
		(b) = t_;               \
	} while (0)

/* What takes effect at a start only stays as it was. */
static void
keep_start_settings(struct issuer_config *fresh, struct issuer_config *old)
{
	SWAP(fresh->state, old->state);
	SWAP(fresh->wrap_key, old->wrap_key);
	SWAP(fresh->sim, old->sim);
	SWAP(fresh->listen, old->listen);
	fresh->workers = old->workers;
	fresh->log_format = old->log_format;
}

static void
on_reload(evutil_socket_t signal_number, short what, void *arg)
{
	struct parent *p = arg;
	struct issuer_config *fresh = calloc(1, sizeof(*fresh));
	struct dci_failure f;

	(void)signal_number;
	(void)what;
	if (fresh == NULL)
		return;
	if (issuer_config_reload(fresh, p->config, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "not-reloaded", &f);
		free(fresh);
		return;
	}
	if (seal_configuration(fresh, &p->policy, &p->collateral, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "not-reloaded", &f);
		issuer_config_free(fresh);
		free(fresh);
		return;
	}
	config_log_notes(fresh);
	keep_start_settings(fresh, p->config);
	SWAP(*fresh, *p->config);
	issuer_config_free(fresh);
	free(fresh);
	if (p->ledger.channel == NULL || p->signer.channel == NULL)
		return; /* they will start with it */
	/* Those of an earlier reload may still be outstanding. */
	p->reload_waits += 2;
	send_file(&p->ledger, FILE_POLICY, p->policy);
	send_file(&p->ledger, FILE_COLLATERAL, p->collateral);
	send_go(&p->ledger);
	send_file(&p->signer, FILE_POLICY, p->policy);
	send_go(&p->signer);
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
	    .workers = config->workers < WORKERS_MAX ? config->workers
						     : WORKERS_MAX,
	    .policy = -1,
	    .collateral = -1};
	if (p->base == NULL)
		log_fatal("start-failed", "no event loop");
	if (seal_configuration(config, &p->policy, &p->collateral, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "start-failed", &f);
		return 2;
	}
	raise_descriptor_limit();
	warn_at_start(p);
	p->again = evtimer_new(p->base, on_again, p);
	signal(SIGPIPE, SIG_IGN);
	watch_signal(p, SIGCHLD, on_child);
	watch_signal(p, SIGTERM, on_terminate);
	watch_signal(p, SIGINT, on_terminate);
	watch_signal(p, SIGHUP, on_reload);
	launch_all(p);
	event_base_dispatch(p->base);
	log_note(LOG_LEVEL_INFO, "stopped", "everything is committed");
	return p->exit_code;
}
