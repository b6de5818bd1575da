/* SPDX-License-Identifier: BSD-3-Clause */
/* The parent's view of its children. */
#ifndef ISSUER_PROCESSES_H
#define ISSUER_PROCESSES_H

#include <sys/types.h>
#include <time.h>
#include <event2/event.h>

#include "issuer/channel.h"
#include "issuer/config.h"
#include "issuer/state.h"

struct process {
	enum role role;
	unsigned index;
	pid_t pid; /* 0: not running */
	struct channel *channel;
	bool ready; /* said DONE after its start */
	struct parent *parent;
};

struct parent {
	struct issuer_config *config;
	const struct state *state;
	int listener;
	const struct issuer_address *address;
	struct event_base *base;
	struct process ledger, signer, appraiser[WORKERS_MAX],
	    worker[WORKERS_MAX];
	unsigned workers;
	int policy, collateral; /* sealed memfds, what children get */
	bool announced, stopping;
	int exit_code;
	unsigned restarts; /* within a second of each other */
	time_t last_restart;
	struct event *again; /* a delayed restart */
	/* A reload goes to the ledger and the signer first, and to the
	 * appraisers when both are done. */
	unsigned reload_waits;
	/* Of the channels to the children; the argument is the process. */
	channel_receive receive;
	channel_closed closed;
};

/* In the order in which they are stopped: first those that make work for
 * others.  i is below process_count(). */
struct process *process_of(struct parent *, size_t i);
size_t process_count(const struct parent *);
/* NULL: none of ours. */
struct process *process_by_pid(struct parent *, pid_t);

/* Logs how it ended, unless it did as expected and well. */
void process_log_end(const struct process *, int status, bool expected);
/* Kills it, waits for it, and closes its channel. */
void process_put_down(struct process *);

#endif
