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
	const char *issuer, *folder;
	struct client_options options;
	struct client_simulation sim; /* folder NULL: none */
	const char *needs_sim;        /* an option that is for it only */
	bool done; /* --help or --version: nothing is left to do */
};

static const char usage[] =
    "Usage: dci-client [--issuer HOST:PORT] [--ca FILE] [--sim DIR]\n"
    "                  [--key-type p256|p384] [-o DIR]\n"
    "                  [--mrenclave HEX] [--mrsigner HEX] [--isv-prod-id N]\n"
    "                  [--isv-svn N] [--debug] [--fault NAME]\n"
    "                  [--fmspc HEX]\n"
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
    "With --sim only, which enclave on which platform is simulated:\n"
    "  --mrenclave HEX       64 hex digits; so --mrsigner HEX (defaults: "
    "dci-sim\n"
    "                        --help)\n"
    "  --isv-prod-id N       product id, 0 to 65535 (1)\n"
    "  --isv-svn N           security version, 0 to 65535 (1)\n"
    "  --debug               a debug enclave\n"
    "  --fault NAME          what is wrong with its quote (dci-sim faults)\n"
    "  --fmspc HEX           another kind of platform, 12 hex digits\n"
    "\n"
    "Writes DIR/delegation.key (PEM, mode 0600), DIR/delegation.crt and\n"
    "DIR/chain.crt (issuing CA, root); on success only, and replacing those\n"
    "of an earlier run.\n"
    "\n"
    "Exit: 0 enrolled; 1 refused, with the issuer's reason if it gave one;\n"
    "2 wrong options, files, network, or no TLS connection to the issuer.\n";

enum {
	OPT_ISSUER = 256,
	OPT_CA,
	OPT_SIM,
	OPT_KEY_TYPE,
	OPT_HELP,
	OPT_VERSION,
	/* From here on for --sim only. */
	OPT_MRENCLAVE,
	OPT_MRSIGNER,
	OPT_ISV_PROD_ID,
	OPT_ISV_SVN,
	OPT_DEBUG,
	OPT_FAULT,
	OPT_FMSPC,
};

static const struct option longopts[] = {
    {"issuer", required_argument, NULL, OPT_ISSUER},
    {"ca", required_argument, NULL, OPT_CA},
    {"sim", required_argument, NULL, OPT_SIM},
    {"key-type", required_argument, NULL, OPT_KEY_TYPE},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"mrenclave", required_argument, NULL, OPT_MRENCLAVE},
    {"mrsigner", required_argument, NULL, OPT_MRSIGNER},
    {"isv-prod-id", required_argument, NULL, OPT_ISV_PROD_ID},
    {"isv-svn", required_argument, NULL, OPT_ISV_SVN},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"fmspc", required_argument, NULL, OPT_FMSPC},
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
take_measurement(
    uint8_t out[static 32], const char *option, struct dci_failure *f)
{
	if (hex_decode(out, 32, optarg, strlen(optarg)))
		return 0;
	return dci_fail(f, DCI_USAGE, "--%s takes 64 hex digits, not '%s'.",
	    option, optarg);
}

static int
take_number(uint16_t *out, const char *option, struct dci_failure *f)
{
	uint64_t number;

	if (!decimal_decode(&number, optarg, UINT16_MAX))
		return dci_fail(f, DCI_USAGE,
		    "--%s takes a number from 0 to 65535, not '%s'.", option,
		    optarg);
	*out = (uint16_t)number;
	return 0;
}

static int
take_fault(const struct sim_fault **out, struct dci_failure *f)
{
	*out = sim_fault_find(optarg);
	return *out != NULL ? 0
			    : dci_fail(f, DCI_USAGE,
				  "There is no fault '%s'; dci-sim faults "
				  "lists them.",
				  optarg);
}

static int
take_fmspc(struct sim_variant *v, struct dci_failure *f)
{
	v->other_fmspc = true;
	if (hex_decode(v->fmspc, sizeof(v->fmspc), optarg, strlen(optarg)))
		return 0;
	return dci_fail(
	    f, DCI_USAGE, "--fmspc takes 12 hex digits, not '%s'.", optarg);
}

static int
sim_flag_take(struct client_simulation *sim, int flag, const char *name,
    struct dci_failure *f)
{
	switch (flag) {
	case OPT_MRENCLAVE:
		return take_measurement(sim->enclave.mrenclave, name, f);
	case OPT_MRSIGNER:
		return take_measurement(sim->enclave.mrsigner, name, f);
	case OPT_ISV_PROD_ID:
		return take_number(&sim->enclave.isv_prod_id, name, f);
	case OPT_ISV_SVN:
		return take_number(&sim->enclave.isv_svn, name, f);
	case OPT_DEBUG:
		sim->enclave.debug = true;
		return 0;
	case OPT_FMSPC:
		return take_fmspc(&sim->variant, f);
	default:
		return take_fault(&sim->variant.fault, f);
	}
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
		flags->sim.folder = optarg;
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
	int flag, at = 0;

	*flags = (struct flags){.issuer = "localhost",
	    .folder = ".",
	    .options = {.ca_file = "ssl/ca.crt", .key_type = CURVE_P256}};
	sim_quote_options_default(&flags->sim.enclave);
	while (!flags->done &&
	       (flag = getopt_long(argc, argv, "o:", longopts, &at)) != -1) {
		if (flag >= OPT_MRENCLAVE)
			flags->needs_sim = longopts[at].name;
		if ((flag >= OPT_MRENCLAVE ? sim_flag_take(&flags->sim, flag,
						 longopts[at].name, f)
					   : flag_take(flags, flag, f)) != 0)
			return -1;
	}
	if (flags->done)
		return 0;
	if (flags->needs_sim != NULL && flags->sim.folder == NULL)
		return dci_fail(f, DCI_USAGE,
		    "--%s is about a simulated enclave, and --sim DIR is not "
		    "given.",
		    flags->needs_sim);
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
open_source(struct client_source *source, const struct flags *flags,
    struct dci_failure *f)
{
	const struct sim_fault *fault = flags->sim.variant.fault;

	if (flags->sim.folder == NULL)
		return client_source_open(source, NULL, f);
	if (fault != NULL && fault->place == SIM_FAULT_COLLATERAL)
		fprintf(stderr,
		    "dci-client: the quote will be sound; the fault %s is in "
		    "the collateral %s/faults/%s, for the issuer to use.\n",
		    fault->name, flags->sim.folder, fault->name);
	return client_source_simulate(source, &flags->sim, f);
}

static int
run(struct flags *flags, struct dci_failure *f)
{
	struct client_source source CLEANUP(client_source_close) = {0};
	struct client_result result CLEANUP(client_result_free) = {0};

	if (store_prepare(flags->folder, f) != 0 ||
	    open_source(&source, flags, f) != 0)
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
