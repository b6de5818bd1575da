/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <string.h>

#include "appraisal/text.h"
#include "base/text.h"
#include "base/utf8.h"

static void
put_hex(struct writer *w, const char *label, const void *data, size_t n)
{
	char digits[2 * 64 + 1];

	hex_encode(digits, data, n);
	writer_printf(w, "%s%s\n", label, digits);
}

/* Texts that came out of collateral or certificates: nothing in them is for
 * the terminal to obey. */
static void
put_foreign(struct writer *w, const char *text)
{
	size_t begin = w->n;

	writer_text(w, text);
	if (!w->failed)
		w->n = begin + utf8_tame(w->data + begin, w->n - begin);
}

/* What to do; the sentence of a refusal mostly ends with it. */
static void
put_advice(struct writer *w, const struct dci_appraisal *a)
{
	const struct dci_verification *v = &a->verification;
	const char *remedy = dci_code_remedy(a->failure.code);

	if (a->failure.code != DCI_OK &&
	    strstr(a->failure.sentence, remedy) == NULL)
		writer_printf(w, "To do: %s\n", remedy);
	if (a->failure.code != DCI_OK || v->status == DCI_STATUS_UP_TO_DATE)
		return;
	writer_printf(w, "%s\nTo do: %s\n", dci_status_meaning(v->status),
	    dci_status_remedy(v->status));
	if (v->qe_status == DCI_STATUS_OUT_OF_DATE)
		writer_text(w,
		    "       The quoting enclave is out of date: install the "
		    "newest DCAP packages.\n");
	if (v->shortfalls > 0 && v->platform_status != DCI_STATUS_UP_TO_DATE)
		writer_text(w,
		    "       What is short of the newest level is listed under "
		    "TCB.\n");
}

static void
put_enclave(struct writer *w, const struct dci_verification *v)
{
	const struct dci_sgx_report *r = &v->quote.report;

	writer_printf(w, "\nQuote     %s, version %u\n",
	    v->quote.tee == DCI_TEE_TDX ? "TDX" : "SGX", v->quote.version);
	put_hex(w, "          digest    ", v->evidence, sizeof(v->evidence));
	put_hex(w, "Enclave   MRENCLAVE ", r->mrenclave, sizeof(r->mrenclave));
	put_hex(w, "          MRSIGNER  ", r->mrsigner, sizeof(r->mrsigner));
	writer_printf(
	    w, "          product %u, SVN %u\n", r->isv_prod_id, r->isv_svn);
	if (v->debug)
		writer_text(w,
		    "          note: a debug enclave; whoever runs it can read "
		    "and change its memory\n");
}

static void
put_platform(struct writer *w, const struct dci_verification *v)
{
	put_hex(w, "Platform  FMSPC     ", v->fmspc, sizeof(v->fmspc));
	writer_printf(w, "          known to Intel's %s CA\n",
	    v->platform_ca ? "Platform" : "Processor");
}

static void
put_kind(struct writer *w, const struct dci_shortfall *s)
{
	if (s->category == NULL && s->type == NULL)
		return;
	writer_text(w, " (");
	put_foreign(w, s->category != NULL ? s->category : "");
	writer_text(w, s->category != NULL && s->type != NULL ? ", " : "");
	put_foreign(w, s->type != NULL ? s->type : "");
	writer_text(w, ")");
}

static void
put_shortfalls(struct writer *w, const struct dci_verification *v)
{
	if (v->shortfalls > 0)
		writer_text(w, "          short of the newest level:\n");
	for (size_t i = 0; i < v->shortfalls; i++) {
		const struct dci_shortfall *s = &v->shortfall[i];

		if (s->component == 17)
			writer_text(w, "            PCE SVN");
		else
			writer_printf(
			    w, "            component %u", s->component);
		put_kind(w, s);
		writer_printf(w, ": has %u, needs %u\n", s->have, s->need);
	}
}

