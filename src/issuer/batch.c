/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/batch.h"

#define BATCH_MAX    256 /* rows of one transaction */
#define TELL_SECONDS 60  /* between log lines about batches that fail */

struct batch {
	struct ledger *ledger;
	struct shelf *shelf;
	struct recorder *recorder;
	struct release *release;
	STAILQ_HEAD(, pending) queue;
	size_t n;
	struct event *commit;
	uint64_t failed; /* batches in a row */
	int64_t told;    /* when the log was last told */
};

static int
append(struct batch *b, struct pending *p)
{
	const struct ca_certificate *c = &p->answer.certificate;
	const struct ledger_row *row = &p->row;

	if (p->kind == LEDGER_SECRET &&
	    ledger_evidence_used(b->ledger, row->evidence_digest, &p->failure))
		return -1;
	if (shelf_put(b->shelf, b->ledger, row->snapshot_digest, &p->failure) !=
	    0)
		return -1;
	int bad = p->kind == LEDGER_SECRET
		      ? ledger_append(b->ledger, row, (struct bytes){0}, NULL,
			    0, child_now(), &p->row_id, &p->failure)
		      : ledger_append(b->ledger, row,
			    (struct bytes){c->der, c->n}, c->serial,
			    c->not_after, child_now(), &p->row_id, &p->failure);
	if (bad != 0)
		return -1;
	p->failure.code = DCI_OK;
	return 0;
}

static bool
is_about_the_row(enum dci_code code)
{
	return code == DCI_EVIDENCE_REUSED || code == DCI_CLOCK_BEHIND ||
	       code == DCI_SECRET_RELEASED_TOO_OFTEN ||
	       code == DCI_LEDGER_CONTENT;
}

static void
roll_back(struct batch *b)
{
	ledger_rollback(b->ledger);
	shelf_settle(b->shelf, false);
}

/* Stores what can be stored; false if the whole batch failed, with *f. */
static bool
store(struct batch *b, struct dci_failure *f)
{
	struct pending *p;
	size_t appended = 0;

	if (ledger_begin(b->ledger, f) != 0)
		return false;
	STAILQ_FOREACH(p, &b->queue, in_batch)
	{
		if (append(b, p) == 0) {
			appended++;
		} else if (!is_about_the_row(p->failure.code)) {
			*f = p->failure;
			roll_back(b);
			return false;
		}
	}
	if (appended == 0) {
		roll_back(b);
		return true;
	}
	if (ledger_commit(b->ledger, f) != 0) {
		roll_back(b);
		return false;
	}
	shelf_settle(b->shelf, true);
	return true;
}

static void
record(struct batch *b, const struct pending *p)
{
	struct refusal r = {.count = 1};

	memcpy(r.request_id, p->request_id, sizeof(r.request_id));
	if (p->encoded != NULL) {
		r.peer = p->row.peer;
		r.record = p->row.record;
	}
	recorder_refusal(b->recorder, &r, &p->failure);
}

static void
finish(struct batch *b, struct pending *p)
{
	if (p->failure.code != DCI_OK)
		record(b, p);
	release_send(b->release, p);
	pending_free(p);
}

/* Clients come again and again, and each may be a batch. */
static void
log_outcome(struct batch *b, bool stored, const struct dci_failure *f)
{
	struct dci_failure whole;
	struct log_line l;
	int64_t now = child_now();

	if (stored && b->failed > 0) {
		log_begin(&l, LOG_LEVEL_INFO, "ledger-written-again");
		log_int(&l, "failed", (int64_t)b->failed);
		log_end(&l);
	}
	b->failed = stored ? 0 : b->failed + 1;
	if (stored ||
	    (b->failed > 1 && now >= b->told && now < b->told + TELL_SECONDS))
		return;
	whole = *f;
	dci_fail_remedy(&whole);
	b->told = now;
	log_begin(&l, LOG_LEVEL_ERROR, "ledger-not-written");
	log_failure(&l, &whole);
	log_int(&l, "failed", (int64_t)b->failed);
	log_end(&l);
}

void
batch_commit(struct batch *b)
{
	struct dci_failure f;
	struct pending *p;

	if (STAILQ_EMPTY(&b->queue))
		return;
	bool stored = store(b, &f);
	log_outcome(b, stored, &f);
	if (stored)
		recorder_resume(b->recorder);
	while ((p = STAILQ_FIRST(&b->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&b->queue, in_batch);
		if (!stored && p->failure.code == DCI_OK)
			p->failure = f;
		finish(b, p);
	}
	b->n = 0;
	/* What is on disk is no longer known: begin anew from what is there. */
	if (!stored && f.code == DCI_LEDGER_IO)
		log_fatal("ledger-not-written", "starting again");
}

static void
on_commit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	batch_commit(arg);
}

void
batch_add(struct batch *b, struct pending *p)
{
	STAILQ_INSERT_TAIL(&b->queue, p, in_batch);
	b->n++;
	/* Of lower priority: runs when nothing is left to read. */
	if (b->n < BATCH_MAX)
		event_active(b->commit, EV_TIMEOUT, 0);
	else
		batch_commit(b);
}

void
batch_refuse(struct batch *b, struct pending *p)
{
	finish(b, p);
}

struct batch *
batch_new(struct child *child, struct release *release)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		log_fatal("start-failed", "out of memory");
	STAILQ_INIT(&b->queue);
	b->release = release;
	b->commit = event_new(child->base, -1, 0, on_commit, b);
	if (b->commit == NULL || event_priority_set(b->commit, 1) != 0)
		log_fatal("start-failed", "no events");
	return b;
}

void
batch_open(struct batch *b, struct ledger *ledger, struct shelf *shelf,
    struct recorder *recorder)
{
	b->ledger = ledger;
	b->shelf = shelf;
	b->recorder = recorder;
}
