/* SPDX-License-Identifier: BSD-3-Clause */
/* The subcommands of dci collateral, one file each.  argv[0] is the
 * subcommand's name; the result is the exit status. */
#ifndef CLI_COLLATERAL_H
#define CLI_COLLATERAL_H

#include "cli/command.h"

#define COLLATERAL_NAME "collateral"

int collateral_bundle_main(int argc, char **argv);
int collateral_fetch_main(int argc, char **argv);
int collateral_forecast_main(int argc, char **argv);
int collateral_import_main(int argc, char **argv);
int collateral_show_main(int argc, char **argv);

/* Wrong options: says why.  Returns EXIT_TROUBLE. */
int collateral_refuse(const char *why);
/* Prints a help text.  Returns the exit status. */
int collateral_help(const char *text);

#endif
