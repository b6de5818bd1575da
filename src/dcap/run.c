/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "base/text.h"
#include "dcap/run.h"

int
run_refuse(struct run *r)
{
	if (dci_code_class(r->f.code) == DCI_CLASS_REVOKED) {
		r->out->status = DCI_STATUS_REVOKED;
		r->out->failure = r->f;
	} else if (!r->expired || r->f.code == DCI_OUT_OF_MEMORY) {
		r->out->failure = r->f;
	}
	return -1;
}

int
run_expired(struct run *r)
{
	if (!r->expired)
		r->out->failure = r->f;
	r->expired = true;
	return 0;
}

/* One thing with a validity period. */
struct piece {
	const char *what;
	struct dci_dates dates;
};

static void
record(struct dci_verification *out, enum dci_check_id check,
    const struct piece *piece)
{
	if (out->dated_n == DCI_DATED_MAX)
		return;
	out->dated[out->dated_n++] = (struct dci_dated){
	    .check = check, .what = piece->what, .dates = piece->dates};
}

static void
earliest(struct dci_verification *out, const struct piece *piece)
{
	if (piece->dates.next_update >= out->earliest_next_update)
		return;
	out->earliest_next_update = piece->dates.next_update;
	snprintf(
	    out->earliest_what, sizeof(out->earliest_what), "%s", piece->what);
}

static int
not_yet_valid(
    struct run *r, const struct validity *v, const struct piece *piece)
{
	char now[RFC3339_SIZE], from[RFC3339_SIZE];
	char expected[DCI_EXPECTED_MAX];

	rfc3339_encode(now, r->now);
	rfc3339_encode(from, piece->dates.issued);
	snprintf(expected, sizeof(expected), "valid at %s", now);
	dci_checks_fail(&r->out->checks, &r->f, v->check, v->not_yet_valid,
	    expected, "the %s is valid from %s on", piece->what, from);
	return run_refuse(r);
}

/* Late by more than nothing; within the tolerance or not. */
static int
late(struct run *r, const struct validity *v, const struct piece *piece,
    int64_t by)
{
	char now[RFC3339_SIZE], until[RFC3339_SIZE], duration[DURATION_SIZE];
	char expected[DCI_EXPECTED_MAX];

	rfc3339_encode(now, r->now);
	rfc3339_encode(until, piece->dates.next_update);
	duration_encode(duration, by);
	snprintf(expected, sizeof(expected), "valid at %s", now);
	if (by > r->tolerance.grace) {
		dci_checks_fail(&r->out->checks, &r->f, v->check, v->expired,
		    expected, "the %s expired at %s, %s ago", piece->what,
		    until, duration);
		return run_expired(r);
	}
	struct dci_check *c = dci_checks_add(
	    &r->out->checks, v->check, DCI_TOLERATED, v->expired);
	snprintf(c->expected, sizeof(c->expected), "%s", expected);
	snprintf(c->found, sizeof(c->found), "the %s expired at %s, %s ago",
	    piece->what, until, duration);
	if (by > r->out->expired_by)
		r->out->expired_by = by;
	return 0;
}

/* Spec section 14: both ends inclusive. */
static int
dates_check(struct run *r, const struct validity *v, const struct piece *piece,
    size_t n)
{
	const struct piece *worst = NULL;

	for (size_t i = 0; i < n; i++) {
		record(r->out, v->check, &piece[i]);
		earliest(r->out, &piece[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (r->now < piece[i].dates.issued)
			return not_yet_valid(r, v, &piece[i]);
		if (r->now > piece[i].dates.next_update &&
		    (worst == NULL ||
			piece[i].dates.next_update < worst->dates.next_update))
			worst = &piece[i];
	}
	if (worst != NULL)
		return late(r, v, worst, r->now - worst->dates.next_update);
	dci_checks_pass(&r->out->checks, v->check, NULL);
	return 0;
}

int
run_chain_dates(struct run *r, const struct validity *v,
    const struct chain *chain, const enum role *roles)
{
	struct piece piece[CHAIN_MAX];

	for (size_t i = 0; i < chain->n; i++) {
		const struct cert *c = &chain->cert[chain->n - 1 - i];

		piece[i].what = role_name(roles[chain->n - 1 - i]);
		piece[i].dates.issued = c->not_before;
		piece[i].dates.next_update = c->not_after;
	}
	return dates_check(r, v, piece, chain->n);
}

int
run_document_dates(struct run *r, const struct validity *v, const char *what,
    struct dci_dates dates)
{
	struct piece piece = {what, dates};

	if (dates.issued > r->out->newest_issued)
		r->out->newest_issued = dates.issued;
	return dates_check(r, v, &piece, 1);
}
