/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "forecast/forecast.h"

/* What the dates of a change are made of. */
struct levels {
	enum dci_status platform, qe;
	int64_t newest_platform, newest_qe;
	bool known;
	bool usable; /* all signatures are good, and nothing has expired */
};

static void
why_add(struct forecast_verdict *v, const char *text)
{
	size_t n = strlen(v->why);

	snprintf(
	    v->why + n, sizeof(v->why) - n, "%s%s", n > 0 ? "; " : "", text);
}

static void
explain_shortfalls(struct forecast_verdict *v, const struct dci_verification *q)
{
	char text[96];

	for (size_t i = 0; i < q->shortfalls; i++) {
		const struct dci_shortfall *s = &q->shortfall[i];

		if (s->component == 17)
			snprintf(text, sizeof(text), "PCESVN has %u, needs %u",
			    s->have, s->need);
		else
			snprintf(text, sizeof(text),
			    "SGX TCB component %u has %u, needs %u",
			    s->component, s->have, s->need);
		why_add(v, text);
	}
	if (q->quote.qe_report.isv_svn < q->qe_newest_svn) {
		snprintf(text, sizeof(text), "QE ISVSVN has %u, needs %u",
		    q->quote.qe_report.isv_svn, q->qe_newest_svn);
		why_add(v, text);
	}
}

static void
judge(struct forecast_verdict *v, const struct dci_verification *q,
    const struct forecast_subject *subject)
{
	struct dci_subject whom;
	size_t entry;

	v->status = q->status;
	v->why[0] = '\0';
	v->failure = q->failure;
	v->admitted = false;
	if (q->status != DCI_STATUS_INVALID &&
	    q->status != DCI_STATUS_REVOKED) {
		v->failure.code = DCI_OK;
		v->failure.sentence[0] = '\0';
		dci_subject_of(&whom, q, subject->evidence_bound);
		v->admitted = dci_policy_evaluate(subject->policy, &whom,
				  &entry, NULL, &v->failure) == 0;
	}
	if (q->has_newest && q->status != DCI_STATUS_UP_TO_DATE)
		explain_shortfalls(v, q);
	if (v->why[0] == '\0' && !v->admitted)
		why_add(v, v->failure.sentence);
}

static void
appraise(struct forecast_verdict *v, struct levels *levels,
    const struct forecast_subject *subject, int64_t now,
    const struct dci_snapshot *snapshot, struct dci_cache *cache)
{
	static _Thread_local struct dci_verification q; /* large */

	dci_verify_quote(&q, subject->quote.p, subject->quote.n, snapshot, now,
	    &subject->policy->tolerance, cache);
	judge(v, &q, subject);
	*levels = (struct levels){.known = q.has_tcb,
	    .platform = q.platform_status,
	    .qe = q.qe_status,
	    .newest_platform = q.newest.date,
	    .newest_qe = q.qe_newest_date,
	    .usable = q.has_newest &&
		      dci_code_class(q.failure.code) != DCI_CLASS_STALE};
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When everybody gets the documents that make the difference. */
static int64_t
change_time(const struct levels *now, const struct levels *then, int64_t clock)
{
	bool platform =
	    !now->known || !then->known || now->platform != then->platform;
	bool qe = now->known && then->known && now->qe != then->qe;
	int64_t recovery = then->newest_platform;

	if (qe && (!platform || then->newest_qe < recovery))
		recovery = then->newest_qe;
	return later(clock, recovery + FORECAST_LEAD);
}

void
forecast_make(struct forecast *f, const struct forecast_subject *subject,
    int64_t now, const struct dci_snapshot *standard,
    const struct dci_snapshot *early, struct dci_cache *cache)
{
	struct levels at_present, ahead;

	f->changes = false;
	f->from = now;
	appraise(&f->now, &at_present, subject, now, standard, cache);
	f->then = f->now;
	if (early == NULL)
		return;
	appraise(&f->then, &ahead, subject, now, early, cache);
	/* Early documents that are of no use foretell nothing. */
	f->changes = ahead.usable && (f->then.status != f->now.status ||
					 f->then.admitted != f->now.admitted);
	if (f->changes)
		f->from = change_time(&at_present, &ahead, now);
	else
		f->then = f->now;
}

bool
forecast_falls_out(const struct forecast *f)
{
	return !f->now.admitted || (f->changes && !f->then.admitted);
}
