/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "issuer/forecasts.h"
#include "issuer/launch.h"

#define SOON_SECONDS 2 /* what comes together is looked at together */
#define DAY_SECONDS  86400
#define SEALS        (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct forecasts {
	struct parent *parent;
	int early; /* a sealed memfd, or -1 */
	struct event *due;
};

static void
schedule(struct forecasts *s, int seconds)
{
	struct timeval delay = {seconds, 0};

	if (event_add(s->due, &delay) != 0)
		log_fatal("out-of-memory", "no memory for a timer");
}

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
	struct forecasts *s = arg;
	struct parent *p = s->parent;

	(void)fd;
	(void)what;
	if (p->stopping)
		return;
	/* One at a time; nothing is in the ledger before it runs. */
	if (p->forecaster.pid != 0 || !p->ledger.ready) {
		schedule(s, SOON_SECONDS);
		return;
	}
	launch_forecaster(p, s->early);
	schedule(s, DAY_SECONDS);
}

bool
forecasts_early(struct forecasts *s, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	off_t size = seals < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if ((seals & SEALS) != SEALS || size < 0 || size > LIMIT_PUBLISHED) {
		close(fd);
		return false;
	}
	if (s->early >= 0)
		close(s->early);
	s->early = fd;
	forecasts_soon(s);
	return true;
}

void
forecasts_soon(struct forecasts *s)
{
	schedule(s, SOON_SECONDS);
}

struct forecasts *
forecasts_new(struct parent *p)
{
	struct forecasts *s = calloc(1, sizeof(*s));

	if (s == NULL || (s->due = evtimer_new(p->base, on_due, s)) == NULL)
		log_fatal("start-failed", "out of memory");
	s->parent = p;
	s->early = -1;
	return s;
}
