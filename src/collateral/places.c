/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "collateral/fetch.h"
#include "collateral/places.h"

struct places {
	unsigned taken;
	/* Of those, with threads that were left behind: until when, by
	 * clock_seconds(). */
	unsigned left;
	int64_t until[FETCH_AT_ONCE];
	struct event *timer;
	void (*room)(void *arg);
	void *arg;
};

/* The first is the one that ends first. */
static void
wait_for_first(struct places *p)
{
	struct timeval tv = {p->until[0] - clock_seconds() + 1, 0};

	if (tv.tv_sec < 1)
		tv.tv_sec = 1;
	if (evtimer_add(p->timer, &tv) != 0)
		log_fatal("out-of-memory", "no memory for a timer");
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct places *p = arg;
	unsigned over = 0;

	(void)fd;
	(void)what;
	while (over < p->left && p->until[over] <= clock_seconds())
		over++;
	p->left -= over;
	p->taken -= over;
	for (unsigned i = 0; i < p->left; i++)
		p->until[i] = p->until[i + over];
	if (p->left > 0)
		wait_for_first(p);
	if (over > 0)
		p->room(p->arg);
}

struct places *
places_new(struct event_base *base, void (*room)(void *arg), void *arg)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p == NULL || (p->timer = evtimer_new(base, on_timer, p)) == NULL) {
		free(p);
		return NULL;
	}
	p->room = room;
	p->arg = arg;
	return p;
}

void
places_free(struct places *p)
{
	if (p == NULL)
		return;
	event_free(p->timer);
	free(p);
}

bool
places_take(struct places *p)
{
	if (p->taken == FETCH_AT_ONCE)
		return false;
	p->taken++;
	return true;
}

void
places_give(struct places *p, bool resolving)
{
	if (!resolving) {
		p->taken--;
		return;
	}
	p->until[p->left++] = clock_seconds() + PLACES_LEFT_SECONDS;
	if (p->left == 1)
		wait_for_first(p);
}
