/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of a section "collateral" that say where collateral is fetched from
 * and how it is kept.  They are no part of the policy: the issuer and the
 * Proxy Verifier share them.
 */
#ifndef POLICY_SOURCE_KEYS_H
#define POLICY_SOURCE_KEYS_H

#include "collateral/source.h"
#include "policy/conf.h"

#define SOURCE_KEYS 8

/* The object of the keys. */
struct source_settings {
	struct collateral_source source; /* ca: what ca_path has */
	char *ca_path;                   /* or NULL */
	bool kind_given, url_given;
	/* As in struct keeper_config: seconds, and whether the documents of
	 * the next TCB recovery are kept for forecasts. */
	int64_t refresh, warn;
	bool early;
};

/* source, url, ca, verify_tls, update, refresh, warn, early. */
extern const struct conf_key source_keys[SOURCE_KEYS];

/* The defaults: no source. */
int source_settings_init(
    struct source_settings *, struct dci_failure *f) MUST_CHECK;
void source_settings_free(struct source_settings *);

/* A URL from the command line, which makes it a source.  -1 with *f. */
int source_settings_url(struct source_settings *, const char *url,
    struct dci_failure *f) MUST_CHECK;

/* Whether a source was configured, in words or by its URL. */
bool source_settings_on(const struct source_settings *);

/*
 * What follows from the rest, when all has been read: a URL without the word
 * is a source; with neither, and nothing else that collateral comes from, the
 * file of Intel's QCNL (or NULL) is one, where it exists: *qcnl says so.
 */
int source_settings_derive(struct source_settings *, bool elsewhere,
    const char *qcnl_file, bool *qcnl, struct dci_failure *f) MUST_CHECK;

bool source_settings_equal(
    const struct source_settings *, const struct source_settings *);

#endif
