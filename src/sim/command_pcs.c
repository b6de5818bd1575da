/* SPDX-License-Identifier: BSD-3-Clause */
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "sim/command.h"
#include "sim/pcs_server.h"

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)
CLEANUP_TYPE(cleanup_base, struct event_base, event_base_free)
CLEANUP_TYPE(cleanup_server, struct pcs_server, pcs_server_free)
CLEANUP_TYPE(cleanup_event, struct event, event_free)

static void
log_listening(const struct pcs_options *o, const struct pcs_server *s)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, "listening");
	log_text(&line, "address", o->listen_text);
	log_int(&line, "port", pcs_server_port(s));
	log_text(&line, "scheme", o->certificate != NULL ? "https" : "http");
	log_text(&line, "dialect", o->pccs ? "pccs" : "pcs");
	log_int(&line, "pid", getpid());
	log_end(&line);
}

static void
on_signal(evutil_socket_t signal_number, short what, void *base)
{
	(void)signal_number;
	(void)what;
	event_base_loopbreak(base);
}

static int
serve(struct event_base *base, const struct pcs_options *o,
    const struct pcs_server *s)
{
	struct event *interrupt CLEANUP(cleanup_event) =
	    evsignal_new(base, SIGINT, on_signal, base);
	struct event *terminate CLEANUP(cleanup_event) =
	    evsignal_new(base, SIGTERM, on_signal, base);

	if (interrupt == NULL || terminate == NULL ||
	    event_add(interrupt, NULL) != 0 || event_add(terminate, NULL) != 0)
		return command_refuse("No memory for signals.");
	log_listening(o, s);
	int status = event_base_dispatch(base) < 0 ? EXIT_USAGE : 0;
	log_note(LOG_LEVEL_INFO, "stopped", "the service has ended");
	return status;
}

int
command_pcs(int argc, char **argv)
{
	struct pcs_options options;
	struct dci_failure f;
	int status = pcs_options_read(&options, argc, argv);

	if (status != 0)
		return status;
	log_init("pcs", LOG_FORMAT_LOGFMT);
	signal(SIGPIPE, SIG_IGN);
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_open(options.dir, &f);
	if (p == NULL)
		return command_failed(&f);
	struct event_base *base CLEANUP(cleanup_base) = event_base_new();
	if (base == NULL)
		return command_refuse("No event loop could be made.");
	struct pcs_server *s CLEANUP(cleanup_server) =
	    pcs_server_new(base, &options, p, &f);
	if (s == NULL)
		return command_failed(&f);
	return serve(base, &options, s);
}
