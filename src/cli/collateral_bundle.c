/* SPDX-License-Identifier: BSD-3-Clause */
/* dci collateral bundle: one file out of a folder. */
#include <getopt.h>
#include <string.h>

#include "base/file.h"
#include "cli/collateral.h"
#include "collateral/bundle.h"

static const char usage[] =
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

struct flags {
	const char *from, *to;
	bool help;
};

/* 0, or the exit status. */
static int
flags_parse(struct flags *flags, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int flag;

	*flags = (struct flags){.help = false};
	optind = 0;
	while ((flag = getopt_long(argc, argv, "o:", longopts, NULL)) != -1) {
		if (flag == 'o' && flags->to == NULL)
			flags->to = optarg;
		else if (flag == 'h')
			flags->help = true;
		else
			return collateral_refuse("The options are wrong.");
	}
	if (flags->help)
		return 0;
	if (argc - optind != 1 || flags->to == NULL)
		return collateral_refuse(
		    "One folder or bundle, and -o FILE are needed.");
	flags->from = argv[optind];
	return 0;
}

static int
bundle_write(const struct flags *flags, const char *text, size_t n)
{
	struct dci_failure f;

	if (strcmp(flags->to, "-") == 0) {
		struct writer w CLEANUP(writer_free) = writer_new(n);

		writer_put(&w, text, n);
		return command_finish(COLLATERAL_NAME, &w, 0);
	}
	if (file_write(flags->to, text, n, 0644, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	return 0;
}

int
collateral_bundle_main(int argc, char **argv)
{
	struct collateral_files files CLEANUP(collateral_free) = {0};
	char *text CLEANUP(cleanup_free) = NULL;
	struct flags flags;
	struct dci_failure f;
	size_t n;

	int status = flags_parse(&flags, argc, argv);
	if (status != 0)
		return status;
	if (flags.help)
		return collateral_help(usage);
	if (collateral_load(&files, flags.from, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	struct dci_collateral view = collateral_view(&files);
	if (collateral_write_bundle(&view, &text, &n, &f) != 0)
		return command_fail(COLLATERAL_NAME, &f);
	return bundle_write(&flags, text, n);
}
