/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "issuer/ends.h"
#include "issuer/launch.h"
#include "issuer/notify.h"

#define STOP_SECONDS         10 /* then they are killed */
#define RESTART_BURST        5  /* at once; then one a second */
#define RESTART_MICROSECONDS 50000

static void
on_restart(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	if (!p->stopping)
		launch_missing(p);
}

static void
on_collector_restart(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	if (!p->stopping && p->collector.pid == 0)
		launch_collector(p);
}

/* Soon: when one process dies its peers end, too, and the log should say how
 * each of them did.  A process that keeps failing must not keep the machine
 * busy. */
static void
schedule(struct restarts *r)
{
	struct timeval delay = {0, RESTART_MICROSECONDS};
	time_t now = time(NULL);

	if (now - r->last > 1)
		r->n = 0;
	r->last = now;
	if (++r->n > RESTART_BURST)
		delay = (struct timeval){1, 0};
	event_add(r->due, &delay);
}

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
		process_put_down(process_of(p, i));
	event_base_loopbreak(p->base);
}

void
ends_stop(struct parent *p, int exit_code)
{
	if (p->stopping)
		return;
	p->stopping = true;
	p->exit_code = exit_code;
	notify_manager("STOPPING=1");
	process_put_down(&p->forecaster); /* nothing is lost with it */
	close(p->listener);
	event_base_once(p->base, -1, EV_TIMEOUT, on_stop_late, p,
	    &(struct timeval){STOP_SECONDS, 0});
	stop_next(p);
}

/* The others go on without the collector. */
static void
collector_ended(struct parent *p)
{
	if (p->stopping)
		return;
	if (!p->launched)
		launch_all(p);
	schedule(&p->collector_restarts);
}

/* At least one of the others than the collector. */
static void
others_ended(struct parent *p)
{
	if (p->stopping)
		return;
	if (!p->announced)
		/* It never ran: its log line says why. */
		ends_stop(p, 2);
	else
		schedule(&p->restarts);
}

static void
on_child(evutil_socket_t signal_number, short what, void *arg)
{
	struct parent *p = arg;
	bool collector = false, others = false;
	int status;
	pid_t pid;

	(void)signal_number;
	(void)what;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct process *process = process_by_pid(p, pid);

		if (process == NULL)
			continue;
		/* The collector may end to begin anew, the forecaster because
		 * it is done. */
		process_log_end(process, status,
		    p->stopping || process == &p->collector ||
			process == &p->forecaster);
		process->pid = 0;
		process_put_down(process);
		collector |= process == &p->collector;
		others |= process != &p->collector && process != &p->forecaster;
	}
	if (others)
		others_ended(p);
	if (collector)
		collector_ended(p);
	if (p->stopping && (others || collector))
		stop_next(p);
}

void
ends_watch(struct parent *p)
{
	struct event *e = evsignal_new(p->base, SIGCHLD, on_child, p);

	p->restarts.due = evtimer_new(p->base, on_restart, p);
	p->collector_restarts.due =
	    evtimer_new(p->base, on_collector_restart, p);
	if (p->restarts.due == NULL || p->collector_restarts.due == NULL ||
	    e == NULL || event_add(e, NULL) != 0)
		log_fatal("start-failed", "cannot watch children");
}
