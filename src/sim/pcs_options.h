/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of dci-sim pcs. */
#ifndef SIM_PCS_OPTIONS_H
#define SIM_PCS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "sim/pcs_fault.h"

#define PCS_FMSPCS 64

struct pcs_options {
	const char *dir;
	const char *listen_text;
	struct sockaddr_storage listen;
	int listen_size;
	const char *certificate, *key; /* for TLS, PEM; NULL: none */
	bool pccs;                     /* the dialect of a caching service */
	/* Kinds of platforms beside the folder's own. */
	uint8_t fmspc[PCS_FMSPCS][6];
	size_t fmspcs;
	int64_t window;   /* seconds from issueDate to nextUpdate */
	int64_t time;     /* at the start; 0: the real one */
	int64_t recovery; /* when it becomes standard; 0: none */
	bool recovery_qe; /* of the QE identity, too */
	struct pcs_faults faults;
};

/* Returns 0, or EXIT_USAGE with a line on standard error.  Texts are those of
 * argv. */
int pcs_options_read(struct pcs_options *, int argc, char **argv) MUST_CHECK;

/* What --help says. */
void pcs_options_help(void);

#endif
