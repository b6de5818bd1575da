/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How a process reports refusals to the ledger, which records and logs them:
 * one by one while there are few, then once a second how many there were
 * (tally.h), and no more than the ledger takes away.
 */
#ifndef ISSUER_REPORTER_H
#define ISSUER_REPORTER_H

#include "issuer/channel.h"

struct reporter;

/* Fatal without memory. */
struct reporter *reporter_new(struct event_base *);
/* Before the first report.  The channel stays the caller's. */
void reporter_connect(struct reporter *, struct channel *ledger);
/* The fixed part's count is set here. */
void reporter_refusal(struct reporter *, struct m_refusal *, struct bytes tail);
/* Sends what was counted. */
void reporter_flush(struct reporter *);

#endif
