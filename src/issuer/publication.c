/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "issuer/collateral_text.h"
#include "issuer/publication.h"
#include "issuer/supply.h"

#define PAUSE_SECONDS 1
#define SEALS         (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct publication {
	struct parent *parent;
	uint8_t *data; /* owned */
	size_t n;
	int waiting; /* a descriptor, or -1 */
	struct event *pause;
};

/* All of it, allocated, or NULL with why not.  Only a sealed memfd: reading
 * anything else could take for ever. */
static uint8_t *
read_all(int fd, size_t *n, const char **why)
{
	int seals = fcntl(fd, F_GET_SEALS);
	off_t size = seals < 0 ? -1 : lseek(fd, 0, SEEK_END);
	size_t done = 0;

	*why = "a publication that is not sealed";
	if ((seals & SEALS) != SEALS || size < 0)
		return NULL;
	*why = "a publication that is too large";
	*n = (size_t)size;
	if (*n > LIMIT_PUBLISHED)
		return NULL;
	uint8_t *data = malloc(*n + 1);
	if (data == NULL)
		log_fatal("out-of-memory", "no memory for collateral");
	while (done < *n) {
		ssize_t got = pread(fd, data + done, *n - done, (off_t)done);

		if (got <= 0) {
			*why = "a publication that cannot be read";
			free(data);
			return NULL;
		}
		done += (size_t)got;
	}
	return data;
}

static void
adopt(struct publication *s, int fd)
{
	struct channel *from = s->parent->collector.channel;
	const char *why;
	size_t n, sets;
	uint8_t *data CLEANUP(cleanup_free) = read_all(fd, &n, &why);

	close(fd);
	if (data != NULL && !collateral_text_count((struct bytes){data, n},
				STORE_PLATFORMS, &sets)) {
		free(TAKE(data));
		why = "a publication that does not parse";
	}
	if (data == NULL) {
		if (from != NULL)
			channel_refuse(from, "%s", why);
		return;
	}
	/* A collector that was started again. */
	if (n == s->n && (n == 0 || memcmp(data, s->data, n) == 0))
		return;
	free(s->data);
	s->data = TAKE(data);
	s->n = n;
	log_note(LOG_LEVEL_INFO, "collateral-published", "%zu sets", sets);
	supply_change(s->parent, CHANGE_COLLATERAL);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct publication *s = arg;
	int waiting = s->waiting;

	(void)fd;
	(void)what;
	s->waiting = -1;
	if (waiting >= 0)
		publication_receive(s, waiting);
}

void
publication_receive(struct publication *s, int fd)
{
	struct timeval pause = {PAUSE_SECONDS, 0};

	if (event_pending(s->pause, EV_TIMEOUT, NULL)) {
		if (s->waiting >= 0)
			close(s->waiting);
		s->waiting = fd;
		return;
	}
	event_add(s->pause, &pause);
	adopt(s, fd);
}

struct bytes
publication_text(const struct publication *s)
{
	return (struct bytes){s->data, s->n};
}

struct publication *
publication_new(struct parent *p)
{
	struct publication *s = calloc(1, sizeof(*s));

	if (s == NULL ||
	    (s->pause = evtimer_new(p->base, on_pause_over, s)) == NULL)
		log_fatal("start-failed", "out of memory");
	s->parent = p;
	s->waiting = -1;
	return s;
}
