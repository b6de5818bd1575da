/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "issuer/resolver.h"
#include "issuer/sandbox.h"

#define FILES_MAX     16
#define WATCH_SECONDS 30

static const char cas[] = "/etc/ssl/certs/ca-certificates.crt";

struct watched {
	const char *path;
	struct stat seen; /* st_ino 0: it was not there */
};

struct resolver {
	size_t n;
	struct watched file[FILES_MAX];
};

static struct stat
look(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st : (struct stat){.st_ino = 0};
}

static void
watch(struct resolver *r, const char *path)
{
	if (r->n == FILES_MAX)
		log_fatal("internal-error", "too many files to watch");
	r->file[r->n++] = (struct watched){path, look(path)};
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct resolver *r = arg;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < r->n; i++) {
		const struct watched *file = &r->file[i];
		struct stat now = look(file->path);

		if (now.st_ino == file->seen.st_ino &&
		    now.st_dev == file->seen.st_dev)
			continue;
		log_note(LOG_LEVEL_INFO, "file-replaced",
		    "%s is another file now: starting anew", file->path);
		_exit(0);
	}
}

void
resolver_watch(struct event_base *base)
{
	struct timeval period = {WATCH_SECONDS, 0};
	struct resolver *r = calloc(1, sizeof(*r));
	struct event *e = event_new(base, -1, EV_PERSIST, on_time, r);

	if (r == NULL || e == NULL || event_add(e, &period) != 0)
		log_fatal("start-failed", "out of memory");
	for (size_t i = 0; sandbox_readable[i] != NULL; i++)
		watch(r, sandbox_readable[i]);
	watch(r, cas);
}
