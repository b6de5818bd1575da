/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <event2/util.h>

#include "base/log.h"
#include "base/text.h"
#include "sim/command.h"
#include "sim/pcs_server.h"

#define DEFAULT_LISTEN "127.0.0.1:8081" /* the port of PCCS */
#define DEFAULT_WINDOW (INT64_C(30) * 24 * 3600)

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)
CLEANUP_TYPE(cleanup_base, struct event_base, event_base_free)
CLEANUP_TYPE(cleanup_server, struct pcs_server, pcs_server_free)

const char command_pcs_help[] =
    "usage: dci-sim pcs [options] DIR\n"
    "\n"
    "Serves the collateral of the platform in DIR over HTTP as Intel's\n"
    "provisioning certification service does (PCS, version 4), made and\n"
    "signed anew for each request.  Runs until it is interrupted; logs a\n"
    "line with event=listening and its port, then one for each request.\n"
    "\n"
    "--listen ADDR:PORT  default 127.0.0.1:8081; port 0: any that is free\n"
    "--pccs              as a caching service (PCCS) answers: lists of the\n"
    "                    PCK CAs in hex unless encoding=der\n";

enum option_id { OPT_LISTEN = 256, OPT_PCCS };

static const struct option options[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"pccs", no_argument, NULL, OPT_PCCS},
    {0},
};

/* libevent's own function takes no port 0. */
static bool
parse_address(struct pcs_config *c, const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[64];
	uint64_t port;

	if (colon == NULL || !decimal_decode(&port, colon + 1, UINT16_MAX) ||
	    (size_t)(colon - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = '\0';
	c->listen_size = (int)sizeof(c->listen);
	if (evutil_parse_sockaddr_port(
		address, (struct sockaddr *)&c->listen, &c->listen_size) != 0)
		return false;
	if (c->listen.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&c->listen)->sin6_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in *)&c->listen)->sin_port =
		    htons((uint16_t)port);
	return true;
}

static int
take_listen(struct pcs_config *c, const char *text)
{
	c->listen_text = text;
	if (parse_address(c, text))
		return 0;
	return command_refuse(
	    "--listen takes ADDR:PORT or [ADDR]:PORT, not '%s'.", text);
}

static int
take_option(struct pcs_config *c, int option, const char *last)
{
	switch (option) {
	case OPT_LISTEN:
		return take_listen(c, optarg);
	case OPT_PCCS:
		c->pccs = true;
		return 0;
	case ':':
		return command_refuse(
		    "%s needs a value. See dci-sim --help.", last);
	default:
		return command_refuse(
		    "pcs has no option %s. See dci-sim --help.", last);
	}
}

static int
take_arguments(struct pcs_config *c, int argc, char **argv)
{
	int option, status = take_listen(c, DEFAULT_LISTEN);

	c->window = DEFAULT_WINDOW;
	optind = 0;
	opterr = 0;
	while (status == 0 &&
	       (option = getopt_long(argc, argv, ":", options, NULL)) != -1)
		status = take_option(c, option, argv[optind - 1]);
	if (status == 0 && argc - optind != 1)
		return command_refuse("usage: dci-sim pcs [options] DIR");
	c->dir = argv[optind];
	return status;
}

static void
log_listening(const struct pcs_config *c, const struct pcs_server *s)
{
	struct log_line line;

	log_begin(&line, LOG_LEVEL_INFO, "listening");
	log_text(&line, "address", c->listen_text);
	log_int(&line, "port", pcs_server_port(s));
	log_text(&line, "scheme", "http");
	log_text(&line, "dialect", c->pccs ? "pccs" : "pcs");
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
serve(struct event_base *base, const struct pcs_config *c,
    const struct pcs_server *s)
{
	struct event *interrupt = evsignal_new(base, SIGINT, on_signal, base);
	struct event *terminate = evsignal_new(base, SIGTERM, on_signal, base);
	int status = EXIT_USAGE;

	if (interrupt != NULL && terminate != NULL &&
	    event_add(interrupt, NULL) == 0 &&
	    event_add(terminate, NULL) == 0) {
		log_listening(c, s);
		status = event_base_dispatch(base) < 0 ? EXIT_USAGE : 0;
		log_note(LOG_LEVEL_INFO, "stopped", "the service has ended");
	}
	if (interrupt != NULL)
		event_free(interrupt);
	if (terminate != NULL)
		event_free(terminate);
	return status;
}

int
command_pcs(int argc, char **argv)
{
	struct pcs_config config = {0};
	struct dci_failure f;
	int status = take_arguments(&config, argc, argv);

	if (status != 0)
		return status;
	log_init("pcs", LOG_FORMAT_LOGFMT);
	signal(SIGPIPE, SIG_IGN);
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    sim_open(config.dir, &f);
	if (p == NULL)
		return command_failed(&f);
	memcpy(config.fmspc[config.fmspcs++], sim_spec_of(p)->fmspc, 6);
	struct event_base *base CLEANUP(cleanup_base) = event_base_new();
	if (base == NULL)
		return command_refuse("No event loop could be made.");
	struct pcs_server *s CLEANUP(cleanup_server) =
	    pcs_server_new(base, &config, p, &f);
	if (s == NULL)
		return command_failed(&f);
	return serve(base, &config, s);
}
