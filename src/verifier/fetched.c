/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "collateral/keeper.h"
#include "collateral/store.h"
#include "verifier/fetched.h"

#define NEW_PLATFORMS_PER_MINUTE 20
#define DAY                      86400

struct entry {
	struct dci_platform_id id;
	struct dci_snapshot *snapshot;
	uint8_t digest[SHA256_SIZE]; /* of the documents as they came */
	bool good;
	unsigned pass;    /* of the last one that saw it */
	int64_t used_day; /* when the keeper was told last */
};

struct fetched {
	struct keeper *keeper;
	struct dci_anchor anchor;
	struct fetched_events events;
	void *arg;
	int folder; /* -1: none */
	size_t n;
	struct entry entry[STORE_PLATFORMS];

	/* A pass over what the keeper has, one new snapshot in a turn. */
	struct event *turn;
	size_t next;
	unsigned pass;
	bool passing, again;
};

CLEANUP_TYPE(cleanup_fetched, struct fetched, fetched_free)

static bool
same(const struct dci_platform_id *a, const struct dci_platform_id *b)
{
	return a->tee == b->tee && a->platform_ca == b->platform_ca &&
	       memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0;
}

static struct entry *
find(struct fetched *c, const struct dci_platform_id *id)
{
	for (size_t i = 0; i < c->n; i++) {
		if (same(&c->entry[i].id, id))
			return &c->entry[i];
	}
	return NULL;
}

/* --- passes --- */

static bool
name_documents(
    uint8_t out[static SHA256_SIZE], const struct dci_collateral *all)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();
	bool good =
	    ctx != NULL && EVP_DigestInit_ex(ctx, digest_sha256(), NULL);

	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		uint64_t n = all->doc[i].n;

		good = good && EVP_DigestUpdate(ctx, &n, sizeof(n)) &&
		       EVP_DigestUpdate(ctx, all->doc[i].data, n);
	}
	return good && EVP_DigestFinal_ex(ctx, out, NULL);
}

/* Without memory it is tried again with the next change. */
static bool
verify(struct fetched *c, const struct dci_platform_id *id,
    const struct dci_collateral *all, const uint8_t digest[static SHA256_SIZE])
{
	struct entry *e = find(c, id);
	struct dci_snapshot *fresh = dci_snapshot_new(all, &c->anchor);
	struct dci_failure why;

	if (fresh == NULL || (e == NULL && c->n == STORE_PLATFORMS)) {
		dci_snapshot_free(fresh);
		return false;
	}
	if (e == NULL) {
		e = &c->entry[c->n++];
		*e = (struct entry){.id = *id};
	}
	dci_snapshot_free(e->snapshot);
	e->snapshot = fresh;
	memcpy(e->digest, digest, SHA256_SIZE);
	e->pass = c->pass;
	e->good = dci_snapshot_check(fresh, &why) == 0;
	if (!e->good)
		log_fail(LOG_LEVEL_WARN, "collateral", &why);
	return true;
}

static void
forget_unseen(struct fetched *c)
{
	for (size_t i = 0; i < c->n;) {
		if (c->entry[i].pass == c->pass) {
			i++;
			continue;
		}
		dci_snapshot_free(c->entry[i].snapshot);
		c->entry[i] = c->entry[--c->n];
	}
}

/* Goes on to the next platform with something new; true with its id, false at
 * the end. */
static bool
go_on(struct fetched *c, struct dci_platform_id *id)
{
	while (c->next < keeper_count(c->keeper)) {
		uint8_t digest[SHA256_SIZE];
		struct dci_collateral all =
		    keeper_get(c->keeper, c->next++, id);
		struct entry *e = find(c, id);

		if (e != NULL)
			e->pass = c->pass;
		if (!name_documents(digest, &all) ||
		    (e != NULL && memcmp(e->digest, digest, SHA256_SIZE) == 0))
			continue;
		if (verify(c, id, &all, digest))
			return true;
	}
	forget_unseen(c);
	return false;
}

static void
begin_pass(struct fetched *c)
{
	c->passing = true;
	c->again = false;
	c->next = 0;
	c->pass++;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct fetched *c = arg;
	struct dci_platform_id id;

	(void)fd;
	(void)what;
	bool found = go_on(c, &id);
	if (!found && c->again)
		begin_pass(c);
	else
		c->passing = found;
	if (c->passing)
		event_active(c->turn, 0, 0);
	if (found)
		c->events.ready(c->arg, &id);
}

