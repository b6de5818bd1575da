/* SPDX-License-Identifier: BSD-3-Clause */
/* The keys of dci-verifier's configuration file.  The object is a struct
 * verifier_config. */
#ifndef VERIFIER_SETTINGS_H
#define VERIFIER_SETTINGS_H

#include "policy/conf.h"
#include "verifier/config.h"

#define VERIFIER_SETTINGS 18

extern const struct conf_key verifier_settings[VERIFIER_SETTINGS];

bool verifier_key_type(enum curve *, const char *text) MUST_CHECK;

#endif
