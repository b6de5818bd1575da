/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>
#include <sys/wait.h>

#include "issuer/child.h"
#include "issuer/processes.h"

struct process *
process_of(struct parent *p, size_t i)
{
	/* In the order in which they are stopped. */
	if (i < p->workers)
		return &p->worker[i];
	i -= p->workers;
	if (i < p->workers)
		return &p->appraiser[i];
	i -= p->workers;
	return i == 0   ? &p->forecaster
	       : i == 1 ? &p->collector
	       : i == 2 ? &p->signer
	       : i == 3 ? &p->ledger
			: NULL;
}

size_t
process_count(const struct parent *p)
{
	return 2 * (size_t)p->workers + 4;
}

struct process *
process_by_pid(struct parent *p, pid_t pid)
{
	for (size_t i = 0; i < process_count(p); i++) {
		if (process_of(p, i)->pid == pid)
			return process_of(p, i);
	}
	return NULL;
}

void
process_log_end(const struct process *process, int status, bool expected)
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
void
process_put_down(struct process *process)
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
			process_log_end(process, status, true);
	}
	process->pid = 0;
}
