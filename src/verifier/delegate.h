/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps a delegation: enrols at start, renews, and goes on with what there is
 * while the issuer is away. */
#ifndef VERIFIER_DELEGATE_H
#define VERIFIER_DELEGATE_H

#include "base/json_write.h"
#include "verifier/enrolment.h"
#include "verifier/sign.h"

struct delegate;

/* NULL with *f. */
struct delegate *delegate_new(struct event_base *,
    const struct verifier_config *, const struct quote_source *,
    struct dci_failure *f) MUST_CHECK;
void delegate_free(struct delegate *); /* NULL is fine */

/* Once a second: begins what is due. */
void delegate_tick(struct delegate *, int64_t now);

/* The valid delegation, or NULL with *f (not-delegated). */
const struct delegation *delegate_current(
    struct delegate *, int64_t now, struct dci_failure *f) MUST_CHECK;
/* Seconds until there may be one: for Retry-After, at least 1. */
int64_t delegate_retry(const struct delegate *, int64_t now);

/* Somebody asks for an enrolment.  False: there is a valid certificate, and it
 * stays. */
bool delegate_request(struct delegate *, int64_t now);

/* Whether an enrolment is going on: then the process must not clean up. */
bool delegate_busy(const struct delegate *) MUST_CHECK;

/* The member "delegation" of /health. */
void delegate_json(const struct delegate *, struct json_writer *, int64_t now);

#endif
