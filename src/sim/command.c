/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "sim/command.h"

int
command_failed(const struct dci_failure *f)
{
	fprintf(stderr, "dci-sim: %s\n", f->sentence);
	return EXIT_USAGE;
}

int
command_refuse(const char *fmt, ...)
{
	va_list ap;

	fputs("dci-sim: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}
