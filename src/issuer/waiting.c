/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "issuer/platform_id.h"
#include "issuer/submit.h"
#include "issuer/tally.h"
#include "issuer/waiting.h"

/* Before the worker loses its patience, so that the reason is told. */
#define PATIENCE_SECONDS (LIMIT_WAIT_SECONDS - 1)

/* A client that waits. */
struct wait {
	TAILQ_ENTRY(wait) next;
	struct waiting *waiting;
	struct client *client;
	struct dci_platform_id platform;
	int64_t since; /* milliseconds */
	struct event *deadline;
	bool told;  /* in the log */
	bool again; /* to be appraised again */
};

struct waiting {
	struct appraiser *appraiser;
	TAILQ_HEAD(, wait) all;
	unsigned n;
	/* Questions that the collector may still say no to. */
	size_t questions;
	struct event *turn;
	struct tally *told;
};

static void
log_platform(struct log_line *l, const struct wait *w)
{
	log_hex(l, "request", w->client->request_id, REQUEST_ID_SIZE);
	log_text(l, "peer", w->client->peer);
	platform_id_log(l, &w->platform);
}

/* --- refusing
 * ------------------------------------------------------------------- */

/* The lack of collateral, and why nothing can be done about it. */
static void
explain(struct client *c, const struct dci_platform_id *id, const char *why)
{
	char platform[PLATFORM_ID_TEXT];

	platform_id_text(platform, id);
	dci_fail(&c->appraisal.failure, DCI_COLLATERAL_UNAVAILABLE,
	    "The issuer has no collateral for the platform of this quote: %s. "
	    "%s",
	    platform, why);
}

static void
give_up(struct wait *w, const char *why)
{
	struct client *c = w->client;
	struct appraiser *a = w->waiting->appraiser;

	explain(c, &w->platform, why);
	waiting_leave(w->waiting, c, why);
	submit_refusal(a, c);
	client_forget(a, c->connection);
}

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct wait *w = arg;

	(void)fd;
	(void)what;
	give_up(w, w->waiting->appraiser->collector == NULL
		       ? "The process that fetches it is being started again."
		       : "It could not be fetched in time; try again.");
}

/* --- asking
 * -------------------------------------------------------------------- */

static void
ask(struct waiting *s, const struct dci_platform_id *id)
{
	struct m_want want = {.platform = *id};

	if (s->appraiser->collector == NULL)
		return;
	channel_send(
	    s->appraiser->collector, M_WANT, &want, (struct bytes){0}, -1);
	s->questions++;
}

static bool
is_first(const struct waiting *s, const struct wait *w)
{
	const struct wait *i;

	TAILQ_FOREACH (i, &s->all, next) {
		if (platform_id_same(&i->platform, &w->platform))
			return i == w;
	}
	return true;
}

void
waiting_connect(struct waiting *s)
{
	struct wait *w;

	s->questions = 0;
	TAILQ_FOREACH (w, &s->all, next) {
		if (is_first(s, w))
			ask(s, &w->platform);
	}
}

bool
waiting_missing(struct waiting *s, const struct m_missing *m)
{
	struct wait *w, *next;

	if (s->questions == 0)
		return false;
	s->questions--;
	for (w = TAILQ_FIRST(&s->all); w != NULL; w = next) {
		next = TAILQ_NEXT(w, next);
		if (platform_id_same(&w->platform, &m->platform))
			give_up(w, m->failure.sentence);
	}
	return true;
}

/* --- entering and leaving
 * ------------------------------------------------------ */

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct waiting *s = arg;
	struct timeval now = {0, 0};
	struct wait *w;

	(void)fd;
	(void)what;
	TAILQ_FOREACH (w, &s->all, next) {
		if (w->again)
			break;
	}
	if (w == NULL)
		return;
	event_add(s->turn, &now);
	w->again = false;
	client_appraise(s->appraiser, w->client);
}

void
waiting_loaded(struct waiting *s)
{
	struct timeval now = {0, 0};
	struct wait *w;

	TAILQ_FOREACH (w, &s->all, next)
		w->again = true;
	if (!TAILQ_EMPTY(&s->all))
		event_add(s->turn, &now);
}

