/* SPDX-License-Identifier: BSD-3-Clause */
/* dci: one command for operators and relying parties. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/ledger.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
    {"verify-quote", verify_quote_main,
	"verify an SGX quote against collateral"},
    {"verify-report", verify_report_main,
	"check a result that a Proxy Verifier has signed"},
    {"report", report_main,
	"have a Proxy Verifier verify a quote, and check what it says"},
    {"inspect", inspect_main, "what a file is and what it says"},
    {"explain", explain_main, "what a code means, and what to do"},
    {"collateral", collateral_main, "what quotes are verified against"},
    {"ledger", ledger_main, "what the issuer has issued, released and refused"},
    {"ca", ca_main, "the issuer's CA: certificates and fingerprint"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int
help(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);

	writer_text(&w, "Usage: dci COMMAND [options]\n\nCommands:\n");
	for (size_t i = 0; i < COMMANDS; i++)
		writer_printf(
		    &w, "  %-14s  %s\n", commands[i].name, commands[i].help);
	writer_text(&w,
	    "\n  --help          this text; dci help COMMAND for a command's\n"
	    "  --version       the version\n");
	return command_finish("--help", &w, 0);
}

static int
version(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(64);

	writer_text(&w, "dci " DCI_VERSION "\n");
	return command_finish("--version", &w, 0);
}

static int
unknown(const char *name)
{
	fprintf(stderr,
	    "dci: there is no command '%s'. The commands are listed by: dci "
	    "--help\n",
	    name);
	return EXIT_TROUBLE;
}

static int
command_run(int argc, char **argv)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	}
	return unknown(argv[0]);
}

int
main(int argc, char **argv)
{
	/* A closed pipe is an error to report, not to die of. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		fprintf(stderr, "Usage: dci COMMAND [options]\nThe commands "
				"are listed by: dci --help\n");
		return EXIT_TROUBLE;
	}
	bool asks = strcmp(argv[1], "help") == 0;
	if (asks && argc > 2) {
		char *arguments[] = {argv[2], (char *)"--help", NULL};

		return command_run(2, arguments);
	}
	if (asks || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help();
	if (strcmp(argv[1], "--version") == 0)
		return version();
	return command_run(argc - 1, argv + 1);
}
