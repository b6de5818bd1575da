/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral: what quotes are verified against, as files. */
#include <getopt.h>
#include <string.h>

#include "base/file.h"
#include "cli/command.h"
#include "collateral/bundle.h"

#define NAME "collateral"

static int bundle_main(int argc, char **argv);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} subcommands[] = {
    {"bundle", bundle_main, "DIR|FILE -o FILE: one file out of a folder"},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

static const char bundle_usage[] =
    "Usage: dci collateral bundle DIR|FILE -o FILE|-\n"
    "\n"
    "Writes the collateral in DIR (or in another bundle) as one JSON object\n"
    "with the field names of sgx_ql_qve_collateral_t.  Quotes get the same\n"
    "verdict and the same record from either.  Nothing is verified here.\n"
    "\n"
    "  -o FILE    where to, replaced as a whole; - is standard output\n"
    "  --help     this text\n"
    "\n"
    "Exit: 0; 2 wrong options, unreadable or malformed files.\n";

static int
refuse(const char *why)
{
	struct dci_failure f;

	dci_fail(&f, DCI_USAGE, "%s", why);
	return command_fail(NAME, &f);
}

static int
print(const char *text)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);

	writer_text(&w, text);
	return command_finish(NAME, &w, 0);
}

struct bundle_flags {
	const char *from, *to;
	bool help;
};

/* 0, or the exit status. */
static int
bundle_flags_parse(struct bundle_flags *flags, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int flag;

	*flags = (struct bundle_flags){.help = false};
	optind = 0;
	while ((flag = getopt_long(argc, argv, "o:", longopts, NULL)) != -1) {
		if (flag == 'o' && flags->to == NULL)
			flags->to = optarg;
		else if (flag == 'h')
			flags->help = true;
		else
			return refuse("The options are wrong.");
	}
	if (flags->help)
		return 0;
	if (argc - optind != 1 || flags->to == NULL)
		return refuse("One folder or bundle, and -o FILE are needed.");
	flags->from = argv[optind];
	return 0;
}

static int
bundle_write(const struct bundle_flags *flags, const char *text, size_t n)
{
	struct dci_failure f;

	if (strcmp(flags->to, "-") == 0) {
		struct writer w CLEANUP(writer_free) = writer_new(n);

		writer_put(&w, text, n);
		return command_finish(NAME, &w, 0);
	}
	if (file_write(flags->to, text, n, 0644, &f) != 0)
		return command_fail(NAME, &f);
	return 0;
}

static int
bundle_main(int argc, char **argv)
{
	struct collateral_files files CLEANUP(collateral_free) = {0};
	char *text CLEANUP(cleanup_free) = NULL;
	struct bundle_flags flags;
	struct dci_failure f;
	size_t n;

	int status = bundle_flags_parse(&flags, argc, argv);
	if (status != 0)
		return status;
	if (flags.help)
		return print(bundle_usage);
	if (collateral_load(&files, flags.from, &f) != 0)
		return command_fail(NAME, &f);
	struct dci_collateral view = collateral_view(&files);
	if (collateral_write_bundle(&view, &text, &n, &f) != 0)
		return command_fail(NAME, &f);
	return bundle_write(&flags, text, n);
}

static int
help(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);

	writer_text(&w, "Usage: dci collateral SUBCOMMAND [options]\n\n");
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		writer_printf(&w, "  %-10s  %s\n", subcommands[i].name,
		    subcommands[i].help);
	return command_finish(NAME, &w, 0);
}

int
collateral_main(int argc, char **argv)
{
	if (argc < 2)
		return refuse("Which subcommand?");
	if (strcmp(argv[1], "--help") == 0)
		return help();
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	}
	return refuse("There is no such subcommand.");
}