static void
put_advisories(
    struct writer *w, const char *label, const struct dci_advisories *list)
{
	writer_text(w, label);
	for (size_t i = 0; i < list->n; i++) {
		writer_text(w, i > 0 ? ", " : "");
		put_foreign(w, list->id[i]);
	}
	writer_text(w, list->n > 0 ? "\n" : "none\n");
}

static void
put_components(struct writer *w, const char *label, const struct dci_level *l)
{
	char when[RFC3339_SIZE];

	rfc3339_encode(when, l->date);
	writer_printf(
	    w, "%s%s, of %s:", label, dci_status_name(l->status), when);
	for (size_t i = 0; i < sizeof(l->component); i++)
		writer_printf(w, " %u", l->component[i]);
	writer_printf(w, ", PCE SVN %u\n", l->pce_svn);
}

static void
put_levels(struct writer *w, const struct dci_verification *v)
{
	writer_text(w, "          this platform has:");
	for (size_t i = 0; i < sizeof(v->tcb_components); i++)
		writer_printf(w, " %u", v->tcb_components[i]);
	writer_printf(w, ", PCE SVN %u\n", v->pce_svn);
	if (v->level.status != DCI_STATUS_INVALID)
		put_components(w, "          level reached ", &v->level);
	else
		writer_text(w, "          no level is reached\n");
	put_components(w, "          newest level ", &v->newest);
	put_shortfalls(w, v);
}

static void
put_tcb(struct writer *w, const struct dci_verification *v)
{
	char qe[RFC3339_SIZE];

	rfc3339_encode(qe, v->qe_tcb_date);
	writer_printf(w,
	    "\nTCB       %s\n"
	    "          platform %s, evaluation number %u\n"
	    "          quoting enclave %s, evaluation number %u\n"
	    "          it has SVN %u; level reached %u, of %s; newest level "
	    "%u\n",
	    dci_status_name(v->tcb_status), dci_status_name(v->platform_status),
	    v->tcb_evaluation, dci_status_name(v->qe_status), v->qe_evaluation,
	    v->quote.qe_report.isv_svn, v->qe_level_svn, qe, v->qe_newest_svn);
	put_levels(w, v);
	put_advisories(w,
	    "          advisories of the platform: ", &v->platform_advisories);
	put_advisories(w,
	    "          advisories of the quoting enclave: ", &v->qe_advisories);
}

/* A verification that ended at the levels: why. */
static void
put_out_of_reach(struct writer *w, const struct dci_verification *v)
{
	writer_text(w, "\nTCB       not evaluated to the end\n");
	writer_printf(w,
	    "          the quoting enclave has SVN %u; the newest level asks "
	    "for %u\n",
	    v->quote.qe_report.isv_svn, v->qe_newest_svn);
	put_levels(w, v);
}

static void
put_dated(struct writer *w, const struct dci_verification *v, int64_t now)
{
	enum dci_check_id chain = DCI_CHECK_IDS;

	for (size_t i = 0; i < v->dated_n; i++) {
		const struct dci_dated *d = &v->dated[i];
		char from[RFC3339_SIZE], to[RFC3339_SIZE];

		rfc3339_encode(from, d->dates.issued);
		rfc3339_encode(to, d->dates.next_update);
		if (d->check != chain)
			writer_printf(
			    w, "          %s\n", dci_check_name(d->check));
		chain = d->check;
		writer_printf(w, "            %-28s %s to %s%s\n", d->what,
		    from, to,
		    now < d->dates.issued        ? "  NOT YET VALID"
		    : now > d->dates.next_update ? "  EXPIRED"
						 : "");
	}
}

static void
put_first_to_expire(
    struct writer *w, const struct dci_verification *v, int64_t now)
{
	char when[RFC3339_SIZE], distance[DURATION_SIZE];
	int64_t left = v->earliest_next_update - now;

