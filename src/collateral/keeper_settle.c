/* SPDX-License-Identifier: BSD-3-Clause */
#include "collateral/keeper_impl.h"

CLEANUP_TYPE(cleanup_snapshot, struct dci_snapshot, dci_snapshot_free)

/* --- platforms that cannot be had --------------------------------------- */

/* The place for one more: of the same platform, or one that no longer holds,
 * or the one that ends first; never one that is still to be told. */
static struct miss *
miss_place(struct keeper *k, const struct dci_platform_id *id)
{
	struct miss *place = NULL;

	for (size_t i = 0; i < k->misses; i++) {
		struct miss *m = &k->miss[i];

		if (platform_same(&m->id, id))
			return m;
		if (!m->tell && (place == NULL || m->until < place->until))
			place = m;
	}
	if (k->misses < KEEPER_MISSES)
		return &k->miss[k->misses++];
	return place;
}

void
keeper_missed(struct keeper *k, const struct dci_platform_id *id, int64_t until,
    const struct dci_failure *why)
{
	struct miss *m = miss_place(k, id);

	if (m != NULL)
		*m = (struct miss){
		    .id = *id, .until = until, .tell = true, .why = *why};
	keeper_settle_soon(k);
}

/* --- taking into use ---------------------------------------------------- */

/* Whether it was written.  What was imported meanwhile is not lost: its file is
 * looked at once more, and *newest has what is newer there. */
static bool
store(struct keeper *k, struct platform *p, enum source_update update,
    struct set *newest)
{
	const struct set before = *newest;
	struct dci_failure f;
	int lock CLEANUP(cleanup_fd) =
	    store_lock(k->config.folder, update, false, &f);

	if (lock == STORE_BUSY) {
		k->unsettled = true; /* later */
		return false;
	}
	if (lock < 0) {
		keeper_log_platform("collateral-not-stored", &p->id, &f);
		return false;
	}
	keeper_read_one(k, p, update);
	if (!kept_set(&k->kept, &p->id, update, newest))
		return false;
	if (!set_same(&before, newest))
		keeper_settle_soon(k); /* others may share it */
	if (set_same(&p->stored[update], newest))
		return false;
	struct dci_collateral view = set_view(newest);
	if (store_put(k->config.folder, update, &p->id, &view, &f) != 0) {
		keeper_log_platform("collateral-not-stored", &p->id, &f);
		return false;
	}
	set_copy(&p->stored[update], newest);
	return true;
}

/* A first set must fit together.  Later ones are taken as they are: a list of
 * the root CA may well say that the signer of the rest is revoked. */
static int
check_first(
    const struct keeper *k, const struct set *newest, struct dci_failure *f)
{
	struct dci_collateral view = set_view(newest);
	struct dci_snapshot *s CLEANUP(cleanup_snapshot) =
	    dci_snapshot_new(&view, &k->kept.anchor);

	if (s == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
	return dci_snapshot_check(s, f);
}

static void
use(struct keeper *k, struct platform *p, enum source_update update,
    const struct set *newest)
{
	if (set_same(&p->used[update], newest))
		return;
	set_copy(&p->used[update], newest);
	keeper_compare_early(k, p);
	k->changed = true;
	if (update == k->update)
		p->waiting = false;
}

enum settled { UNCHANGED, WRITTEN, IMPOSSIBLE };

static enum settled
settle_kind(struct keeper *k, struct platform *p, enum source_update update,
    struct dci_failure *f)
{
	struct set newest;

	if (!kept_set(&k->kept, &p->id, update, &newest))
		return UNCHANGED;
	/* Without a source there is nothing but files, which are put together
	 * in memory at each start; the collector may not write then. */
	bool write = k->fetcher != NULL && k->config.folder >= 0 && p->proven &&
		     !set_same(&p->stored[update], &newest);
	if (!write && set_same(&p->used[update], &newest))
		return UNCHANGED;
	if (set_is_empty(&p->used[update]) && check_first(k, &newest, f) != 0)
		return IMPOSSIBLE;
	bool written = write && store(k, p, update, &newest);
	use(k, p, update, &newest);
	return written ? WRITTEN : UNCHANGED;
}

static void
give_up(struct keeper *k, size_t i, const struct dci_failure *why)
{
	const struct dci_platform_id id = k->platform[i].id;

	keeper_missed(k, &id, keeper_now(k) + KEEPER_PAUSE_SECONDS, why);
	keeper_drop(k, i);
}

/* True: something was written, and the loop should have a turn before more
 * is. */
static bool
settle_platform(struct keeper *k, size_t i)
{
	struct platform *p = &k->platform[i];
	struct dci_failure f;

	enum settled settled = settle_kind(k, p, k->update, &f);
	if (settled == IMPOSSIBLE) {
		if (p->waiting)
			give_up(k, i, &f);
		return false;
	}
	return settled == WRITTEN ||
	       (k->config.early && k->update != UPDATE_EARLY &&
		   settle_kind(k, p, UPDATE_EARLY, &f) == WRITTEN);
}

void
keeper_use_all(struct keeper *k)
{
	for (size_t i = 0; i < k->platforms; i++) {
		struct platform *p = &k->platform[i];
		struct dci_failure ignored;
		struct set newest;

		for (unsigned u = 0; u < UPDATES; u++) {
			if (kept_set(&k->kept, &p->id, u, &newest) &&
			    check_first(k, &newest, &ignored) == 0)
				use(k, p, u, &newest);
		}
	}
	k->changed = false;
}

/* --- telling ------------------------------------------------------------ */

static void
tell(struct keeper *k)
{
	for (size_t i = 0; i < k->misses; i++) {
		if (!k->miss[i].tell)
			continue;
		const struct miss m = k->miss[i];

		k->miss[i].tell = false;
		k->events.missing(k->arg, &m.id, &m.why);
	}
	if (k->changed) {
		k->changed = false;
		k->events.changed(k->arg);
	}
}

void
keeper_settle_soon(struct keeper *k)
{
	k->again = true;
	event_active(k->settle, EV_TIMEOUT, 0);
}

/* A round goes over all platforms, with a turn of the loop after each write. */
void
keeper_settle(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	if (k->settled == 0)
		k->again = k->unsettled = false;
	for (; k->settled < k->platforms; k->settled++) {
		if (settle_platform(k, k->settled)) {
			event_active(k->settle, EV_TIMEOUT, 0);
			return;
		}
	}
	k->settled = 0;
	if (k->again)
		event_active(k->settle, EV_TIMEOUT, 0);
	else
		tell(k);
}
