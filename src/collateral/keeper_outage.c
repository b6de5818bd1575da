/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "collateral/api.h"
#include "collateral/keeper_impl.h"

#define WAIT_SECONDS 60 /* for others that fail alike */

bool
keeper_is_outage(enum dci_code code)
{
	return api_worth_retrying(code) || code == DCI_SOURCE_PROXY ||
	       code == DCI_SOURCE_UNTRUSTED;
}

static struct outage *
place(struct keeper *k, enum dci_code code)
{
	for (size_t i = 0; i < k->outages; i++) {
		if (k->outage[i].why.code == code)
			return &k->outage[i];
	}
	if (k->outages == KEEPER_OUTAGES)
		keeper_tell_outages(k);
	return &k->outage[k->outages++];
}

void
keeper_add_outage(
    struct keeper *k, struct task *t, const struct dci_failure *why)
{
	const struct document *d = kept_find(&k->kept, &t->name);
	struct outage *o = place(k, why->code);

	if (o->documents++ == 0) {
		o->first = t->name;
		o->why = *why;
		o->since = keeper_now(k);
	}
	if (d != NULL &&
	    (o->in_use_until == 0 || d->is.valid.next_update < o->in_use_until))
		o->in_use_until = d->is.valid.next_update;
	t->failed = true;
}

/* What was asked to wait for longer than pauses grow is left alone. */
static bool
moves(const struct task *t, int64_t now)
{
	return t->failed && !t->asked && !t->wanted &&
	       t->schedule.due <= now + SCHEDULE_RETRY_MAX / 4 * 5;
}

/* What failed together is tried again together; never earlier than each would
 * be by itself. */
static void
align(struct keeper *k)
{
	int64_t now = keeper_now(k), next = 0;

	for (size_t i = 0; i < k->tasks; i++) {
		if (moves(&k->task[i], now) && k->task[i].schedule.due > next)
			next = k->task[i].schedule.due;
	}
	for (size_t i = 0; i < k->tasks; i++) {
		if (moves(&k->task[i], now))
			k->task[i].schedule.due = next;
	}
}

/* When the first document of an outage is asked for again; 0: nobody needs it
 * any more. */
static int64_t
next_try(const struct keeper *k, const struct outage *o)
{
	for (size_t i = 0; i < k->tasks; i++) {
		if (memcmp(&k->task[i].name, &o->first, sizeof(o->first)) == 0)
			return k->task[i].schedule.due;
	}
	return 0;
}

void
keeper_tell_outages(struct keeper *k)
{
	if (k->outages > 0)
		align(k);
	for (size_t i = 0; i < k->outages; i++)
		keeper_log_outage(&k->outage[i], next_try(k, &k->outage[i]));
	memset(k->outage, 0, sizeof(k->outage));
	k->outages = 0;
}

void
keeper_watch_outages(struct keeper *k, int64_t now)
{
	for (size_t i = 0; i < k->outages; i++) {
		int64_t since = k->outage[i].since;

		if (now < since || now - since >= WAIT_SECONDS) {
			keeper_tell_outages(k);
			return;
		}
	}
}