/* At most so many lines a minute for each network, as for refusals; the
 * refusal itself is counted in any case. */
static void
log_entry(struct wait *w)
{
	struct bytes peer = {
	    (const uint8_t *)w->client->peer, strlen(w->client->peer)};
	struct log_line l;

	w->told = tally_tells(
	    w->waiting->told, DCI_COLLATERAL_UNAVAILABLE, peer, child_now());
	if (!w->told)
		return;
	log_begin(&l, LOG_LEVEL_INFO, "waits-for-collateral");
	log_platform(&l, w);
	log_int(&l, "waiting", w->waiting->n);
	log_end(&l);
}

static void
enter(
    struct waiting *s, struct client *c, const struct dci_platform_id *platform)
{
	struct wait *w = calloc(1, sizeof(*w));
	struct timeval patience = {PATIENCE_SECONDS, 0};
	struct m_connection m = {.connection = c->connection};

	if (w == NULL)
		log_fatal("out-of-memory", "no memory for a client");
	*w = (struct wait){.waiting = s,
	    .client = c,
	    .platform = *platform,
	    .since = clock_milliseconds(),
	    .deadline = evtimer_new(s->appraiser->child->base, on_deadline, w)};
	if (w->deadline == NULL || event_add(w->deadline, &patience) != 0)
		log_fatal("out-of-memory", "no memory for an event");
	c->wait = w;
	TAILQ_INSERT_TAIL(&s->all, w, next);
	s->n++;
	channel_send(s->appraiser->worker, M_WAIT, &m, (struct bytes){0}, -1);
	if (is_first(s, w))
		ask(s, platform);
	log_entry(w);
}

/* Whether one more may wait; *failure if not. */
static bool
room(const struct waiting *s, struct client *c,
    const struct dci_platform_id *platform)
{
	unsigned all = s->appraiser->child->start.waiting, own = 0;
	unsigned share = (all + LIMIT_WAITING_SHARE - 1) / LIMIT_WAITING_SHARE;
	const struct wait *w;

	if (s->n >= all) {
		explain(c, platform,
		    "As many connections as may wait do so already; try "
		    "again.");
		return false;
	}
	TAILQ_FOREACH (w, &s->all, next)
		own += memcmp(w->client->address, c->address,
			   sizeof(c->address)) == 0;
	if (own >= share) {
		explain(c, platform,
		    "As many connections of one address as may wait do so "
		    "already; try again.");
		return false;
	}
	return true;
}

bool
waiting_enter(struct waiting *s, struct client *c)
{
	const struct child *child = s->appraiser->child;
	const struct dci_evidence *e = &c->appraisal.evidence;
	struct dci_platform_id platform;

	if (!collateral_set_more(c->reference->collateral))
		return false;
	if (c->wait != NULL)
		return true; /* what came is for others */
	if (dci_quote_platform(&platform, e->quote, e->quote_size,
		&child->start.anchor, &c->appraisal.failure) != 0)
		return false;
	if (!room(s, c, &platform))
		return false;
	enter(s, c, &platform);
	return true;
}

void
waiting_leave(struct waiting *s, struct client *c, const char *outcome)
{
	struct wait *w = c->wait;
	struct log_line l;

	if (w == NULL)
		return;
	if (w->told) {
		log_begin(&l, LOG_LEVEL_INFO, "waited-for-collateral");
		log_platform(&l, w);
		log_int(&l, "milliseconds", clock_milliseconds() - w->since);
		log_text(&l, "outcome", outcome);
		log_end(&l);
	}
	c->wait = NULL;
	TAILQ_REMOVE(&s->all, w, next);
	s->n--;
	event_free(w->deadline);
	free(w);
}

struct waiting *
waiting_new(struct appraiser *a)
{
	struct waiting *s = calloc(1, sizeof(*s));

	if (s == NULL ||
	    (s->turn = evtimer_new(a->child->base, on_turn, s)) == NULL)
		log_fatal("out-of-memory", "no memory for waiting");
	s->appraiser = a;
	s->told = tally_new();
	TAILQ_INIT(&s->all);
	return s;
}
