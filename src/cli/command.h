/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands of dci, one file each.  argv[0] is the command's name; the
 * result is the exit status. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/bytes.h"
#include "dci/verify.h"

/* Wrong options, files, network: nothing was found out, and nothing was
 * written to standard output. */
#define EXIT_TROUBLE 2

int verify_quote_main(int argc, char **argv);
int verify_report_main(int argc, char **argv);
int report_main(int argc, char **argv);
int explain_main(int argc, char **argv);
int collateral_main(int argc, char **argv);
int inspect_main(int argc, char **argv);
int ca_main(int argc, char **argv);

/* The root of trust that --root names; path NULL: Intel's. */
int command_root(
    struct dci_anchor *, const char *path, struct dci_failure *f) MUST_CHECK;

/* The same for what is in a state folder, which belongs to one root: -1 with
 * state-other-root if that is another one. */
int command_state_root(struct dci_anchor *, const char *path, const char *state,
    struct dci_failure *f) MUST_CHECK;

/* Says on standard error what went wrong.  Returns EXIT_TROUBLE. */
int command_fail(const char *command, const struct dci_failure *);
/* Writes a finished output to standard output, all of it or with EXIT_TROUBLE
 * and a message.  Returns status if everything went well. */
int command_finish(const char *command, const struct writer *, int status);

#endif
