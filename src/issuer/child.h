/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the issuer's child processes have in common: each is executed anew,
 * gets its orders and its file descriptors from the parent on descriptor 3,
 * locks itself in, and then serves its channels until the parent is gone.
 */
#ifndef ISSUER_CHILD_H
#define ISSUER_CHILD_H

#include <event2/event.h>

#include "issuer/channel.h"
#include "issuer/messages.h"

#define CHILD_PARENT_FD 3
#define FILE_KINDS      (FILE_SOURCE_CA + 1)

struct child {
	struct m_start start;
	struct m_source source; /* the collector's */
	struct event_base *base;
	struct channel *parent;
	int file[FILE_KINDS]; /* as passed; -1: none. Owned. */
	void *state;          /* the role's own */
};

/* A role, in the order in which its parts run. */
struct child_role {
	enum role role;
	/* Reads its files and sets child->state; nothing is locked yet. */
	void (*start)(struct child *);
	/* Opens what only the locked-in process may have; the channel to the
	 * parent is there.  May be NULL. */
	void (*locked)(struct child *);
	/* A peer's channel, at the start, and again when that peer has been
	 * replaced.  Takes over fd. */
	void (*peer)(struct child *, enum role, unsigned index, int fd);
	/* A new policy or new collateral; fd is closed by the caller. */
	void (*reload)(struct child *, enum file_kind, int fd);
	/* Any other message of the parent.  May be NULL. */
	void (*message)(struct child *, const struct message *);
	/* The parent is gone: finish what must be finished.  May be NULL. */
	void (*stop)(struct child *);
};

extern const struct child_role role_worker, role_appraiser, role_signer,
    role_ledger, role_collector, role_forecaster;

const char *process_name(enum role);

/* The whole life of a child; does not return. */
_Noreturn void child_run(const struct child_role *);

/* Reads all of a file that was passed (a NUL follows it); fatal if that
 * fails.  Free with free(), after wiping where it is a secret. */
struct bytes child_read(int fd, const char *what, size_t max);

/* Tells the parent that it should replace that process. */
void child_complain(struct child *, enum role, unsigned index);

/* Time for decisions: seconds since the epoch. */
int64_t child_now(void);

#endif
