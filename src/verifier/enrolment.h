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

/* How an attempt has ended. */
struct enrolment_end {
	const struct client_result *result; /* or NULL, and failure */
	const struct address *issuer;       /* the one that answered */
	/* What each issuer had, in one sentence. */
	struct dci_failure failure;
	bool resumed; /* the result is what was kept; it is not new */
	/* Why the result could not be kept; DCI_OK otherwise. */
	struct dci_failure unkept;
};

typedef void (*enrolment_done)(void *, const struct enrolment_end *);

/* The configuration and what the source refers to have to stay.  NULL with
 * *f. */
struct enrolment *enrolment_new(struct event_base *,
    const struct verifier_config *, const struct quote_source *, enrolment_done,
    void *arg, struct dci_failure *f) MUST_CHECK;

void enrolment_free(struct enrolment *); /* not while one is going on */

/* Begins an attempt, unless one is going on.  resume: what is kept in an
 * encrypted folder will do, once the issuer's secret opens that. */
void enrolment_begin(struct enrolment *, bool resume);
bool enrolment_running(const struct enrolment *) MUST_CHECK;

#endif
