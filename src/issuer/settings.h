/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The settings of dci-issuer's configuration file apart from the policy, in
 * the order in which -T prints them.  The object is a struct issuer_config.
 */
#ifndef ISSUER_SETTINGS_H
#define ISSUER_SETTINGS_H

#include "issuer/config.h"
#include "policy/conf.h"

#define SETTINGS            7
#define SETTINGS_TLS        2
#define SETTINGS_COLLATERAL 1

/* At the top of the file. */
extern const struct conf_key settings_keys[SETTINGS];
/* "logfmt" or "json". */
bool settings_log_format(enum issuer_log_format *, const char *text) MUST_CHECK;
/* In "tls". */
extern const struct conf_key settings_tls_keys[SETTINGS_TLS];
/* In "collateral", beside those of the source (policy/source_keys.h) and of the
 * policy. */
extern const struct conf_key settings_collateral_keys[SETTINGS_COLLATERAL];

#endif
