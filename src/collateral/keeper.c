/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <openssl/rand.h>

#include "collateral/keeper_impl.h"

CLEANUP_TYPE(cleanup_keeper, struct keeper, keeper_free)

int64_t
keeper_now(const struct keeper *k)
{
	return k->config.clock != NULL ? k->config.clock(k->arg) : time(NULL);
}

/* For spreading requests: without randomness they are not spread. */
uint32_t
keeper_random(void)
{
	uint32_t random = 0;

	if (RAND_bytes((unsigned char *)&random, sizeof(random)) != 1)
		return 0;
	return random;
}

/* --- platforms ---------------------------------------------------------- */

/* The first whose name is not before that of id; k->platforms: none. */
static size_t
place(const struct keeper *k, const struct dci_platform_id *id)
{
	char name[STORE_NAME_SIZE], other[STORE_NAME_SIZE];
	size_t i;

	store_name(name, id);
	for (i = 0; i < k->platforms; i++) {
		store_name(other, &k->platform[i].id);
		if (strcmp(other, name) >= 0)
			break;
	}
	return i;
}

static struct platform *
find(struct keeper *k, const struct dci_platform_id *id)
{
	size_t i = place(k, id);

	return i < k->platforms && platform_same(&k->platform[i].id, id)
		   ? &k->platform[i]
		   : NULL;
}

struct platform *
keeper_add(struct keeper *k, const struct dci_platform_id *id)
{
	size_t i = place(k, id);

	if (k->platforms >= k->config.platforms_max)
		return NULL;
	memmove(&k->platform[i + 1], &k->platform[i],
	    (k->platforms - i) * sizeof(k->platform[0]));
	k->platforms++;
	k->platform[i] = (struct platform){.id = *id};
	k->platform[i].since = k->platform[i].wanted = keeper_now(k);
	return &k->platform[i];
}

void
keeper_drop(struct keeper *k, size_t i)
{
	for (unsigned u = 0; u < UPDATES; u++) {
		set_clear(&k->platform[i].used[u]);
		set_clear(&k->platform[i].stored[u]);
	}
	k->platforms--;
	memmove(&k->platform[i], &k->platform[i + 1],
	    (k->platforms - i) * sizeof(k->platform[0]));
	keeper_prune(k);
}

/* Gives up a platform for good. */
static void
remove_platform(struct keeper *k, size_t i, const char *why)
{
	const struct dci_platform_id id = k->platform[i].id;
	struct dci_failure f = {.code = DCI_OK};

	/* What lies there of one that is not proven came otherwise. */
	if (k->platform[i].proven && k->config.folder >= 0 &&
	    (store_remove(k->config.folder, UPDATE_STANDARD, &id, &f) != 0 ||
		store_remove(k->config.folder, UPDATE_EARLY, &id, &f) != 0))
		keeper_log_platform("collateral-not-stored", &id, &f);
	keeper_log_removed(&id, why);
	keeper_drop(k, i);
	k->changed = true;
	keeper_settle_soon(k);
}

/* Also where the clock was set back. */
static bool
is_unproven(const struct platform *p, int64_t now, int64_t seconds)
{
	return !p->proven && !p->waiting &&
	       (now < p->since || now - p->since >= seconds);
}

static bool
is_idle(const struct platform *p, int64_t now)
{
	return p->proven && !p->waiting &&
	       p->wanted + KEEPER_IDLE_SECONDS <= now;
}

static const char unproven[] = "no genuine quote of it came";
static const char idle[] = "nobody wanted it any more";

void
keeper_forget_unproven(struct keeper *k, int64_t now)
{
	for (size_t i = k->platforms; i-- > 0;) {
		if (is_unproven(&k->platform[i], now, KEEPER_FORGET_SECONDS))
			remove_platform(k, i, unproven);
	}
}

/* Whether there is room for one more, now: of those that may go the one goes
 * that was wanted least recently, and first those that are not proven. */
