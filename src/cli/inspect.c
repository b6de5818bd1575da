/* SPDX-License-Identifier: BSD-3-Clause */
/* dci inspect: what a file is, and what it says. */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/command.h"
#include "inspect/inspect.h"

#define NAME "inspect"

static const char usage[] =
    "Usage: dci inspect [--json] FILE|-\n"
    "\n"
    "Tells by its content what a file is and shows everything in it: quotes\n"
    "(SGX, TDX), RA-TLS certificates with the quote inside, delegation\n"
    "certificates, PCK and other certificates and chains, certificate\n"
    "requests, revocation lists, TCB info, QE identity, collateral bundles;\n"
    "raw, DER, PEM, hex or base64.\n"
    "\n"
    "Nothing is verified.\n"
    "\n"
    "  --json     one JSON object\n"
    "  --help     this text\n"
    "\n"
    "Exit: 0; 1 not recognised; 2 wrong options or unreadable file.\n";

struct flags {
	const char *path;
	bool json, help;
};

static int
flags_parse(struct flags *flags, int argc, char **argv, struct dci_failure *f)
{
	static const struct option longopts[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int flag;

	*flags = (struct flags){.path = NULL};
	while ((flag = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		if (flag == 'j')
			flags->json = true;
		else if (flag == 'h')
			flags->help = true;
		else
			return dci_fail(f, DCI_USAGE, "The options are wrong.");
	}
	if (flags->help)
		return 0;
	if (argc - optind != 1)
		return dci_fail(f, DCI_USAGE,
		    "One FILE is needed (- for standard input), not %d.",
		    argc - optind);
	flags->path = argv[optind];
	return 0;
}

int
inspect_main(int argc, char **argv)
{
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	struct writer w CLEANUP(writer_free) = writer_new(INSPECT_OUTPUT_MAX);
	struct dci_failure f;
	struct flags flags;
	size_t n;

	if (flags_parse(&flags, argc, argv, &f) != 0)
		return command_fail(NAME, &f);
	if (flags.help) {
		writer_text(&w, usage);
		return command_finish(NAME, &w, 0);
	}
	int bad = strcmp(flags.path, "-") == 0
		      ? file_read_fd(STDIN_FILENO, "standard input",
			    LIMIT_BUNDLE, &data, &n, &f)
		      : file_read(flags.path, LIMIT_BUNDLE, &data, &n, &f);
	if (bad)
		return command_fail(NAME, &f);
	int status = inspect(&w, (struct bytes){data, n}, flags.json);
	return command_finish(NAME, &w, status);
}
