/* SPDX-License-Identifier: BSD-3-Clause */
/* dci-client: one enrolment; key, certificate and chain into a folder. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "client/client.h"
#include "client/source.h"
#include "client/store.h"

enum { EXIT_ENROLLED = 0, EXIT_REFUSED = 1, EXIT_TROUBLE = 2 };

struct flags {
	const char *issuer, *sim, *folder;
	struct client_options options;
	bool done; /* --help or --version: nothing is left to do */
};

static const char usage[] =
    "Usage: dci-client [--issuer HOST:PORT] [--ca FILE] [--sim DIR]\n"
    "                  [--key-type p256|p384] [-o DIR]\n"
    "\n"
    "Makes a key inside of this enclave, proves to the issuer which enclave\n"
    "it is, and obtains the delegation certificate for the key.\n"
    "\n"
    "  --issuer HOST:PORT    the issuer (localhost:4433); IPv6: "
    "[ADDRESS]:PORT\n"
    "  --ca FILE             CA of the issuer's TLS identity, PEM "
    "(ssl/ca.crt)\n"
    "  --sim DIR             quote from a simulated platform (dci-sim init "
    "DIR)\n"
    "                        and not from /dev/attestation\n"
    "  --key-type TYPE       curve of the delegation key: p256 (default), "
    "p384\n"
    "  -o DIR                folder for the result (.), made if it is missing\n"
    "  --help                this text\n"
    "  --version             the version\n"
    "\n"
    "Writes DIR/delegation.key (PEM, mode 0600), DIR/delegation.crt and\n"
    "DIR/chain.crt (issuing CA, root); on success only, and replacing those\n"
    "of an earlier run.\n"
    "\n"
    "Exit: 0 enrolled; 1 refused, with the issuer's reason if it gave one;\n"
    "2 wrong options, files, network, or no TLS connection to the issuer.\n";

enum { OPT_ISSUER = 256, OPT_CA, OPT_SIM, OPT_KEY_TYPE, OPT_HELP, OPT_VERSION };

static const struct option longopts[] = {
    {"issuer", required_argument, NULL, OPT_ISSUER},
    {"ca", required_argument, NULL, OPT_CA},
    {"sim", required_argument, NULL, OPT_SIM},
    {"key-type", required_argument, NULL, OPT_KEY_TYPE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static int
complain(const struct dci_failure *f)
{
	const char *remedy = dci_code_remedy(f->code);

	fprintf(
	    stderr, "dci-client: %s %s\n", dci_code_name(f->code), f->sentence);
	/* Some sentences end with it. */
	if (strstr(f->sentence, remedy) == NULL)
		fprintf(stderr, "  %s\n", remedy);
	return EXIT_TROUBLE;
}

static bool
key_type_parse(enum curve *out, const char *text)
{
	if (strcmp(text, "p256") == 0)
		*out = CURVE_P256;
	else if (strcmp(text, "p384") == 0)
		*out = CURVE_P384;
	else
		return false;
	return true;
}

static int
flag_take(struct flags *flags, int flag, struct dci_failure *f)
{
	switch (flag) {
	case OPT_ISSUER:
		flags->issuer = optarg;
		return 0;
	case OPT_CA:
		flags->options.ca_file = optarg;
		return 0;
	case OPT_SIM:
		flags->sim = optarg;
		return 0;
	case OPT_KEY_TYPE:
		if (key_type_parse(&flags->options.key_type, optarg))
			return 0;
		return dci_fail(f, DCI_USAGE,
		    "--key-type is p256 or p384, not '%s'.", optarg);
	case 'o':
		flags->folder = optarg;
		return 0;
	case OPT_HELP:
		flags->done = true;
		return fputs(usage, stdout) < 0 ? -1 : 0;
	case OPT_VERSION:
		flags->done = true;
		return puts("dci-client " DCI_VERSION) < 0 ? -1 : 0;
	default: /* getopt_long() has said what is wrong */
		return dci_fail(f, DCI_USAGE, "The options are wrong.");
	}
}

static int
flags_parse(struct flags *flags, int argc, char **argv, struct dci_failure *f)
{
	int flag;

	*flags = (struct flags){.issuer = "localhost",
	    .folder = ".",
	    .options = {.ca_file = "ssl/ca.crt", .key_type = CURVE_P256}};
	while (!flags->done &&
	       (flag = getopt_long(argc, argv, "o:", longopts, NULL)) != -1) {
		if (flag_take(flags, flag, f) != 0)
			return -1;
	}
	if (flags->done)
		return 0;
	if (optind < argc)
		return dci_fail(f, DCI_USAGE,
		    "There is nothing to do with '%s'.", argv[optind]);
	return address_parse(&flags->options.issuer, flags->issuer, f);
}

static int
report_failure(const struct client_result *result, const struct flags *flags,
    const struct dci_failure *f)
{
	const char *code = result->refusal.code;

	if (!result->refused)
		return complain(f);
	if (code[0] == '\0') {
		complain(f);
		return EXIT_REFUSED;
	}
	fprintf(stderr, "dci-client: refused by %s: %s %s\n", flags->issuer,
	    code, result->refusal.sentence);
	/* The issuer's codes are ours, if it is not newer than we are. */
	enum dci_code known = dci_code_by_name(code);
	if (known != DCI_CODES &&
	    strstr(result->refusal.sentence, dci_code_remedy(known)) == NULL)
		fprintf(stderr, "  %s\n", dci_code_remedy(known));
	return EXIT_REFUSED;
}

static int
report_success(const struct client_result *result, const char *folder)
{
	char until[RFC3339_SIZE];

	rfc3339_encode(until, result->not_after);
	printf("enrolled as \"%s\": serial %s, assurance %s, valid until %s, "
	       "in %s: delegation.key delegation.crt chain.crt\n",
	    result->name, result->serial,
	    result->assurance != NULL ? result->assurance : "unknown", until,
	    folder);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("dci-client: enrolled, but standard output");
		return EXIT_TROUBLE;
	}
	return EXIT_ENROLLED;
}

static int
run(struct flags *flags, struct dci_failure *f)
{
	struct client_source source CLEANUP(client_source_close) = {0};
	struct client_result result CLEANUP(client_result_free) = {0};

	if (store_prepare(flags->folder, f) != 0 ||
	    client_source_open(&source, flags->sim, f) != 0)
		return complain(f);
	flags->options.source = source.quotes;
	if (client_enrol(&flags->options, &result, f) != 0)
		return report_failure(&result, flags, f);
	if (store_write(flags->folder, &result, f) != 0)
		return complain(f);
	return report_success(&result, flags->folder);
}

int
main(int argc, char **argv)
{
	struct dci_failure f = {.code = DCI_OK};
	struct flags flags;

	signal(SIGPIPE, SIG_IGN);
	if (flags_parse(&flags, argc, argv, &f) != 0)
		return complain(&f);
	if (flags.done)
		return fflush(stdout) == 0 ? 0 : EXIT_TROUBLE;
	return run(&flags, &f);
}
