/* SPDX-License-Identifier: BSD-3-Clause */
/* dci ledger accept-clock: the operator's word that the clock is right now. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/text.h"
#include "cli/command.h"
#include "cli/ledger.h"
#include "ledger/clock.h"

#define TYPED_SECONDS 300 /* between what was typed and the clock */

CLEANUP_TYPE(cleanup_ledger, struct ledger, ledger_close)

/* Typing the time makes the operator look at another clock. */
static int
check_typed(const char *text, int64_t now, struct dci_failure *f)
{
	char is[RFC3339_SIZE], shown[64];
	int64_t typed;

	rfc3339_encode(is, now);
	text_printable(shown, sizeof(shown), text, strlen(text));
	if (!rfc3339_decode(&typed, text, strlen(text)))
		return dci_fail(f, DCI_USAGE,
		    "TIME: expected the right time like %s, found \"%s\".",
		    "2026-01-31T23:59:59Z", shown);
	if (typed - now > TYPED_SECONDS || now - typed > TYPED_SECONDS)
		return dci_fail(f, DCI_USAGE,
		    "This machine's clock says %s, which is not the time that "
		    "you gave, %s. Set the clock first.",
		    is, shown);
	return 0;
}

/* The lock that a running issuer holds. */
static int
lock_state(int *fd, const char *path, struct dci_failure *f)
{
	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be opened: %s. Give the issuer's state "
		    "directory with -s.",
		    path, strerror(errno));
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
		return dci_fail(f, DCI_STATE_LOCKED,
		    "%s is held by a running issuer. Stop it first.", path);
	return 0;
}

/* Certificates that were made while the clock was ahead; they begin five
 * minutes before the time of their row. */
static int
show_early(const struct ledger_entry *e, void *arg)
{
	const struct ledger_correction *c = arg;
	char serial[33], from[RFC3339_SIZE], to[RFC3339_SIZE];

	if (e->time <= c->time || e->id > c->after)
		return 0;
	hex_encode(serial, e->serial, 16);
	rfc3339_encode(from, e->time);
	rfc3339_encode(to, e->not_after);
	printf("%-16s row %lld, %s, made at %s by the clock, valid until %s\n",
	    "certificate", (long long)e->id, serial, from, to);
	return 0;
}

void
correction_show(const struct ledger_correction *c)
{
	char now[RFC3339_SIZE], newest[RFC3339_SIZE], issued[RFC3339_SIZE];

	rfc3339_encode(now, c->time);
	rfc3339_encode(newest, c->newest);
	rfc3339_encode(issued, c->issued);
	printf("%-16s %lld, after row %lld: the clock was right at %s; %s is "
	       "set aside; collateral of %s goes on to count\n",
	    "correction", (long long)c->id, (long long)c->after, now, newest,
	    issued);
}

int
ledger_run_accept_clock(struct request *request)
{
	struct dci_failure f = {0};
	struct ledger_correction c;
	char path[PATH_MAX], lock[PATH_MAX], head[65];
	int fd CLEANUP(cleanup_fd) = -1;
	int64_t now = (int64_t)time(NULL);

	if (request_path(path, request, "ledger/ledger.db") != 0 ||
	    request_path(lock, request, "lock") != 0)
		return EXIT_TROUBLE;
	if (check_typed(request->what, now, &f) != 0 ||
	    lock_state(&fd, lock, &f) != 0)
		return request_fail(&f);
	struct ledger *l CLEANUP(cleanup_ledger) = ledger_open(path, &f);
	if (l == NULL || ledger_correct(l, now, &c, &f) != 0)
		return request_fail(&f);
	correction_show(&c);
	if (ledger_live(l, c.time, show_early, &c, &f) < 0)
		return request_fail(&f);
	hex_encode(head, c.hash, sizeof(c.hash));
	printf("%-16s %s\n", "head", head);
	puts("The issuer goes on when it is started.");
	return request_finish();
}
