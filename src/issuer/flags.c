/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>

#include "issuer/flags.h"

const char issuer_usage[] =
    "usage: dci-issuer [-c FILE] [-l ADDR:PORT] [-s STATEDIR]\n"
    "                  [--collateral DIR|FILE]... [--collateral-url URL]\n"
    "                  [--sim DIR] [--log-format logfmt|json] [-t | -T]\n"
    "                  [WRAP_KEY]\n"
    "\n"
    "Attests enclaves and issues delegation certificates to them.\n"
    "\n"
    "  -c FILE             configuration; " ISSUER_DEFAULT_FILE "\n"
    "                      if that exists.  Flags win over it.\n"
    "  -l ADDR:PORT        where to listen; [::]:4433, all interfaces\n"
    "  -s STATEDIR         keys, certificates and ledger; state\n"
    "  --collateral PATH   folder or file with collateral; repeatable\n"
    "  --collateral-url URL  fetch the rest from there: a PCCS, or Intel's\n"
    "                      " SOURCE_INTEL_URL "\n"
    "  --sim DIR           trust the platform of \"dci-sim init DIR\" only\n"
    "  --log-format FORMAT log lines as logfmt or as JSON; logfmt\n"
    "  -t                  check the configuration and exit\n"
    "  -T                  print the effective configuration and exit\n"
    "  --help, --version\n"
    "  WRAP_KEY            file with the secret that a client gets first\n"
    "\n"
    "Without an enclave section in FILE, RA_TLS_MRENCLAVE, RA_TLS_MRSIGNER,\n"
    "RA_TLS_ISV_PROD_ID and RA_TLS_ISV_SVN (all four) and RA_TLS_ALLOW_* say\n"
    "who gets a certificate.  Without either, nobody does.\n";

enum { COLLATERAL = 256, COLLATERAL_URL, SIM, LOG_FORMAT, HELP, VERSION };

static const struct option long_options[] = {
    {"collateral", required_argument, NULL, COLLATERAL},
    {"collateral-url", required_argument, NULL, COLLATERAL_URL},
    {"sim", required_argument, NULL, SIM},
    {"log-format", required_argument, NULL, LOG_FORMAT},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

static int
flag_once(const char **out, const char *flag, struct dci_failure *f)
{
	if (*out != NULL)
		return dci_fail(f, DCI_USAGE, "%s is given twice", flag);
	*out = optarg;
	return 0;
}

static int
flag_collateral(struct issuer_flags *flags, struct dci_failure *f)
{
	if (flags->collaterals == ISSUER_PATHS)
		return dci_fail(f, DCI_USAGE,
		    "--collateral is given more than %d times", ISSUER_PATHS);
	flags->collateral[flags->collaterals++] = optarg;
	return 0;
}

static int
flag_action(struct issuer_flags *flags, enum issuer_action action,
    struct dci_failure *f)
{
	if (flags->action != ISSUER_RUN && flags->action != action)
		return dci_fail(
		    f, DCI_USAGE, "only one of -t, -T, --help and --version");
	flags->action = action;
	return 0;
}

static int
flag_take(
    struct issuer_flags *flags, int option, char **argv, struct dci_failure *f)
{
	switch (option) {
	case 'c':
		return flag_once(&flags->file, "-c", f);
	case 'l':
		return flag_once(&flags->listen, "-l", f);
	case 's':
		return flag_once(&flags->state, "-s", f);
	case COLLATERAL_URL:
		return flag_once(&flags->collateral_url, "--collateral-url", f);
	case SIM:
		return flag_once(&flags->sim, "--sim", f);
	case LOG_FORMAT:
		return flag_once(&flags->log_format, "--log-format", f);
	case COLLATERAL:
		return flag_collateral(flags, f);
	case 't':
		return flag_action(flags, ISSUER_TEST, f);
	case 'T':
		return flag_action(flags, ISSUER_DUMP, f);
	case HELP:
		return flag_action(flags, ISSUER_HELP, f);
	case VERSION:
		return flag_action(flags, ISSUER_VERSION, f);
	case ':':
		return dci_fail(f, DCI_USAGE, "%s needs a value; see --help",
		    argv[optind - 1]);
	default:
		return dci_fail(f, DCI_USAGE, "there is no flag %s; see --help",
		    argv[optind - 1]);
	}
}

int
issuer_flags_parse(
    struct issuer_flags *flags, int argc, char **argv, struct dci_failure *f)
{
	int option;

	*flags = (struct issuer_flags){.action = ISSUER_RUN};
	/* 0 makes GNU getopt start anew, as a reload needs it. */
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, ":c:l:s:tT", long_options, NULL)) != -1) {
		if (flag_take(flags, option, argv, f) != 0)
			return -1;
	}
	if (optind + 1 < argc)
		return dci_fail(f, DCI_USAGE,
		    "one WRAP_KEY at most; \"%.80s\" is too much",
		    argv[optind + 1]);
	if (optind < argc)
		flags->wrap_key = argv[optind];
	return 0;
}
