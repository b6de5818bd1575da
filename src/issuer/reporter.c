/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/child.h"
#include "issuer/reporter.h"
#include "issuer/tally.h"

struct reporter {
	struct channel *ledger;
	struct tally *tally;
	struct event *each_second; /* while something is counted */
};

static bool
has_room(const struct reporter *r)
{
	return channel_queued(r->ledger) < LIMIT_REFUSALS_QUEUED;
}

static bool
send_sum(const struct tally_sum *sum, void *arg)
{
	struct reporter *r = arg;
	struct m_refusal m = {.count = sum->count};

	if (!has_room(r))
		return false;
	dci_fail(&m.failure, sum->code, "%s %s", dci_code_meaning(sum->code),
	    dci_code_remedy(sum->code));
	memcpy(m.peer, sum->peer, sizeof(m.peer));
	channel_send(r->ledger, M_REFUSAL, &m, (struct bytes){0}, -1);
	return true;
}

void
reporter_flush(struct reporter *r)
{
	tally_each(r->tally, child_now(), true, send_sum, r);
}

static void
start_timer(struct reporter *r)
{
	struct timeval second = {1, 0};

	if (!evtimer_pending(r->each_second, NULL))
		event_add(r->each_second, &second);
}

static bool
is_left(const struct tally_sum *sum, void *arg)
{
	bool *left = arg;

	(void)sum;
	*left = true;
	return false;
}

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct reporter *r = arg;
	bool left = false;

	(void)fd;
	(void)what;
	reporter_flush(r);
	tally_each(r->tally, child_now(), true, is_left, &left);
	if (left)
		start_timer(r);
}

struct reporter *
reporter_new(struct event_base *base)
{
	struct reporter *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->each_second = evtimer_new(base, on_second, r);
	if (r == NULL || r->each_second == NULL)
		log_fatal("start-failed", "out of memory");
	r->tally = tally_new();
	return r;
}

void
reporter_connect(struct reporter *r, struct channel *ledger)
{
	r->ledger = ledger;
}

void
reporter_refusal(struct reporter *r, struct m_refusal *m, struct bytes tail)
{
	struct bytes peer = {(const uint8_t *)m->peer, strlen(m->peer)};
	int64_t now = child_now();

	if (!has_room(r)) {
		tally_count(r->tally, m->failure.code, peer, 1, now);
		start_timer(r);
	} else if (!tally_tells(r->tally, m->failure.code, peer, now)) {
		start_timer(r);
	} else {
		m->count = 1;
		channel_send(r->ledger, M_REFUSAL, m, tail, -1);
	}
}