static bool
make_room(struct keeper *k, int64_t now)
{
	struct platform *go = NULL;

	if (k->platforms < k->config.platforms_max)
		return true;
	for (size_t i = 0; i < k->platforms; i++) {
		struct platform *p = &k->platform[i];

		if (!is_unproven(p, now, KEEPER_UNPROVEN_SECONDS) &&
		    !is_idle(p, now))
			continue;
		if (go == NULL || p->proven < go->proven ||
		    (p->proven == go->proven && p->wanted < go->wanted))
			go = p;
	}
	if (go == NULL)
		return false;
	remove_platform(
	    k, (size_t)(go - k->platform), go->proven ? idle : unproven);
	return true;
}

/* --- its life ----------------------------------------------------------- */

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct keeper *k = arg;

	(void)fd;
	(void)what;
	keeper_run(k);
	/* Whatever is still on its way, what has come is taken into use. */
	if (k->unsettled)
		keeper_settle_soon(k);
}

static int
start(struct keeper *k, struct event_base *base,
    const struct collateral_source *source, struct dci_failure *f)
{
	static const struct timeval at_once = {0};

	k->update = source->update;
	k->timer = event_new(base, -1, 0, on_timer, k);
	k->settle = event_new(base, -1, 0, keeper_settle, k);
	if (k->timer == NULL || k->settle == NULL ||
	    event_add(k->timer, &at_once) != 0)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for the collateral.");
	if (source->kind != SOURCE_NONE) {
		source_url_text(k->from, sizeof(k->from), source->url);
		k->fetcher = k->config.fetcher != NULL
				 ? k->config.fetcher
				 : fetcher_new(base, source, f);
		if (k->fetcher == NULL)
			return -1;
	}
	if (keeper_read(k, NULL, f) != 0)
		return -1;
	keeper_use_all(k);
	k->unsettled = true; /* files of which a part is older */
	return 0;
}

struct keeper *
keeper_new(struct event_base *base, const struct keeper_config *config,
    const struct keeper_events *events, void *arg, struct dci_failure *f)
{
	struct keeper *k CLEANUP(cleanup_keeper) = calloc(1, sizeof(*k));

	if (k == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the collateral.");
		return NULL;
	}
	k->config = *config;
	k->config.source = NULL;
	if (k->config.platforms_max > STORE_PLATFORMS)
		k->config.platforms_max = STORE_PLATFORMS;
	k->events = *events;
	k->arg = arg;
	k->kept.anchor = config->anchor;
	if (start(k, base, config->source, f) != 0)
		return NULL;
	return TAKE(k);
}

void
keeper_free(struct keeper *k)
{
	if (k == NULL)
		return;
	fetcher_free(k->fetcher);
	if (k->timer != NULL)
		event_free(k->timer);
	if (k->settle != NULL)
		event_free(k->settle);
	for (size_t i = 0; i < k->platforms; i++) {
		for (unsigned u = 0; u < UPDATES; u++) {
			set_clear(&k->platform[i].used[u]);
			set_clear(&k->platform[i].stored[u]);
		}
	}
	kept_free(&k->kept);
	free(k);
}

void
keeper_refresh(struct keeper *k)
{
	int64_t now = keeper_now(k);

	for (size_t i = 0; i < k->misses; i++)
		k->miss[i].until = now;
	for (size_t i = 0; i < k->tasks; i++) {
		schedule_start(&k->task[i].schedule, now);
		/* What is on its way may have left before the wish. */
		k->task[i].again = k->task[i].asked;
	}
	keeper_run(k);
}

void
keeper_reread(struct keeper *k)
{
	struct dci_failure f;

	if (k->config.folder < 0)
		return;
	for (size_t i = k->platforms; i-- > 0;) {
		const struct platform *p = &k->platform[i];

		if (set_is_empty(&p->stored[k->update]) ||
		    store_has(k->config.folder, k->update, &p->id))
			continue;
		keeper_log_removed(&p->id, "its file is gone");
		keeper_drop(k, i);
		k->changed = true;
	}
	if (keeper_read(k, "collateral-imported", &f) != 0)
		keeper_log_platform("collateral-not-read", NULL, &f);
	keeper_run(k);
	keeper_settle_soon(k);
}

