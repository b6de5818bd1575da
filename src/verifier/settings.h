/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of dci-verifier's configuration file.  The object is a struct
 * verifier_config. */
#ifndef VERIFIER_SETTINGS_H
#define VERIFIER_SETTINGS_H

#include "policy/conf.h"
#include "verifier/config.h"

#define VERIFIER_SETTINGS 15

extern const struct conf_key verifier_settings[VERIFIER_SETTINGS];

/* The keys of a source of collateral (policy/source_keys.h), which have
 * "collateral_" before their names here. */
struct verifier_source_settings {
	struct conf_key key[SOURCE_KEYS];
	char name[SOURCE_KEYS][32];
};

/* Returns how many there are.  Their object is a struct source_settings. */
size_t verifier_source_settings(struct verifier_source_settings *out);

bool verifier_key_type(enum curve *, const char *text) MUST_CHECK;

#endif
