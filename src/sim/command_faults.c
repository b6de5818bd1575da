/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "sim/command.h"
#include "sim/faults.h"

int
command_faults(int argc, char **argv)
{
	size_t n;
	const struct sim_fault *faults = sim_faults(&n);

	(void)argv;
	if (argc != 1)
		return command_refuse("usage: dci-sim faults");
	for (size_t i = 0; i < n; i++)
		printf("%s\t%s\t%s\t%s\n", faults[i].name, faults[i].verdict,
		    sim_fault_place_name(faults[i].place),
		    faults[i].explanation);
	return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
}