	rfc3339_encode(when, v->earliest_next_update);
	duration_encode(distance, left < 0 ? -left : left);
	writer_printf(w, "first to expire: %s, %s (%s%s%s)\n", v->earliest_what,
	    when, left < 0 ? "" : "in ", distance, left < 0 ? " ago" : "");
}

static void
put_dates(struct writer *w, const struct dci_verification *v, int64_t now)
{
	char issued[RFC3339_SIZE];

	writer_text(w, "\nDates     ");
	if (v->has_dates)
		put_first_to_expire(w, v, now);
	else
		writer_text(w, "as far as they were looked at\n");
	if (v->has_dates) {
		rfc3339_encode(issued, v->newest_issued);
		writer_printf(w, "          newest collateral of %s\n", issued);
	}
	put_dated(w, v, now);
	if (v->expired_by > 0)
		writer_printf(w,
		    "          tolerated: expired by %" PRId64 " seconds\n",
		    v->expired_by);
}

static void
put_policy(struct writer *w, const struct dci_appraisal *a)
{
	if (!a->admitted) {
		writer_text(w, "\nPolicy    not admitted\n");
		return;
	}
	writer_printf(w,
	    "\nPolicy    admitted as \"%s\", assurance %s, binding %s\n",
	    a->entry_name, dci_assurance_name(a->assurance),
	    a->evidence_bound ? "evidence" : "channel");
}

static void
put_detail(struct writer *w, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	writer_printf(w, "%14s%s", "", label);
	put_foreign(w, text);
	writer_text(w, "\n");
}

static void
put_checks(struct writer *w, const struct dci_checks *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct dci_check *c = &list->item[i];
		bool ok = c->code == DCI_OK;

		writer_printf(w, "  %-10s%-31s%s\n",
		    dci_outcome_name(c->outcome), dci_check_name(c->id),
		    dci_check_title(c->id));
		if (!ok)
			put_detail(w, "expected: ", c->expected);
		put_detail(w, ok ? "" : "found: ", c->found);
		if (!ok)
			writer_printf(w, "%14s%s: %s\n", "",
			    dci_code_name(c->code), dci_code_remedy(c->code));
	}
}

/* Whether the last check of a quote's verification is not the last of all. */
static bool
stopped(const struct dci_appraisal *a)
{
	const struct dci_checks *list = &a->verification.checks;

	return !a->has_policy && list->n > 0 &&
	       list->item[list->n - 1].id != DCI_CHECK_TCB_STATUS;
}

static void
put_all_checks(struct writer *w, const struct dci_appraisal *a)
{
	size_t n = a->verification.checks.n +
		   (a->has_evidence ? a->evidence_checks.n : 0) +
		   (a->has_policy ? a->policy_checks.n : 0);

	if (n > 0)
		writer_text(w, "\nChecks\n");
	if (a->has_evidence)
		put_checks(w, &a->evidence_checks);
	put_checks(w, &a->verification.checks);
	if (a->has_policy)
		put_checks(w, &a->policy_checks);
	if (n > 0 && stopped(a))
		writer_text(w,
		    "  The verification ended here; whatever comes after was "
		    "not looked at.\n");
}

void
appraisal_text(struct writer *w, const struct dci_appraisal *a)
{
	const struct dci_verification *v = &a->verification;

	writer_printf(w, "%s\n", dci_status_name(v->status));
	if (a->failure.code != DCI_OK)
		writer_printf(w, "%s %s\n", dci_code_name(a->failure.code),
		    a->failure.sentence);
	put_advice(w, a);
	if (v->parsed)
		put_enclave(w, v);
	if (v->has_platform)
		put_platform(w, v);
	if (v->has_tcb)
		put_tcb(w, v);
	else if (v->has_newest)
		put_out_of_reach(w, v);
	if (v->dated_n > 0)
		put_dates(w, v, a->time);
	if (a->has_policy)
		put_policy(w, a);
	put_all_checks(w, a);
}
