/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The collector: the only process that connects to others.  It fetches and
 * keeps collateral (collateral/keeper.h) and publishes all of it to the parent
 * whenever something in it changed; appraisers, which verify it, ask it for
 * platforms that are missing.  Without a source it only reads its folder.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "collateral/fetch.h"
#include "collateral/keeper.h"
#include "issuer/child.h"
#include "issuer/collateral_text.h"
#include "issuer/platform_id.h"
#include "issuer/resolver.h"
#include "issuer/sandbox.h"
#include "issuer/sealed.h"
#include "issuer/wants.h"

#define QUEUE_MAX                                                  \
	(256u * 1024) /* bytes for an appraiser that does not read \
		       */
#define PLATFORMS_PER_MINUTE 20

struct collector {
	struct child *child;
	struct collateral_source source;
	struct fetcher *fetcher; /* NULL: nothing is fetched */
	struct keeper *keeper;
	struct wants wants;
	bool early; /* there was something early to publish */
	struct appraiser_end {
		struct collector *collector;
		unsigned index;
		struct channel *channel;
	} appraiser[WORKERS_MAX];
};

/* --- publishing
 * ----------------------------------------------------------------- */

/* The parent would not take more. */
static bool
fits(const struct writer *w, const struct dci_collateral *c)
{
	size_t n = 0;

	for (size_t d = 0; d < DCI_DOCUMENTS; d++)
		n += 4 + c->doc[d].n;
	return n <= LIMIT_PUBLISHED - w->n;
}

static void
publish(struct collector *s)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_PUBLISHED);
	struct dci_platform_id platform;
	size_t left = 0;

	for (size_t i = 0; i < keeper_count(s->keeper); i++) {
		struct dci_collateral c = keeper_get(s->keeper, i, &platform);

		if (fits(&w, &c))
			collateral_text_add(&w, &c);
		else
			left++;
	}
	if (w.failed)
		log_fatal("out-of-memory", "no memory for collateral");
	if (left > 0)
		log_note(LOG_LEVEL_ERROR, "collateral-too-large",
		    "%zu sets are left out: all together have more than %u "
		    "bytes",
		    left, LIMIT_PUBLISHED);
	int fd CLEANUP(cleanup_fd) = sealed_file("published", w.data, w.n);
	channel_send(s->child->parent, M_PUBLISHED, &(struct m_none){0},
	    (struct bytes){0}, fd);
}

/* What comes with the next TCB recovery, for the forecaster. */
static void
publish_early(struct collector *s)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_PUBLISHED);
	struct dci_collateral c;

	for (size_t i = 0; i < keeper_count(s->keeper); i++) {
		if (keeper_get_early(s->keeper, i, &c) && fits(&w, &c))
			collateral_text_add(&w, &c);
	}
	if (w.failed)
		log_fatal("out-of-memory", "no memory for collateral");
	if (w.n == 0 && !s->early)
		return;
	s->early = w.n > 0;
	int fd CLEANUP(cleanup_fd) = sealed_file("early", w.data, w.n);
	channel_send(s->child->parent, M_EARLY, &(struct m_none){0},
	    (struct bytes){0}, fd);
}

static bool
has(const struct collector *s, const struct dci_platform_id *wanted)
{
	struct dci_platform_id platform;

	for (size_t i = 0; i < keeper_count(s->keeper); i++) {
		keeper_get(s->keeper, i, &platform);
		if (platform_id_same(&platform, wanted))
			return true;
	}
	return false;
}

static void
tell_missing(struct collector *s, unsigned appraiser,
    const struct dci_platform_id *platform, const struct dci_failure *f)
{
	struct channel *to = s->appraiser[appraiser].channel;
	struct m_missing m = {.platform = *platform, .failure = *f};

	/* One that does not listen is not told. */
	if (to != NULL && channel_queued(to) < QUEUE_MAX)
		channel_send(to, M_MISSING, &m, (struct bytes){0}, -1);
}

/* Of the keeper: some platform's collateral is new. */
static void
on_changed(void *arg)
{
	struct collector *s = arg;
	struct dci_platform_id platform;

	publish(s);
	publish_early(s);
	for (size_t i = 0; i < keeper_count(s->keeper); i++) {
		keeper_get(s->keeper, i, &platform);
		wants_take(&s->wants, &platform);
	}
}

/* Of the keeper: that platform's cannot be had now. */
static void
on_missing(void *arg, const struct dci_platform_id *platform,
    const struct dci_failure *f)
{
	struct collector *s = arg;
	uint64_t appraisers = wants_take(&s->wants, platform);

	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		if ((appraisers >> i & 1) != 0)
			tell_missing(s, i, platform, f);
	}
}

static const struct keeper_events events = {on_changed, on_missing};

/* --- from the others
 * ------------------------------------------------------------- */

static void
on_want(struct collector *s, unsigned appraiser,
    const struct dci_platform_id *platform)
{
	struct dci_failure f;

	/* It is on its way: all that is here was published. */
	if (has(s, platform))
		return;
	if (wants_add(&s->wants, appraiser, platform)) {
		keeper_want(s->keeper, platform);
		return;
	}
	dci_fail(&f, DCI_COLLATERAL_UNAVAILABLE,
	    "That of %d other platforms is being fetched already.", WANTS_MAX);
	tell_missing(s, appraiser, platform, &f);
}

