/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <time.h>

#include "sim/command.h"
#include "sim/platform.h"

int
command_init(int argc, char **argv)
{
	struct dci_failure f;

	if (argc != 2 || argv[1][0] == '-' || argv[1][0] == '\0')
		return command_refuse("usage: dci-sim init DIR");
	if (sim_init(argv[1], time(NULL), &f) != 0)
		return command_failed(&f);
	printf("SIMULATED platform (FMSPC 53494D000001) in %s, collateral "
	       "valid for a year. Next: dci-sim quote %s > quote.bin\n",
	    argv[1], argv[1]);
	return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
}
