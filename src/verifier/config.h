/* SPDX-License-Identifier: BSD-3-Clause */
/* What dci-verifier is told: flags, which win, over one configuration file,
 * over defaults. */
#ifndef VERIFIER_CONFIG_H
#define VERIFIER_CONFIG_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/ecdsa.h"
#include "base/limits.h"
#include "base/log.h"
#include "client/address.h"
#include "policy/source_keys.h"

#define VERIFIER_COLLATERALS 64

enum verifier_action {
	VERIFIER_RUN,
	VERIFIER_TEST,    /* -t */
	VERIFIER_HELP,    /* nothing else is filled in */
	VERIFIER_VERSION, /* nothing else is filled in */
};

struct verifier_listen {
	char text[300]; /* as configured */
	struct sockaddr_storage socket;
	socklen_t size;
};

/* Texts are owned. */
struct verifier_config {
	enum verifier_action action;
	struct verifier_listen listen;
	size_t issuers; /* at least 1, to be tried in order */
	struct address issuer[LIMIT_ISSUERS];
	char *ca;       /* PEM: who signs the issuers' TLS identities */
	char *sim;      /* or NULL; its root is DIR/root.crt */
	char *keep;     /* folder for the delegation; NULL: in memory only */
	char *keep_key; /* Gramine's key that the issuer's secret becomes, or
			 * NULL */
	size_t collaterals;
	char *collateral[VERIFIER_COLLATERALS];
	struct source_settings source; /* where collateral is fetched */
	char *collateral_folder; /* keeps what was fetched; NULL: memory only */
	bool tls;                /* HTTPS, with an RA-TLS certificate */
	enum curve key_type;
	bool outdated_tcb; /* EAR: an outdated TCB is a warning only */
	unsigned requests_per_address; /* a second; 0: no bound */
	unsigned connections_per_address;
	unsigned seconds; /* for a request to arrive, from the last answer on */
	enum log_format log_format;
};

/* Returns 0, or -1 with *f, and then there is nothing to release.  Reorders
 * argv. */
int verifier_config_load(struct verifier_config *, int argc, char **argv,
    struct dci_failure *f) MUST_CHECK;
void verifier_config_free(struct verifier_config *);

/* "HOST:PORT" with a numeric HOST or localhost; port 0 lets the system
 * choose. */
bool verifier_listen_parse(
    struct verifier_listen *, const char *text) MUST_CHECK;

/* What --help prints. */
extern const char verifier_usage[];

#endif
