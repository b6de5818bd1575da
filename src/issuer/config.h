/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What dci-issuer is told: flags, which win, over one configuration file, over
 * defaults; and the policy, from the file or, if it has no enclave section,
 * from the RA_TLS_* variables.
 */
#ifndef ISSUER_CONFIG_H
#define ISSUER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "dci/policy.h"
#include "policy/source_keys.h"

#define ISSUER_DEFAULT_FILE "/etc/dci/issuer.conf"
#define ISSUER_PATHS        64  /* of collateral */
#define ISSUER_WORKERS      256 /* at most */
#define ISSUER_NOTES        16
#define ISSUER_NOTE_SIZE    512
#define ISSUER_ADDRESS_SIZE 80 /* "[v6%scope]:port" */

enum issuer_action {
	ISSUER_RUN,
	ISSUER_TEST,    /* -t */
	ISSUER_DUMP,    /* -T */
	ISSUER_HELP,    /* nothing else is filled in */
	ISSUER_VERSION, /* nothing else is filled in */
};

enum issuer_log_format { ISSUER_LOGFMT, ISSUER_JSON };

struct issuer_address {
	char text[ISSUER_ADDRESS_SIZE]; /* as configured */
	struct sockaddr_storage socket;
	socklen_t size; /* 0: no address */
	/* Takes IPv4 too: clear IPV6_V6ONLY before bind(). */
	bool dual_stack;
};

/* Something that the log should say at start and after a reload. */
struct issuer_note {
	bool warning;
	char text[ISSUER_NOTE_SIZE];
};

/* Where it all comes from; what is pointed to must outlive the
 * configurations made from it, since a reload looks again. */
struct issuer_sources {
	int argc;
	char **argv; /* getopt_long() may reorder it */
	/* Read where there is no -c, if it exists; NULL: none. */
	const char *default_file;
	/* Read where no collateral is configured, if it exists; NULL: none. */
	const char *qcnl_file;
	const char *(*lookup)(const char *name); /* getenv() or a stand-in */
};

/* Texts are owned unless said otherwise. */
struct issuer_config {
	enum issuer_action action;
	char *file; /* the configuration file that was read, or NULL */

	struct issuer_address listen;
	/* To be taken where the system has no IPv6; its size is 0 unless
	 * listen is all interfaces. */
	struct issuer_address fallback;
	char *state;
	unsigned workers; /* at least 1 */
	char *wrap_key;   /* or NULL */
	char *tls_certificate, *tls_key;
	char *sim; /* or NULL; its root is DIR/root.crt */
	/* Folders and files, and where more is fetched; none of either: only
	 * what was imported into the state folder is there. */
	size_t collaterals;
	char *collateral[ISSUER_PATHS];
	struct source_settings source;
	unsigned connections_per_address; /* for each worker */
	enum issuer_log_format log_format;
	struct dci_policy *policy;

	size_t notes;
	struct issuer_note note[ISSUER_NOTES];
	struct issuer_sources sources;
};

/*
 * Reads flags, file, environment.  On success *c is filled in; release it with
 * issuer_config_free().  Returns -1 with *f for usage and configuration
 * errors, with nothing to release; main exits 2 then.
 */
int issuer_config_load(struct issuer_config *c, const struct issuer_sources *,
    struct dci_failure *f) MUST_CHECK;

/* The same again from the sources of old, which stays as it is.  What only
 * takes effect at a start (listen, state, workers, wrap_key, sim, log_format)
 * may differ in
 * the result; a note says so for each. */
int issuer_config_reload(struct issuer_config *c,
    const struct issuer_config *old, struct dci_failure *f) MUST_CHECK;

void issuer_config_free(struct issuer_config *);

/* What -T prints: the settings, a comment with the policy's digest, then the
 * policy's canonical text and nothing after it.  Readable with -c.  Allocated;
 * NULL when memory is short. */
char *issuer_config_text(const struct issuer_config *) MUST_CHECK;

/* What --help prints. */
extern const char issuer_usage[];

/* "HOST:PORT", "[IPv6]:PORT" or ":PORT"; HOST is an IPv4 address or
 * "localhost" (127.0.0.1).  Port 0 lets the system choose. */
bool issuer_address_parse(struct issuer_address *, const char *text) MUST_CHECK;

#endif