static void
on_changed(void *arg)
{
	struct fetched *c = arg;

	if (c->passing) {
		c->again = true;
		return;
	}
	begin_pass(c);
	event_active(c->turn, 0, 0);
}

static void
on_missing(
    void *arg, const struct dci_platform_id *id, const struct dci_failure *f)
{
	struct fetched *c = arg;

	c->events.missing(c->arg, id, f);
}

/* --- life --- */

/* With the store's own folder in it, which could not be made later by a
 * process that has locked itself in. */
static int
open_folder(struct fetched *c, const struct verifier_config *config,
    struct dci_failure *f)
{
	const char *path = config->collateral_folder;
	char kind[PATH_MAX];

	if (path == NULL)
		return 0;
	if ((size_t)snprintf(kind, sizeof(kind), "%s/%s", path,
		store_kind_name(config->source.source.update)) >= sizeof(kind))
		return dci_fail(f, DCI_FILE_UNWRITABLE,
		    "collateral_folder: the path is too long.");
	if (folder_make(kind, 0755, f) != 0)
		return -1;
	c->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->folder >= 0
		   ? 0
		   : dci_fail(f, DCI_FILE_UNREADABLE,
			 "%s cannot be opened: %s.", path, strerror(errno));
}

static int
set_up(struct fetched *c, struct event_base *base,
    const struct verifier_config *config, struct dci_failure *f)
{
	const struct keeper_config how = {.source = &config->source.source,
	    .anchor = c->anchor,
	    .folder = c->folder,
	    .refresh = config->source.refresh,
	    .warn = config->source.warn,
	    .platforms_max = STORE_PLATFORMS,
	    .platforms_per_minute = NEW_PLATFORMS_PER_MINUTE};
	static const struct keeper_events events = {
	    .changed = on_changed, .missing = on_missing};
	struct dci_platform_id id;

	c->turn = event_new(base, -1, EV_PERSIST, on_turn, c);
	if (c->turn == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for events.");
	c->keeper = keeper_new(base, &how, &events, c, f);
	if (c->keeper == NULL)
		return -1;
	begin_pass(c);
	while (go_on(c, &id))
		;
	c->passing = false;
	return 0;
}

struct fetched *
fetched_new(struct event_base *base, const struct verifier_config *config,
    const struct dci_anchor *anchor, const struct fetched_events *events,
    void *arg, struct dci_failure *f)
{
	struct fetched *c CLEANUP(cleanup_fetched) = calloc(1, sizeof(*c));

	if (c == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
		return NULL;
	}
	c->anchor = *anchor;
	c->events = *events;
	c->arg = arg;
	c->folder = -1;
	if (open_folder(c, config, f) != 0 || set_up(c, base, config, f) != 0)
		return NULL;
	return TAKE(c);
}

void
fetched_free(struct fetched *c)
{
	if (c == NULL)
		return;
	keeper_free(c->keeper);
	if (c->turn != NULL)
		event_free(c->turn);
	for (size_t i = 0; i < c->n; i++)
		dci_snapshot_free(c->entry[i].snapshot);
	cleanup_fd(&c->folder);
	free(c);
}

/* --- what it is for --- */

const struct dci_snapshot *
fetched_find(struct fetched *c, const struct dci_platform_id *id, bool *good)
{
	struct entry *e = find(c, id);

	if (e == NULL)
		return NULL;
	*good = e->good;
	return e->snapshot;
}

void
fetched_used(struct fetched *c, const struct dci_platform_id *id, int64_t now)
{
	struct entry *e = find(c, id);

	if (e == NULL || e->used_day == now / DAY)
		return;
	e->used_day = now / DAY;
	keeper_used(c->keeper, id);
}

void
fetched_want(struct fetched *c, const struct dci_platform_id *id)
{
	struct entry *e = find(c, id);

	/* The keeper may have forgotten what it was told. */
	if (e != NULL)
		e->used_day = 0;
	keeper_want(c->keeper, id);
}

void
fetched_refresh(struct fetched *c)
{
	keeper_refresh(c->keeper);
}

void
fetched_reread(struct fetched *c)
{
	keeper_reread(c->keeper);
}

size_t
fetched_count(const struct fetched *c, size_t *good)
{
	*good = 0;
	for (size_t i = 0; i < c->n; i++)
		*good += c->entry[i].good;
	return c->n;
}
