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
	bool ready;     /* said DONE after its start */
	unsigned loads; /* of collateral sent to it and not in use yet */
	struct parent *parent;
};

/* Restarts that are due. */
struct restarts {
	unsigned n; /* within a second of each other */
	time_t last;
	struct event *due;
};

/* What has become new. */
enum change { CHANGE_NOTHING, CHANGE_COLLATERAL, CHANGE_ALL };

/* Sealed memfds that children get; -1: none yet. */
struct given {
	int policy, collateral;
};

struct parent {
	struct issuer_config *config;
	const struct state *state;
	int listener;
	const struct issuer_address *address;
	struct event_base *base;
	struct process ledger, signer, collector, forecaster,
	    appraiser[WORKERS_MAX], worker[WORKERS_MAX];
	unsigned workers;
	bool launched; /* the others than the collector */
	bool announced, stopping;
	int exit_code;
	struct restarts restarts, collector_restarts;
	struct event *impatience; /* with the collector at the start */

	/* Collateral of the configuration, and of the collector. */
	struct writer local;
	struct publication *publication;
	struct forecasts *forecasts;
	/* What is new goes to the ledger and the signer first, and to the
	 * appraisers when both are done: then it is settled. */
	struct given newest, settled;
	unsigned unsettled; /* answers that are outstanding */
	bool policy_unsettled;
	enum change telling; /* the log, when it is in use */

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
