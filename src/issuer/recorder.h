/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where refusals end: the ledger process logs them and writes them to
 * refusals.db.  Both are folded (tally.h, ledger/refusals.h).  Recording stops
 * when the disk is low, with one line in the log, and goes on by itself.
 */
#ifndef ISSUER_RECORDER_H
#define ISSUER_RECORDER_H

#include "issuer/messages.h"
#include "ledger/refusals.h"

struct recorder;

/* Opens refusals.db in the current folder; fatal if that fails. */
struct recorder *recorder_new(void);

/* Logs and records one refusal, or as many as r->count says, with the code, the
 * sentence and the remedy of the failure. */
void recorder_refusal(
    struct recorder *, struct refusal *r, const struct dci_failure *);
/* To be called regularly: commits, and logs what was counted. */
void recorder_flush(struct recorder *);
/* There is room on the disk again. */
void recorder_resume(struct recorder *);
/* Logs and commits what is left, and closes the database. */
void recorder_close(struct recorder *);

#endif
