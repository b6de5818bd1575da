/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What clients are appraised against: policy and collateral, replaced together.
 * New collateral is verified set by set, between other work, while the old is
 * in use; what did not change is not verified again.
 */
#ifndef ISSUER_REFERENCE_H
#define ISSUER_REFERENCE_H

#include "dci/policy.h"
#include "issuer/child.h"
#include "issuer/collateral_set.h"

struct reference {
	unsigned users;
	struct shared_policy *shared;
	const struct dci_policy *policy;
	struct collateral_set *collateral;
};

/* Kept while a client's appraisal was made against it. */
struct reference *reference_hold(struct reference *);
void reference_release(struct reference *); /* NULL is fine */

struct references;

/* Told when something new is in use; files: how many of those that came have
 * been dealt with by it. */
typedef void (*reference_loaded)(void *arg, unsigned files);

/* What the child's files have, all verified at once. */
struct references *references_new(
    struct child *, reference_loaded loaded, void *arg);
struct reference *references_in_use(const struct references *);

/* The next collateral comes with this policy.  fd stays the caller's. */
void references_policy(struct references *, int fd);
/* New collateral, with the policy in force unless a new one has come. */
void references_collateral(struct references *, int fd);

#endif
