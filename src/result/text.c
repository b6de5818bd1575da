/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/text.h"
#include "base/utf8.h"
#include "result/show.h"

static void
put_hex(struct writer *w, const char *label, const void *data, size_t n)
{
	char digits[2 * 64 + 1];

	hex_encode(digits, data, n);
	writer_printf(w, "%s%s\n", label, digits);
}

/* Texts from outside: nothing in them is for the terminal to obey. */
static void
put_foreign(struct writer *w, const char *before, const char *text)
{
	writer_text(w, before);
	size_t begin = w->n;

	writer_text(w, text);
	if (!w->failed)
		w->n = begin + utf8_tame(w->data + begin, w->n - begin);
	writer_text(w, "\n");
}

static void
put_age(struct writer *w, int64_t from, int64_t now)
{
	char when[RFC3339_SIZE], distance[DURATION_SIZE];

	rfc3339_encode(when, from);
	duration_encode(distance, from > now ? from - now : now - from);
	writer_printf(w, "%s (%s%s%s)\n", when, from > now ? "in " : "",
	    distance, from > now ? "" : " ago");
}

static void
put_tcb(struct writer *w, const struct dci_report *r)
{
	char when[RFC3339_SIZE];

	rfc3339_encode(when, r->tcb_date);
	if (r->tcb_date != 0)
		writer_printf(w, "          TCB info of %s\n", when);
	if (r->tcb_evaluation != 0)
		writer_printf(
		    w, "          evaluation number %u\n", r->tcb_evaluation);
	for (size_t i = 0; i < r->advisories; i++)
		put_foreign(w, "          advisory  ", r->advisory[i]);
}

static void
put_enclave(struct writer *w, const struct dci_report *r)
{
	if (r->tee == DCI_TEE_SGX) {
		put_hex(w, "Enclave   MRENCLAVE ", r->mrenclave, 32);
		put_hex(w, "          MRSIGNER  ", r->mrsigner, 32);
		writer_printf(w, "          product %u, SVN %u\n",
		    r->isv_prod_id, r->isv_svn);
	} else {
		put_hex(w, "Domain    MRTD      ", r->mrtd, sizeof(r->mrtd));
	}
	put_hex(w, "          report data ", r->report_data,
	    sizeof(r->report_data));
	if (r->debug)
		writer_text(w, "          note: in debug mode; whoever runs it "
			       "can read and "
			       "change its memory\n");
	put_hex(w, "          quote's digest ", r->quote_digest, 32);
}

static void
put_report(struct writer *w, const struct dci_report *r, int64_t now)
{
	writer_text(w, "\nReport    made at ");
	put_age(w, r->timestamp, now);
	writer_printf(w, "          status    %s (%s)\n", r->quote_status,
	    dci_status_name(r->status));
	writer_printf(w, "          kind      %s\n", r->tee_type);
	if (r->id[0] != '\0')
		writer_printf(w, "          id        %s\n", r->id);
	if (r->has_nonce)
		put_foreign(w, "          nonce     ", r->nonce);
	put_tcb(w, r);
	put_enclave(w, r);
}

static void
put_delegation(struct writer *w, const struct dci_delegation *d, int64_t now)
{
	put_foreign(w, "\nVerifier  ", d->name);
	writer_printf(w, "          serial    %s\n", d->serial);
	put_hex(w, "          MRENCLAVE ", d->mrenclave, 32);
	put_hex(w, "          MRSIGNER  ", d->mrsigner, 32);
	writer_printf(w, "          SVN %u, assurance %s, binding %s\n",
	    d->isv_svn, dci_assurance_name(d->assurance),
	    d->evidence_bound ? "evidence" : "channel");
	put_hex(w, "          policy    ", d->policy_digest, 32);
	put_hex(w, "          evidence  ", d->evidence_digest, 32);
	writer_text(w, "          valid from  ");
	put_age(w, d->not_before, now);
	writer_text(w, "          valid until ");
	put_age(w, d->not_after, now);
}

static void
put_checks(struct writer *w, const struct dci_checks *list)
{
	writer_text(w, "\nChecks\n");
	for (size_t i = 0; i < list->n; i++) {
		const struct dci_check *c = &list->item[i];

		writer_printf(w, "  %-10s%-31s%s\n",
		    dci_outcome_name(c->outcome), dci_check_name(c->id),
		    dci_check_title(c->id));
		if (c->code != DCI_OK && c->expected[0] != '\0')
			put_foreign(w, "              expected: ", c->expected);
		if (c->found[0] != '\0')
			put_foreign(w,
			    c->code == DCI_OK ? "              "
					      : "              found: ",
			    c->found);
	}
}

void
result_text(struct writer *w, const struct dci_result *r, int64_t now)
{
	if (r->has_report)
		put_report(w, &r->report, now);
	if (r->has_delegation)
		put_delegation(w, &r->delegation, now);
	put_checks(w, &r->checks);
}
