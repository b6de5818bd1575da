/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a policy is made, for those within this project that read more than a
 * policy from a file: start with policy_new(), read, seal.  After sealing it
 * is immutable.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "dci/policy.h"
#include "policy/conf.h"
#include "policy/keys.h"

/* Entries that the environment makes; also subjects' common names. */
#define POLICY_NAME_ENVIRONMENT "ra-tls-environment"
#define POLICY_NAME_ANY         "any-enclave"

CLEANUP_TYPE(cleanup_policy, struct dci_policy, dci_policy_free)

/* No entries, no tolerance, not sealed.  NULL when memory is short. */
struct dci_policy *policy_new(void) MUST_CHECK;

/* The libconfuse option of the sections "enclave"; options, which must stay,
 * is filled in. */
cfg_opt_t policy_enclave_option(
    cfg_opt_t options[static POLICY_ENTRY_KEYS + 1]);

/* Reads keys at the top, tolerance and entries from a parsed file. */
int policy_read(struct dci_policy *, cfg_t *, struct dci_failure *f) MUST_CHECK;

/* Adds what the RA_TLS_* variables say to a policy without entries. */
int policy_read_environment(struct dci_policy *,
    const char *(*lookup)(const char *), struct dci_failure *f) MUST_CHECK;

/* The variables among RA_TLS_MRENCLAVE, ... and RA_TLS_ALLOW_* that are set:
 * names with ", " between them, empty if there are none. */
void policy_environment_names(
    char *out, size_t n, const char *(*lookup)(const char *));

/* Writes canonical text and digest. */
int policy_seal(struct dci_policy *, struct dci_failure *f) MUST_CHECK;

#endif
