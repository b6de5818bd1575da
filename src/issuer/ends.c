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
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct parent *p = arg;

	(void)fd;
	(void)what;
	if (!p->stopping)
		launch_missing(p);
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
		process_log_end(process, status, p->stopping);
		process->pid = 0;
		process_put_down(process);
		missing = true;
	}
	if (!missing)
		return;
	if (p->stopping) {
		stop_next(p);
	} else if (!p->announced) {
		/* It never ran: its log line says why. */
		ends_stop(p, 2);
	} else {
		schedule_relaunch(p);
	}
}

void
ends_watch(struct parent *p)
{
	struct event *e = evsignal_new(p->base, SIGCHLD, on_child, p);

	p->again = evtimer_new(p->base, on_again, p);
	if (p->again == NULL || e == NULL || event_add(e, NULL) != 0)
		log_fatal("start-failed", "cannot watch children");
}