static void
on_appraiser(struct channel *c, const struct message *m, void *arg)
{
	const struct appraiser_end *from = arg;
	struct m_want want;

	if (m->type != M_WANT && m->type != M_USED) {
		channel_refuse(c, "unexpected message %d", m->type);
		return;
	}
	want = MESSAGE_FIXED(struct m_want, m);
	if (want.platform.tee != DCI_TEE_SGX &&
	    want.platform.tee != DCI_TEE_TDX) {
		channel_refuse(c, "a platform that cannot be");
		return;
	}
	if (m->type == M_USED)
		keeper_used(from->collector->keeper, &want.platform);
	else
		on_want(from->collector, from->index, &want.platform);
}

static void
on_appraiser_closed(struct channel *c, void *arg)
{
	struct appraiser_end *from = arg;

	wants_forget(&from->collector->wants, from->index);
	channel_free(c);
	from->channel = NULL;
}

static void
collector_peer(struct child *child, enum role role, unsigned index, int fd)
{
	struct collector *s = child->state;

	if (role != ROLE_APPRAISER || index >= WORKERS_MAX)
		log_fatal("ipc", "unexpected peer");
	struct appraiser_end *end = &s->appraiser[index];
	channel_free(end->channel);
	wants_forget(&s->wants, index);
	*end = (struct appraiser_end){.collector = s, .index = index};
	end->channel = channel_new(child->base, fd, ROLE_COLLECTOR, role,
	    on_appraiser, on_appraiser_closed, end);
}

static void
collector_message(struct child *child, const struct message *m)
{
	struct collector *s = child->state;

	if (m->type == M_REFRESH)
		keeper_refresh(s->keeper);
	else if (m->type == M_REREAD)
		keeper_reread(s->keeper);
	else
		log_fatal("ipc", "unexpected message %d", m->type);
}

static void
collector_reload(struct child *child, enum file_kind kind, int fd)
{
	(void)child;
	(void)fd;
	log_fatal("ipc", "unexpected file %d", kind);
}

/* --- start
 * ------------------------------------------------------------------------ */

static void
read_source(struct collector *s, struct child *child)
{
	struct m_source *from = &child->source;
	struct dci_failure f;

	from->url[SOURCE_URL_MAX] = '\0';
	if (source_init(&s->source, &f) != 0)
		log_fatal("start-failed", "%s", f.sentence);
	s->source.kind = from->kind;
	s->source.unverified_tls = from->unverified_tls;
	s->source.update = from->update;
	s->source.retries = from->retries;
	s->source.retry_seconds = from->retry_seconds;
	free(s->source.url);
	s->source.url = strdup(from->url);
	if (s->source.url == NULL)
		log_fatal("start-failed", "out of memory");
	if (child->file[FILE_SOURCE_CA] >= 0)
		s->source.ca = (char *)child_read(child->file[FILE_SOURCE_CA],
		    "the CAs of the source", LIMIT_CA_FILE)
				   .p;
}

/* libcurl and the CAs are loaded while that can be done. */
static void
prepare_fetching(struct collector *s)
{
	struct child *child = s->child;
	struct dci_failure f;

	if (!sandbox_guards_files()) {
		log_note(LOG_LEVEL_ERROR, "not-fetched",
		    "a process with network could read every file of this "
		    "user, since this kernel has no landlock: run the issuer "
		    "as root, or on a newer kernel");
		child->source.kind = s->source.kind = SOURCE_NONE;
		return;
	}
	s->fetcher = fetcher_new(child->base, &s->source, &f);
	if (s->fetcher == NULL) {
		log_fail(LOG_LEVEL_ERROR, "not-fetched", &f);
		child->source.kind = s->source.kind = SOURCE_NONE;
		return;
	}
	resolver_watch(child->base);
}

static void
collector_start(struct child *child)
{
	struct collector *s = calloc(1, sizeof(*s));

	if (s == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = s;
	s->child = child;
	read_source(s, child);
	if (s->source.kind != SOURCE_NONE)
		prepare_fetching(s);
}

/* What is in the folder was written by a process like this one, which somebody
 * may have taken over: it is read locked in. */
static void
collector_locked(struct child *child)
{
	struct collector *s = child->state;
	struct keeper_config config = {.source = &s->source,
	    .fetcher = s->fetcher,
	    .anchor = child->start.anchor,
	    .folder = child->file[FILE_COLLATERAL_FOLDER],
	    .refresh = child->source.refresh,
	    .early = child->source.early,
	    .warn = child->source.warn,
	    .platforms_max = STORE_PLATFORMS,
	    .platforms_per_minute = PLATFORMS_PER_MINUTE};
	struct dci_failure f;

	s->keeper = keeper_new(child->base, &config, &events, s, &f);
	if (s->keeper == NULL)
		log_fatal("start-failed", "%s", f.sentence);
	publish(s);
	publish_early(s);
}

const struct child_role role_collector = {.role = ROLE_COLLECTOR,
    .start = collector_start,
    .locked = collector_locked,
    .peer = collector_peer,
    .reload = collector_reload,
    .message = collector_message};
