/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Enrolling beside the event loop.  client_enrol() waits: for a quote, for
 * names, for up to CLIENT_SECONDS of conversation.  It runs in a thread of its
 * own, which shares nothing with the loop but the result that it leaves when
 * it ends, and says so through a pipe: Gramine has threads and pipes, but
 * fork() there makes a second enclave, and eventfd is off by default.  The
 * same conversation on the loop would be a second client to maintain, and
 * getting a quote and resolving a name would block all the same.
 */
#ifndef VERIFIER_ENROLMENT_H
#define VERIFIER_ENROLMENT_H

#include <event2/event.h>

#include "client/client.h"
#include "verifier/config.h"

struct enrolment;

/* Takes over when an attempt has ended: result (with *issuer, the one that
 * answered), or NULL and the failure of each issuer in one sentence. */
typedef void (*enrolment_done)(void *, const struct client_result *,
    const struct address *issuer, const struct dci_failure *);

/* The configuration and what the source refers to have to stay.  NULL with
 * *f. */
struct enrolment *enrolment_new(struct event_base *,
    const struct verifier_config *, const struct quote_source *, enrolment_done,
    void *arg, struct dci_failure *f) MUST_CHECK;

void enrolment_free(struct enrolment *); /* not while one is going on */

/* Begins an attempt, unless one is going on. */
void enrolment_begin(struct enrolment *);
bool enrolment_running(const struct enrolment *) MUST_CHECK;

#endif
