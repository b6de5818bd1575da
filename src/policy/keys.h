/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys of the policy part of a configuration file: one table for each
 * place, from which parser, canonical text and "-T" come.  Their order is that
 * of the canonical text.
 */
#ifndef POLICY_KEYS_H
#define POLICY_KEYS_H

#include "dci/policy.h"
#include "policy/conf.h"

#define POLICY_KEYS            2
#define POLICY_COLLATERAL_KEYS 2
#define POLICY_ENTRY_KEYS      8

/* At the top of the file; the object is a struct dci_policy. */
extern const struct conf_key policy_keys[POLICY_KEYS];
/* In "collateral"; the object is a struct dci_tolerance. */
extern const struct conf_key policy_collateral_keys[POLICY_COLLATERAL_KEYS];
/* In "enclave"; the object is a struct dci_policy_entry. */
extern const struct conf_key policy_entry_keys[POLICY_ENTRY_KEYS];

/* Bounds of ttl: notBefore lies 5 minutes back, and less than 5 minutes are
 * never issued. */
#define POLICY_TTL_MIN   301
#define POLICY_TTL_MAX   (10 * PERIOD_YEAR)
#define POLICY_GRACE_MAX (10 * PERIOD_YEAR)

/* The bit of a status in dci_policy_entry.tcb. */
#define POLICY_TCB(status) ((uint32_t)1 << (status))
/* All that an entry can admit: never Invalid nor Revoked. */
#define POLICY_TCB_ALL                                                   \
	(POLICY_TCB(DCI_STATUSES) - 1 - POLICY_TCB(DCI_STATUS_INVALID) - \
	    POLICY_TCB(DCI_STATUS_REVOKED))

/* What an entry is before its keys are read. */
void policy_entry_default(struct dci_policy_entry *);

#endif