/* --- what is asked of it ------------------------------------------------ */

/* What was said of that platform, and still holds; not where the clock was set
 * back since. */
static struct miss *
find_miss(struct keeper *k, const struct dci_platform_id *id, int64_t now)
{
	for (size_t i = 0; i < k->misses; i++) {
		struct miss *m = &k->miss[i];

		if (platform_same(&m->id, id) && now < m->until &&
		    m->until - now <= KEEPER_UNKNOWN_SECONDS)
			return m;
	}
	return NULL;
}

/* The place of a platform that is not there; NULL with *f: it gets none. */
static struct platform *
admit(struct keeper *k, const struct dci_platform_id *id, int64_t now,
    struct dci_failure *f)
{
	if (!pace_allows(&k->pace, now, k->config.platforms_per_minute)) {
		dci_fail(f, DCI_TOO_MANY_NEW_PLATFORMS,
		    "More than %u platforms were seen for the first time in a "
		    "minute.",
		    k->config.platforms_per_minute);
		return NULL;
	}
	if (!make_room(k, now)) {
		dci_fail(f, DCI_TOO_MANY_PLATFORMS,
		    "There is collateral of %zu platforms, and all of them "
		    "were wanted within the last %u days.",
		    k->platforms, KEEPER_IDLE_SECONDS / 86400);
		return NULL;
	}
	return keeper_add(k, id);
}

static int
begin(struct keeper *k, const struct dci_platform_id *id, struct platform *p,
    int64_t now, struct dci_failure *f)
{
	if (k->fetcher == NULL)
		return dci_fail(f, DCI_COLLATERAL_UNAVAILABLE,
		    "There is no collateral for that platform, and no source "
		    "is asked for it; use dci collateral import.");
	if (p == NULL && (p = admit(k, id, now, f)) == NULL)
		return -1;
	p->waiting = true;
	p->wanted = now;
	if (keeper_need(k, id, true))
		return 0;
	keeper_drop(k, place(k, id));
	return dci_fail(
	    f, DCI_TOO_MANY_PLATFORMS, "Too many documents are being fetched.");
}

void
keeper_want(struct keeper *k, const struct dci_platform_id *id)
{
	int64_t now = keeper_now(k);
	struct platform *p = find(k, id);
	struct dci_failure f;

	if (p != NULL && p->waiting)
		return;
	if (p != NULL && !set_is_empty(&p->used[k->update])) {
		p->wanted = now;
		k->changed = true;
		keeper_settle_soon(k);
		return;
	}
	struct miss *known = find_miss(k, id, now);
	if (known != NULL) {
		known->tell = true;
		keeper_settle_soon(k);
	} else if (begin(k, id, p, now, &f) != 0) {
		keeper_missed(k, id, now, &f);
	} else {
		keeper_run(k);
		/* Everything may be there already. */
		keeper_settle_soon(k);
	}
}

void
keeper_used(struct keeper *k, const struct dci_platform_id *id)
{
	struct platform *p = find(k, id);

	if (p == NULL)
		return;
	p->wanted = keeper_now(k);
	if (p->proven)
		return;
	p->proven = true;
	keeper_settle_soon(k);
}

size_t
keeper_count(const struct keeper *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->platforms; i++)
		n += !set_is_empty(&k->platform[i].used[k->update]);
	return n;
}

static const struct platform *
keeper_platform(const struct keeper *k, size_t i)
{
	const struct platform *p = k->platform;

	while (set_is_empty(&p->used[k->update]) || i-- > 0)
		p++;
	return p;
}

struct dci_collateral
keeper_get(const struct keeper *k, size_t i, struct dci_platform_id *id)
{
	const struct platform *p = keeper_platform(k, i);

	*id = p->id;
	return set_view(&p->used[k->update]);
}

bool
keeper_get_early(const struct keeper *k, size_t i, struct dci_collateral *out)
{
	const struct set *early = &keeper_platform(k, i)->used[UPDATE_EARLY];

	if (k->update == UPDATE_EARLY || set_is_empty(early))
		return false;
	*out = set_view(early);
	return true;
}
