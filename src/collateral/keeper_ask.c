/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "collateral/keeper_impl.h"

#define TICK_SECONDS 60 /* between looks at the clock */

_Static_assert(
    KEEPER_REQUESTS < FETCH_AT_ONCE, "room for what somebody waits for");

static bool
same(const struct fetch_name *a, const struct fetch_name *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static struct task *
find(struct keeper *k, const struct fetch_name *name)
{
	for (size_t i = 0; i < k->tasks; i++) {
		if (same(&k->task[i].name, name))
			return &k->task[i];
	}
	return NULL;
}

/* Whether that platform, with what is in use of it, needs that document. */
static bool
needs(const struct dci_platform_id *id, const struct fetch_name *name,
    enum source_update update)
{
	const struct fetch_name own = fetch_name_of(name->item, id, update);

	return same(&own, name);
}

/* --- tasks -------------------------------------------------------------- */

static struct task *
task_of(struct keeper *k, const struct fetch_name *name)
{
	struct task *t = find(k, name);

	if (t != NULL || k->tasks == KEPT_MAX)
		return t;
	t = &k->task[k->tasks++];
	*t = (struct task){.name = *name};
	schedule_start(&t->schedule, keeper_now(k));
	return t;
}

/* One kind of documents. */
static bool
need(struct keeper *k, const struct dci_platform_id *id,
    enum source_update update, bool wanted)
{
	for (enum fetch_item i = 0; i < FETCH_ITEMS; i++) {
		const struct fetch_name name = fetch_name_of(i, id, update);
		struct task *t = task_of(k, &name);

		if (t == NULL)
			return false;
		if (!wanted || kept_find(&k->kept, &name) != NULL)
			continue;
		t->wanted = true;
		t->schedule.due = keeper_now(k);
	}
	return true;
}

bool
keeper_need(struct keeper *k, const struct dci_platform_id *id, bool wanted)
{
	if (!need(k, id, k->update, wanted))
		return false;
	return !k->config.early || k->update == UPDATE_EARLY ||
	       need(k, id, UPDATE_EARLY, false);
}

static bool
needed(const struct keeper *k, const struct fetch_name *name)
{
	for (size_t i = 0; i < k->platforms; i++) {
		const struct dci_platform_id *id = &k->platform[i].id;

		if (needs(id, name, UPDATE_STANDARD) ||
		    needs(id, name, UPDATE_EARLY))
			return true;
	}
	return false;
}

/* What is in flight is forgotten when it has come. */
void
keeper_prune(struct keeper *k)
{
	for (size_t i = k->tasks; i-- > 0;) {
		struct task *t = &k->task[i];

		if (t->asked || needed(k, &t->name))
			continue;
		kept_forget(&k->kept, &t->name);
		*t = k->task[--k->tasks];
	}
}

/* --- answers ------------------------------------------------------------ */

bool
keeper_is_extra(const struct keeper *k, const struct fetch_name *name)
{
	return name->update == UPDATE_EARLY && k->update != UPDATE_EARLY;
}

static int64_t
pause_after(const struct dci_failure *why, int64_t retry_after)
{
	if (why->code == DCI_SOURCE_NOT_FOUND)
		return KEEPER_UNKNOWN_SECONDS;
	if (retry_after > KEEPER_UNKNOWN_SECONDS)
		return KEEPER_UNKNOWN_SECONDS;
	return retry_after > KEEPER_PAUSE_SECONDS ? retry_after
						  : KEEPER_PAUSE_SECONDS;
}

/* Who waits for a platform that lacks this document waits in vain. */
static void
disappoint(struct keeper *k, const struct task *t,
    const struct dci_failure *why, int64_t retry_after)
{
	int64_t until = keeper_now(k) + pause_after(why, retry_after);
	const struct fetch_name name = t->name;

	if (kept_find(&k->kept, &name) != NULL)
		return;
	for (size_t i = k->platforms; i-- > 0;) {
		const struct dci_platform_id id = k->platform[i].id;

		if (!k->platform[i].waiting || !needs(&id, &name, k->update))
			continue;
		keeper_missed(k, &id, until, why);
		keeper_drop(k, i);
	}
}

static void
fail(struct keeper *k, struct task *t, const char *event,
    const struct dci_failure *why, int64_t retry_after)
{
	schedule_failed(
	    &t->schedule, keeper_now(k), retry_after, keeper_random());
	t->failed = false;
	if (!keeper_is_extra(k, &t->name)) {
		if (keeper_is_outage(why->code))
			keeper_add_outage(k, t, why);
		else
			keeper_log_failed(
			    k, event, &t->name, why, t->schedule.due);
	}
	disappoint(k, t, why, retry_after);
}

/* It is there, new or not.  One that has expired is no success: the source is
 * asked ever less often for another. */
static void
succeed(struct keeper *k, struct task *t)
{
	const struct document *d = kept_find(&k->kept, &t->name);
	int64_t now = keeper_now(k);

	t->failed = false;
	if (now > d->is.valid.next_update)
		schedule_failed(&t->schedule, now, 0, keeper_random());
	else
		schedule_succeeded(&t->schedule, now, k->config.refresh,
		    d->is.valid.next_update, keeper_random());
}

static void
take(struct keeper *k, struct task *t)
{
	k->unsettled = true;
	t->warned = 0;
	t->ended = false;
	keeper_log_taken(
	    "collateral-fetched", k->from, kept_find(&k->kept, &t->name));
	if (t->name.item != FETCH_ROOT_CRL)
		return;
	keeper_log_revoked(k);
	for (size_t i = 0; i < k->tasks; i++) {
		if (kept_revoked(&k->kept, &k->task[i].name))
			schedule_start(&k->task[i].schedule, keeper_now(k));
	}
}

static void
receive(struct keeper *k, struct task *t, const struct fetched *fetched)
{
	struct dci_failure why;

	switch (kept_offer(&k->kept, &t->name, fetched->document,
	    fetched->chain, keeper_now(k), &why)) {
	case MERGE_TAKE:
		take(k, t);
		succeed(k, t);
		break;
	case MERGE_SAME:
		succeed(k, t);
		break;
	case MERGE_WAIT:
		schedule_failed(
		    &t->schedule, keeper_now(k), 0, keeper_random());
		break;
	case MERGE_REFUSE:
		fail(k, t,
		    why.code == DCI_COLLATERAL_ROLLBACK ? "collateral-rollback"
							: "collateral-refused",
		    &why, 0);
	}
}

static void
answered(void *arg, const struct fetch_name *name,
    const struct fetched *fetched, const struct dci_failure *failure,
    int64_t retry_after)
{
	struct keeper *k = arg;
	struct task *t = find(k, name);
	bool wanted = t->wanted, again = t->again;

	k->in_flight--;
	t->asked = t->wanted = t->again = false;
	if (failure != NULL)
		fail(k, t, "collateral-fetch-failed", failure, retry_after);
	else
		receive(k, t, fetched);
	keeper_prune(k);
	if (again && (t = find(k, name)) != NULL)
		schedule_start(&t->schedule, keeper_now(k));
	keeper_run(k);
	if (k->in_flight == 0)
		keeper_tell_outages(k);
	if (wanted || k->in_flight == 0)
		keeper_settle_soon(k);
}

/* --- asking ------------------------------------------------------------- */

static void
ask(struct keeper *k, struct task *t)
{
	t->asked = true;
	k->in_flight++;
	fetcher_get(k->fetcher, &t->name,
	    t->wanted ? KEEPER_WANTED_SECONDS : KEEPER_REFRESH_SECONDS,
	    answered, k);
}

static void
ask_due(struct keeper *k, bool wanted, int64_t now)
{
	for (size_t i = 0; i < k->tasks; i++) {
		struct task *t = &k->task[i];

		if (!t->asked && t->wanted == wanted &&
		    schedule_is_due(&t->schedule, now) &&
		    (wanted || k->in_flight < KEEPER_REQUESTS))
			ask(k, t);
	}
}

static void
arm(struct keeper *k, int64_t now)
{
	struct timeval wait = {.tv_sec = TICK_SECONDS};

	for (size_t i = 0; i < k->tasks && k->fetcher != NULL; i++) {
		const struct task *t = &k->task[i];

		if (!t->asked && t->schedule.due - now < wait.tv_sec)
			wait.tv_sec = t->schedule.due - now;
	}
	if (wait.tv_sec < 1)
		wait.tv_sec = 1;
	event_add(k->timer, &wait);
}

void
keeper_run(struct keeper *k)
{
	int64_t now = keeper_now(k);

	keeper_forget_unproven(k, now);
	if (k->fetcher != NULL) {
		ask_due(k, true, now);
		ask_due(k, false, now);
	}
	keeper_watch(k, now);
	keeper_watch_outages(k, now);
	arm(k, now);
}
