/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/launch.h"
#include "issuer/sealed.h"
#include "issuer/supply.h"

#define ENVIRONMENT_MAX 9

/* --- what each child is given
 * ------------------------------------------------- */

void
process_give(struct process *to, enum file_kind kind, int fd)
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
	process_give(to, kind, fd);
}

/* Checked at every start of the ledger, and the very file that it gets: by now
 * the path may lead to another one. */
static void
send_wrap_key(struct process *to, const char *path)
{
	struct dci_failure f;
	int fd CLEANUP(cleanup_fd) =
	    open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (state_check_wrap_key(fd, path, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "wrap-key-unusable", &f);
		return;
	}
	process_give(to, FILE_WRAP_KEY, fd);
}

static void
send_start(struct parent *p, struct process *to)
{
	struct m_start m = {.index = to->index,
	    .log_format = p->config->log_format == ISSUER_JSON
			      ? LOG_FORMAT_JSON
			      : LOG_FORMAT_LOGFMT,
	    .simulated = p->state->simulated,
	    .has_secret = p->config->wrap_key != NULL,
	    .anchor = p->state->anchor,
	    .connections = LIMIT_CONNECTIONS / p->workers,
	    .per_address = p->config->connections_per_address,
	    .waiting =
		p->workers < LIMIT_WAITING ? LIMIT_WAITING / p->workers : 1};

	channel_send(to->channel, M_START, &m, (struct bytes){0}, -1);
}

static void
send_source(struct process *to, const struct source_settings *s)
{
	const struct collateral_source *from = &s->source;
	struct m_source m = {.kind = from->kind,
	    .unverified_tls = from->unverified_tls,
	    .update = from->update,
	    .retries = from->retries,
	    .retry_seconds = from->retry_seconds,
	    .refresh = s->refresh,
	    .warn = s->warn,
	    .early = s->early};

	snprintf(m.url, sizeof(m.url), "%s", from->url);
	channel_send(to->channel, M_SOURCE, &m, (struct bytes){0}, -1);
	if (from->ca == NULL)
		return;
	int fd CLEANUP(cleanup_fd) =
	    sealed_file("ca", from->ca, strlen(from->ca));
	process_give(to, FILE_SOURCE_CA, fd);
}

static void
send_ca(struct process *to, const struct issuer_config *c)
{
	send_path(to, FILE_ISSUING_CRT, state_path(c, "ca/issuing.crt"), 0);
	send_path(to, FILE_ROOT_CRT, state_path(c, "ca/root.crt"), 0);
}

/* What each role is given, and nothing else.  The appraisers may not have what
 * ledger and signer do not have yet. */
static void
send_files(struct parent *p, struct process *to)
{
	const struct issuer_config *c = p->config;

	if (to->role != ROLE_LEDGER && to->role != ROLE_COLLECTOR &&
	    to->role != ROLE_FORECASTER)
		send_path(
		    to, FILE_EMPTY_FOLDER, state_path(c, "empty"), O_DIRECTORY);
	switch (to->role) {
	case ROLE_WORKER:
		process_give(to, FILE_LISTENER, p->listener);
		send_path(to, FILE_TLS_CERTIFICATE, c->tls_certificate, 0);
		send_path(to, FILE_TLS_KEY, c->tls_key, 0);
		break;
	case ROLE_APPRAISER:
		process_give(to, FILE_POLICY, p->settled.policy);
		process_give(to, FILE_COLLATERAL, p->settled.collateral);
		break;
	case ROLE_SIGNER:
		process_give(to, FILE_POLICY, p->newest.policy);
		send_path(
		    to, FILE_ISSUING_KEY, state_path(c, "ca/issuing.key"), 0);
		send_ca(to, c);
		break;
	case ROLE_COLLECTOR:
		send_path(to, FILE_COLLATERAL_FOLDER,
		    state_path(c, "collateral"), O_DIRECTORY);
		send_source(to, &c->source);
		break;
	case ROLE_FORECASTER:
		process_give(to, FILE_COLLATERAL, p->newest.collateral);
		send_path(to, FILE_LEDGER_FOLDER, state_path(c, "ledger"),
		    O_DIRECTORY);
		break;
	default:
		process_give(to, FILE_POLICY, p->newest.policy);
		process_give(to, FILE_COLLATERAL, p->newest.collateral);
		send_path(to, FILE_LEDGER_FOLDER, state_path(c, "ledger"),
		    O_DIRECTORY);
		send_ca(to, c);
		if (c->wrap_key != NULL)
			send_wrap_key(to, c->wrap_key);
	}
}

/* --- wiring
 * ------------------------------------------------------------------- */

/* Nothing of our environment, but what the sanitizers need, and for the
 * collector the proxies. */
static void
environment_for(enum role role, char *envp[static ENVIRONMENT_MAX + 1])
{
	static const char *const kept[ENVIRONMENT_MAX] = {"ASAN_OPTIONS",
	    "UBSAN_OPTIONS", "http_proxy", "https_proxy", "HTTPS_PROXY",
	    "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"};
	size_t n = 0, kinds = role == ROLE_COLLECTOR ? ENVIRONMENT_MAX : 2;

	for (size_t i = 0; i < kinds; i++) {
		const char *value = getenv(kept[i]);

		if (value != NULL &&
		    asprintf(&envp[n], "%s=%s", kept[i], value) > 0)
			n++;
	}
	envp[n] = NULL;
}

_Noreturn static void
become_child(const struct process *process, int fd)
{
	char *argv[] = {(char *)"dci-issuer", (char *)"-x",
	    (char *)process_name(process->role), NULL};
	char *envp[ENVIRONMENT_MAX + 1];

	environment_for(process->role, envp);
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
launch(
    struct parent *p, struct process *process, enum role role, unsigned index)
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
	    p->receive, p->closed, process);
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

void
process_go(struct process *to)
{
	channel_send(
	    to->channel, M_GO, &(struct m_none){0}, (struct bytes){0}, -1);
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
	if (p->collector.channel != NULL)
		join(&p->appraiser[i], &p->collector);
	process_go(&p->appraiser[i]);
	process_go(&p->worker[i]);
}

void
launch_all(struct parent *p)
{
	p->launched = true;
	supply_settle(p);
	launch(p, &p->ledger, ROLE_LEDGER, 0);
	launch(p, &p->signer, ROLE_SIGNER, 0);
	join(&p->signer, &p->ledger);
	for (unsigned i = 0; i < p->workers; i++)
		launch_pair(p, i);
	process_go(&p->ledger);
	process_go(&p->signer);
}

void
launch_collector(struct parent *p)
{
	launch(p, &p->collector, ROLE_COLLECTOR, 0);
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->appraiser[i].channel != NULL)
			join(&p->appraiser[i], &p->collector);
	}
	process_go(&p->collector);
}

void
launch_forecaster(struct parent *p, int early)
{
	launch(p, &p->forecaster, ROLE_FORECASTER, 0);
	if (early >= 0)
		process_give(&p->forecaster, FILE_EARLY, early);
	process_go(&p->forecaster);
}

void
launch_missing(struct parent *p)
{
	if (p->ledger.pid == 0 || p->signer.pid == 0) {
		for (size_t i = 0; i < process_count(p); i++) {
			if (process_of(p, i) != &p->collector)
				process_put_down(process_of(p, i));
		}
		launch_all(p);
		return;
	}
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->worker[i].pid != 0 && p->appraiser[i].pid != 0)
			continue;
		process_put_down(&p->worker[i]);
		process_put_down(&p->appraiser[i]);
		launch_pair(p, i);
	}
}
