/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <event2/util.h>

#include "base/period.h"
#include "base/text.h"
#include "sim/command.h"
#include "sim/pcs_options.h"

#define DEFAULT_LISTEN "127.0.0.1:8081" /* the port of PCCS */
#define DEFAULT_WINDOW (INT64_C(30) * 24 * 3600)

enum option_id {
	OPT_LISTEN = 256,
	OPT_TLS,
	OPT_PCCS,
	OPT_FMSPC,
	OPT_WINDOW,
	OPT_TIME,
	OPT_RECOVERY,
	OPT_RECOVERY_QE,
	OPT_FAULT,
};

static const struct option options[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"tls", required_argument, NULL, OPT_TLS},
    {"pccs", no_argument, NULL, OPT_PCCS},
    {"fmspc", required_argument, NULL, OPT_FMSPC},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"time", required_argument, NULL, OPT_TIME},
    {"recovery", required_argument, NULL, OPT_RECOVERY},
    {"recovery-qe", no_argument, NULL, OPT_RECOVERY_QE},
    {"fault", required_argument, NULL, OPT_FAULT},
    {0},
};

static const char help[] =
    "usage: dci-sim pcs [options] DIR\n"
    "\n"
    "Serves the collateral of the platform in DIR over HTTP as Intel's\n"
    "provisioning certification service does (PCS, version 4), made and\n"
    "signed anew for each request.  Runs until it is interrupted; logs a\n"
    "line with event=listening and its port, then one for each request.\n"
    "\n"
    "--listen ADDR:PORT  default 127.0.0.1:8081; port 0: any that is free\n"
    "--tls CERT KEY      HTTPS with that certificate (chain) and key, PEM\n"
    "--pccs              as a caching service (PCCS) answers: lists of the\n"
    "                    PCK CAs in hex unless encoding=der\n"
    "--fmspc HEX         TCB info for that FMSPC, too; repeatable\n"
    "                    (dci-sim quote --fmspc makes quotes)\n"
    "--window PERIOD     from issueDate to nextUpdate, as 10s, 12h, 30d;\n"
    "                    default 30d\n"
    "--time RFC3339      the time that it believes to start at\n"
    "--recovery RFC3339  a TCB recovery that becomes standard at that time:\n"
    "                    the next evaluation number, from when on the\n"
    "                    platform is OutOfDate; update=early has it already\n"
    "--recovery-qe       which is about the quoting enclave, too\n"
    "--fault SWITCH      what goes wrong; repeatable, see below\n"
    "\n"
    "While it runs, from loopback addresses only, POST changes and GET says:\n"
    "/sim/faults         the switches in force, separated by blanks\n"
    "/sim/time           its time, as 2026-01-31T00:00:00Z or +PERIOD\n"
    "\n"
    "SWITCH is NAME[=VALUE][:DOCUMENT[:N]]: for one document (all), for the\n"
    "next N requests (for ever).\n";

void
pcs_options_help(void)
{
	size_t n;
	const struct pcs_fault_kind *kinds = pcs_fault_kinds(&n);

	fputs(help, stdout);
	printf("DOCUMENT:");
	for (enum pcs_document i = 0; i < PCS_DOCUMENTS; i++)
		printf(" %s", pcs_document_name(i));
	printf("\nNAME:\n");
	for (size_t i = 0; i < n; i++) {
		char left[32];

		snprintf(left, sizeof(left), "%s%s%s", kinds[i].name,
		    kinds[i].value != NULL ? "=" : "",
		    kinds[i].value != NULL ? kinds[i].value : "");
		printf("  %-16s %s", left, kinds[i].explanation);
		if (kinds[i].value != NULL)
			printf(" (%u)", kinds[i].standard);
		putchar('\n');
	}
}

