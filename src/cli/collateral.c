/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral: what quotes are verified against, as files. */
#include <string.h>

#include "cli/collateral.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} subcommands[] = {
    {"bundle", collateral_bundle_main,
	"DIR|FILE -o FILE: one file out of a folder"},
    {"fetch", collateral_fetch_main,
	"from Intel's PCS or a PCCS, verified, into a file"},
    {"forecast", collateral_forecast_main,
	"what the next TCB recovery does to the delegations"},
    {"import", collateral_import_main,
	"DIR|FILE...: into STATEDIR/collateral, where it is newer"},
    {"show", collateral_show_main,
	"[DIR|FILE...]: what is there, and how long it is valid"},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

int
collateral_refuse(const char *why)
{
	struct dci_failure f;

	dci_fail(&f, DCI_USAGE, "%s", why);
	return command_fail(COLLATERAL_NAME, &f);
}

int
collateral_help(const char *text)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);

	writer_text(&w, text);
	return command_finish(COLLATERAL_NAME, &w, 0);
}

static int
help(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);

	writer_text(&w, "Usage: dci collateral SUBCOMMAND [options]\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		writer_printf(&w, "  %-10s  %s\n", subcommands[i].name,
		    subcommands[i].help);
	return command_finish(COLLATERAL_NAME, &w, 0);
}

int
collateral_main(int argc, char **argv)
{
	if (argc < 2)
		return collateral_refuse("Which subcommand?");
	if (strcmp(argv[1], "--help") == 0)
		return help();
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	return collateral_refuse("There is no such subcommand.");
}
