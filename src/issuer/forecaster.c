/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forecaster: reads the ledger, appraises the evidence of every valid
 * delegation by the collateral in use and by that of the next TCB recovery,
 * logs what falls out or changes, and ends.  It has no key and no socket, and
 * writes nothing.
 */
#include <stdlib.h>
#include <unistd.h>

#include "forecast/delegations.h"
#include "issuer/child.h"
#include "issuer/collateral_text.h"

#define LINES_MAX 100 /* of one forecast; the rest is counted */
#define NICE      10  /* clients come first */

struct forecaster {
	struct child *child;
	struct bytes collateral, early;
	size_t delegations, lines, left_out;
};

static void
add_sets(struct forecast_book *book, enum source_update kind, struct bytes text)
{
	struct reader r = reader_of(text.p, text.n);
	struct dci_collateral set;
	struct dci_failure f;

	/* What is wrong with a set was logged by whoever uses it. */
	while (collateral_text_next(&r, &set))
		(void)!forecast_book_add(book, kind, &set, &f);
}

static void
log_forecast(const struct ledger_entry *e, const struct forecast *f)
{
	const struct forecast_verdict *v = f->changes ? &f->then : &f->now;
	char sentence[FORECAST_TEXT_MAX];
	struct log_line l;

	forecast_text(sentence, sizeof(sentence), e->row.mrenclave, f);
	log_begin(&l, LOG_LEVEL_WARN, "forecast");
	log_hex(&l, "serial", e->serial, 16);
	log_bytes(&l, "entry", e->row.entry.p, e->row.entry.n);
	log_hex(&l, "mrenclave", e->row.mrenclave, 32);
	log_time(&l, "not_after", e->not_after);
	log_text(&l, "verdict", dci_status_name(v->status));
	if (f->changes)
		log_time(&l, "from", f->from);
	if (!v->admitted)
		log_text(&l, "code", dci_code_name(v->failure.code));
	log_text(&l, "message", sentence);
	log_end(&l);
}

static int
visit(const struct ledger_entry *e, const struct forecast *f, void *arg)
{
	struct forecaster *s = arg;

	s->delegations++;
	if (!f->changes && f->now.admitted)
		return 0;
	if (s->lines < LINES_MAX) {
		log_forecast(e, f);
		s->lines++;
	} else {
		s->left_out++;
	}
	return 0;
}

static void
report(const struct forecaster *s, const struct forecast_book *book)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, "forecast-made");
	log_int(&l, "delegations", (int64_t)s->delegations);
	log_int(&l, "changing", (int64_t)(s->lines + s->left_out));
	log_int(&l, "early_platforms", (int64_t)forecast_book_early(book));
	if (s->left_out > 0)
		log_text(&l, "message",
		    "only the first are in the log: dci collateral forecast "
		    "shows all");
	log_end(&l);
}

static void
forecaster_start(struct child *child)
{
	struct forecaster *s = calloc(1, sizeof(*s));
	struct bytes file;
	bool more;

	if (s == NULL)
		log_fatal("start-failed", "out of memory");
	child->state = s;
	s->child = child;
	file = child_read(child->file[FILE_COLLATERAL], "collateral",
	    COLLATERAL_TEXT_MAX + 1);
	if (!collateral_file_open(file, &more, &s->collateral))
		log_fatal("ipc", "bad internal framing: collateral");
	if (child->file[FILE_EARLY] >= 0)
		s->early = child_read(child->file[FILE_EARLY],
		    "early collateral", LIMIT_PUBLISHED);
	(void)!nice(NICE);
}

/* All that it is for; it does not come back from here. */
static void
forecaster_locked(struct child *child)
{
	struct forecaster *s = child->state;
	struct forecast_book *book = forecast_book_new(&child->start.anchor);
	struct dci_failure f;

	if (book == NULL)
		log_fatal("out-of-memory", "no memory for a forecast");
	add_sets(book, UPDATE_STANDARD, s->collateral);
	add_sets(book, UPDATE_EARLY, s->early);
	struct ledger *l = ledger_open_readonly("ledger.db", &f);
	if (l == NULL ||
	    forecast_each(book, l, child_now(), visit, s, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "no-forecast", &f);
		_exit(1);
	}
	report(s, book);
	_exit(0);
}

const struct child_role role_forecaster = {.role = ROLE_FORECASTER,
    .start = forecaster_start,
    .locked = forecaster_locked};