/* libevent's own function takes no port 0. */
static bool
parse_address(struct pcs_options *o, const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[64];
	uint64_t port;

	if (colon == NULL || !decimal_decode(&port, colon + 1, UINT16_MAX) ||
	    (size_t)(colon - text) >= sizeof(address))
		return false;
	memcpy(address, text, (size_t)(colon - text));
	address[colon - text] = '\0';
	o->listen_size = (int)sizeof(o->listen);
	if (evutil_parse_sockaddr_port(
		address, (struct sockaddr *)&o->listen, &o->listen_size) != 0)
		return false;
	if (o->listen.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&o->listen)->sin6_port =
		    htons((uint16_t)port);
	else
		((struct sockaddr_in *)&o->listen)->sin_port =
		    htons((uint16_t)port);
	return true;
}

static int
take_listen(struct pcs_options *o, const char *text)
{
	o->listen_text = text;
	if (parse_address(o, text))
		return 0;
	return command_refuse(
	    "--listen takes ADDR:PORT or [ADDR]:PORT, not '%s'.", text);
}

/* The one option with two values. */
static int
take_tls(struct pcs_options *o, int argc, char **argv)
{
	if (optind >= argc)
		return command_refuse("--tls takes two files: certificate and "
				      "key.");
	o->certificate = optarg;
	o->key = argv[optind++];
	return 0;
}

static int
take_fmspc(struct pcs_options *o, const char *text)
{
	if (o->fmspcs == PCS_FMSPCS)
		return command_refuse("--fmspc: there are too many.");
	if (hex_decode(o->fmspc[o->fmspcs++], 6, text, strlen(text)))
		return 0;
	return command_refuse("--fmspc takes 12 hex digits, not '%s'.", text);
}

static int
take_window(struct pcs_options *o, const char *text)
{
	if (period_decode(&o->window, text) && o->window > 0)
		return 0;
	return command_refuse(
	    "--window takes a period as 10s, 12h or 30d, not '%s'.", text);
}

static int
take_time(int64_t *out, const char *option, const char *text)
{
	if (rfc3339_decode(out, text, strlen(text)) && *out > 0)
		return 0;
	return command_refuse(
	    "--%s takes a time as 2026-01-31T00:00:00Z, not '%s'.", option,
	    text);
}

static int
take_fault(struct pcs_options *o, const char *text)
{
	struct dci_failure f;

	if (pcs_faults_add(&o->faults, text, strlen(text), &f) == 0)
		return 0;
	return command_failed(&f);
}

static int
take_option(struct pcs_options *o, int option, int argc, char **argv)
{
	switch (option) {
	case OPT_LISTEN:
		return take_listen(o, optarg);
	case OPT_TLS:
		return take_tls(o, argc, argv);
	case OPT_PCCS:
		o->pccs = true;
		return 0;
	case OPT_FMSPC:
		return take_fmspc(o, optarg);
	case OPT_WINDOW:
		return take_window(o, optarg);
	case OPT_TIME:
		return take_time(&o->time, "time", optarg);
	case OPT_RECOVERY:
		return take_time(&o->recovery, "recovery", optarg);
	case OPT_RECOVERY_QE:
		o->recovery_qe = true;
		return 0;
	case OPT_FAULT:
		return take_fault(o, optarg);
	case ':':
		return command_refuse("%s needs a value. See dci-sim pcs "
				      "--help.",
		    argv[optind - 1]);
	default:
		return command_refuse("pcs has no option %s. See dci-sim pcs "
				      "--help.",
		    argv[optind - 1]);
	}
}

int
pcs_options_read(struct pcs_options *o, int argc, char **argv)
{
	int option, status;

	*o = (struct pcs_options){.window = DEFAULT_WINDOW};
	status = take_listen(o, DEFAULT_LISTEN);
	optind = 0;
	opterr = 0;
	while (status == 0 &&
	       (option = getopt_long(argc, argv, ":", options, NULL)) != -1)
		status = take_option(o, option, argc, argv);
	if (status != 0)
		return status;
	if (argc - optind != 1)
		return command_refuse("usage: dci-sim pcs [options] DIR");
	if (o->recovery_qe && o->recovery == 0)
		return command_refuse("--recovery-qe needs --recovery.");
	o->dir = argv[optind];
	return 0;
}
