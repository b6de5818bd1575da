/* SPDX-License-Identifier: BSD-3-Clause */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/sandbox.h"

#define PEERS_MAX 512

/* What one client needs comes and goes at the top of the heap: it is not to be
 * given back to the kernel, and faulted in again, each time. */
#define HEAP_KEPT  (8 * 1024 * 1024)
#define HEAP_BLOCK (1024 * 1024) /* larger ones are mapped on their own */

struct first_peer {
	struct m_peer who;
	int fd;
};

struct running {
	struct child child;
	const struct child_role *role;
};

const char *
process_name(enum role role)
{
	static const char *const names[ROLES] = {"parent", "worker",
	    "appraiser", "signer", "ledger", "collector", "forecaster"};

	return (unsigned)role < ROLES ? names[role] : "unknown";
}

int64_t
child_now(void)
{
	return (int64_t)time(NULL);
}

/* By position: the same open file may be shared with other children.  Its size
 * by lseek(): glibc's fstat() takes a path, which only the ledger may. */
struct bytes
child_read(int fd, const char *what, size_t max)
{
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (size < 0)
		log_fatal("start-failed", "%s cannot be read", what);
	size_t n = (size_t)size;
	if (n > max)
		log_fatal(
		    "start-failed", "%s is larger than %zu bytes", what, max);
	uint8_t *data = malloc(n + 1);
	if (data == NULL)
		log_fatal("start-failed", "no memory for %s", what);
	size_t done = 0;
	while (done < n) {
		ssize_t got = pread(fd, data + done, n - done, (off_t)done);

		if (got <= 0)
			log_fatal("start-failed", "%s cannot be read", what);
		done += (size_t)got;
	}
	data[n] = '\0';
	return (struct bytes){data, n};
}

void
child_complain(struct child *child, enum role role, unsigned index)
{
	struct m_peer about = {.role = role, .index = index};

	channel_send(child->parent, M_COMPLAINT, &about, (struct bytes){0}, -1);
}

/* Signals are for the parent: a Ctrl-C at the terminal reaches the whole
 * group, and children must live until everything is committed. */
static void
ignore_signals(void)
{
	static const int ignored[] = {
	    SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2};

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

static size_t
receive_orders(struct child *child, enum role self, struct first_peer *peers)
{
	struct message m;
	size_t n = 0;

	for (;;) {
		if (!channel_wait(CHILD_PARENT_FD, self, ROLE_PARENT, &m))
			_exit(0);
		switch (m.type) {
		case M_START:
			child->start = MESSAGE_FIXED(struct m_start, &m);
			break;
		case M_FILE:
			child->file[MESSAGE_FIXED(struct m_file, &m).kind] =
			    m.fd;
			break;
		case M_PEER:
			if (n == PEERS_MAX)
				log_fatal("ipc", "too many peers");
			peers[n++] = (struct first_peer){
			    MESSAGE_FIXED(struct m_peer, &m), m.fd};
			break;
		case M_SOURCE:
			child->source = MESSAGE_FIXED(struct m_source, &m);
			break;
		case M_GO:
			return n;
		default:
			log_fatal("ipc", "message %d before the start", m.type);
		}
	}
}

static void
on_parent(struct channel *c, const struct message *m, void *arg)
{
	struct running *r = arg;

	switch (m->type) {
	case M_PEER: {
		struct m_peer who = MESSAGE_FIXED(struct m_peer, m);
		r->role->peer(&r->child, who.role, who.index, m->fd);
		break;
	}
	case M_FILE:
		r->role->reload(
		    &r->child, MESSAGE_FIXED(struct m_file, m).kind, m->fd);
		close(m->fd);
		break;
	case M_GO:
		channel_send(
		    c, M_DONE, &(struct m_none){0}, (struct bytes){0}, -1);
		break;
	default:
		if (r->role->message == NULL)
			log_fatal("ipc", "unexpected message %d", m->type);
		r->role->message(&r->child, m);
	}
}

static void
on_parent_closed(struct channel *c, void *arg)
{
	struct running *r = arg;

	(void)c;
	if (r->role->stop != NULL)
		r->role->stop(&r->child);
	_exit(0);
}

static void
name_process(enum role role, const struct m_start *start)
{
	char name[32];

	if (role == ROLE_WORKER || role == ROLE_APPRAISER)
		snprintf(name, sizeof(name), "%s.%u", process_name(role),
		    start->index);
	else
		snprintf(name, sizeof(name), "%s", process_name(role));
	log_init(name, start->log_format);
	prctl(PR_SET_NAME, name);
}

static int
own_folder(const struct child *child)
{
	if (child->file[FILE_LEDGER_FOLDER] >= 0)
		return child->file[FILE_LEDGER_FOLDER];
	if (child->file[FILE_COLLATERAL_FOLDER] >= 0)
		return child->file[FILE_COLLATERAL_FOLDER];
	return child->file[FILE_EMPTY_FOLDER];
}

void
child_run(const struct child_role *role)
{
	static struct first_peer peers[PEERS_MAX];
	static struct running r;

	r.role = role;
	mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
	mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK);
	ignore_signals();
	for (size_t i = 0; i < FILE_KINDS; i++)
		r.child.file[i] = -1;
	log_init(process_name(role->role), LOG_FORMAT_LOGFMT);
	size_t n = receive_orders(&r.child, role->role, peers);
	name_process(role->role, &r.child.start);
	r.child.base = event_base_new();
	if (r.child.base == NULL || event_base_priority_init(r.child.base, 2))
		log_fatal("start-failed", "no event loop");
	role->start(&r.child);
	sandbox_enter(role->role, own_folder(&r.child),
	    r.child.source.kind != SOURCE_NONE);
	r.child.parent = channel_new(r.child.base, CHILD_PARENT_FD, role->role,
	    ROLE_PARENT, on_parent, on_parent_closed, &r);
	if (role->locked != NULL)
		role->locked(&r.child);
	for (size_t i = 0; i < n; i++)
		role->peer(&r.child, peers[i].who.role, peers[i].who.index,
		    peers[i].fd);
	channel_send(
	    r.child.parent, M_DONE, &(struct m_none){0}, (struct bytes){0}, -1);
	event_base_dispatch(r.child.base);
	log_fatal("internal-error", "the event loop ended");
}
