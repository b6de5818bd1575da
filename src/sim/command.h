/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of dci-sim.  Each takes its own argv (argv[0] is its name) and
 * returns the exit status: 0, or 2 with one line on standard error. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "dci/code.h"

#define EXIT_USAGE 2

int command_init(int argc, char **argv);
int command_quote(int argc, char **argv);
int command_faults(int argc, char **argv);
int command_pcs(int argc, char **argv);

/* Prints "dci-sim: SENTENCE" on standard error and returns EXIT_USAGE. */
int command_failed(const struct dci_failure *);
int command_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
