/* SPDX-License-Identifier: BSD-3-Clause */
/* dci ledger check and dci ledger backup. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/ledger.h"

#define EXIT_DAMAGED 1

CLEANUP_TYPE(cleanup_ledger, struct ledger, ledger_close)

/* --- check --------------------------------------------------------------- */

struct progress {
	const struct ca_public *ca; /* NULL: none is asked */
	struct quote_judge *judge;  /* NULL: quotes are not verified again */
	const char *path;
	int64_t rows, certificates, first, last;
	uint8_t head[32];
	time_t shown;
	bool terminal;
	struct dci_failure failure; /* of a row, where visit returned 1 */
};

/* Once a second, for people who wait. */
static void
progress_show(struct progress *p)
{
	time_t now = time(NULL);

	if (!p->terminal || now == p->shown)
		return;
	p->shown = now;
	fprintf(stderr, "\r%lld rows are in order ...", (long long)p->rows);
	fflush(stderr);
}

static void
progress_end(const struct progress *p)
{
	if (p->terminal)
		fputs("\r\033[K", stderr);
}

/* 0, 1 or -1 as quote_judge_check(). */
static int
check_parts(
    struct progress *p, const struct ledger_entry *e, struct dci_failure *why)
{
	if (entry_check(e, p->ca, why) != 0)
		return 1;
	return p->judge == NULL ? 0 : quote_judge_check(p->judge, &e->row, why);
}

static int
check_entry(const struct ledger_entry *e, void *arg)
{
	struct progress *p = arg;
	struct dci_failure why;

	int rc = check_parts(p, e, &why);
	if (rc < 0) {
		p->failure = why;
		return 1;
	}
	if (rc != 0) {
		dci_fail(&p->failure, why.code, "Row %lld of %s: %s. %s",
		    (long long)e->id, p->path, why.sentence,
		    dci_code_remedy(why.code));
		return 1;
	}
	p->rows++;
	if (e->row.kind == LEDGER_CERTIFICATE)
		p->certificates++;
	if (p->rows == 1)
		p->first = e->time;
	p->last = e->time;
	memcpy(p->head, e->hash, sizeof(p->head));
	progress_show(p);
	return 0;
}

static void
show_number(const char *name, int64_t n)
{
	printf("%-16s %lld\n", name, (long long)n);
}

static void
show_time(const char *name, int64_t t)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, t);
	printf("%-16s %s\n", name, text);
}

static int
show_corrections(struct ledger *l, struct dci_failure *f)
{
	struct ledger_correction c = {.id = 0};
	int rc;

	while ((rc = ledger_correction_after(l, c.id, &c, f)) == 0)
		correction_show(&c);
	return rc < 0 ? -1 : 0;
}

static int
show_result(struct progress *p, struct ledger *l)
{
	struct dci_failure f = {0};
	char head[65];

	if (ledger_correction_head(l, p->rows, p->head, &f) != 0)
		return request_fail(&f);
	hex_encode(head, p->head, sizeof(p->head));
	show_number("rows", p->rows);
	show_number("certificates", p->certificates);
	show_number("secrets", p->rows - p->certificates);
	if (p->rows > 0) {
		show_time("first row", p->first);
		show_time("last row", p->last);
		if (show_corrections(l, &f) != 0)
			return request_fail(&f);
		printf("%-16s %s\n", "head", head);
	}
	printf("%-16s %s\n", "CA",
	    p->ca == NULL ? "not asked: give -s STATEDIR"
			  : "signed all certificates");
	printf("%-16s %s\n", "quotes",
	    p->judge == NULL ? "not verified again: give --quotes"
			     : "verify with the verdicts of their rows");
	puts("The ledger is in order.");
	return request_finish();
}

/* The ledger is not what was written, or it could not be looked at. */
static int
fail_check(const struct dci_failure *f)
{
	request_fail(f);
	return f->code == DCI_LEDGER_DAMAGED ||
		       f->code == DCI_LEDGER_CERTIFICATE
		   ? EXIT_DAMAGED
		   : EXIT_TROUBLE;
}

static int
check_ledger(struct progress *p)
{
	struct dci_failure f = {0};
	struct ledger *l CLEANUP(cleanup_ledger) =
	    ledger_open_readonly(p->path, &f);
	int64_t rows;

	if (l == NULL)
		return fail_check(&f);
	if (p->judge != NULL)
		p->judge->ledger = l;
	int rc = ledger_check_each(l, check_entry, p, &rows, &f);
	progress_end(p);
	if (rc != 0)
		return fail_check(rc < 0 ? &f : &p->failure);
	return show_result(p, l);
}

static int
quote_root(struct dci_anchor *anchor, const struct request *request,
    bool of_state, struct dci_failure *f)
{
	char state[PATH_MAX];

	if (!of_state)
		return command_root(anchor, request->root, f);
	return request_path(state, request, "") != 0
		   ? -1
		   : command_state_root(anchor, request->root, state, f);
}

int
ledger_run_check(struct request *request)
{
	struct ca_public ca CLEANUP(ca_public_close) = {NULL, NULL};
	struct quote_judge judge CLEANUP(quote_judge_free) = {.ledger = NULL};
	struct dci_failure f = {0};
	char path[PATH_MAX], folder[PATH_MAX];

	if (request_path(path, request, "ledger/ledger.db") != 0 ||
	    request_path(folder, request, "ca") != 0)
		return EXIT_TROUBLE;
	/* A FILE may be of any issuer: then only -s says which CA. */
	bool asks = request->what == NULL || request->state != NULL;
	if ((asks && ca_public_open(&ca, folder, &f) != 0) ||
	    (request->quotes &&
		quote_root(&judge.anchor, request, asks, &f) != 0))
		return request_fail(&f);
	struct progress p = {.ca = asks ? &ca : NULL,
	    .judge = request->quotes ? &judge : NULL,
	    .path = request->what != NULL ? request->what : path,
	    .shown = time(NULL),
	    .terminal = isatty(STDERR_FILENO) == 1};
	return check_ledger(&p);
}

/* --- backup -------------------------------------------------------------- */

int
ledger_run_backup(struct request *request)
{
	struct dci_failure f = {0};
	char path[PATH_MAX], hex[65];
	uint8_t head[32];
	int64_t rows;

	if (request_path(path, request, "ledger/ledger.db") != 0)
		return EXIT_TROUBLE;
	if (ledger_backup(path, request->what, &rows, head, &f) != 0)
		return fail_check(&f);
	hex_encode(hex, head, sizeof(head));
	show_number("rows", rows);
	if (rows > 0)
		printf("%-16s %s\n", "head", hex);
	printf(
	    "The ledger was copied to %s and checked there.\n", request->what);
	return request_finish();
}
