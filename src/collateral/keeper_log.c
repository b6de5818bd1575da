/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>

#include "base/log.h"
#include "base/text.h"
#include "collateral/keeper_impl.h"

#define HOUR 3600
#define DAY  86400

static void
log_platform_id(struct log_line *l, const struct dci_platform_id *id)
{
	char fmspc[13];

	hex_encode(fmspc, id->fmspc, sizeof(id->fmspc));
	for (char *c = fmspc; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	log_text(l, "tee", id->tee == DCI_TEE_TDX ? "TDX" : "SGX");
	log_text(l, "fmspc", fmspc);
}

static void
log_name(struct log_line *l, const struct fetch_name *name)
{
	char text[96];

	fetch_name_text(text, sizeof(text), name);
	log_text(l, "document", text);
	if (name->item == FETCH_TCB_INFO)
		log_platform_id(l, &name->platform);
}

static void
log_document(struct log_line *l, const struct document *d)
{
	log_time(l, "issued", d->is.dates.issued);
	log_time(l, "next_update", d->is.dates.next_update);
	if (d->name.item == FETCH_TCB_INFO || d->name.item == FETCH_QE_IDENTITY)
		log_int(l, "tcb_evaluation", d->is.evaluation);
	else
		log_hex(
		    l, "crl_number", d->is.crl_number, d->is.crl_number_size);
}

void
keeper_log_taken(const char *event, const char *from, const struct document *d)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, event);
	log_name(&l, &d->name);
	log_document(&l, d);
	log_text(&l, "from", from);
	log_end(&l);
}

void
keeper_log_failed(const struct keeper *k, const char *event,
    const struct fetch_name *name, const struct dci_failure *why, int64_t next)
{
	const struct document *d = kept_find(&k->kept, name);
	struct log_line l;

	log_begin(&l, LOG_LEVEL_WARN, event);
	log_name(&l, name);
	log_failure(&l, why);
	if (d != NULL)
		log_time(&l, "in_use_until", d->is.valid.next_update);
	if (next != 0)
		log_time(&l, "next_try", next);
	log_end(&l);
}

void
keeper_log_outage(const struct outage *o, int64_t next)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_WARN, "collateral-fetch-failed");
	log_name(&l, &o->first);
	if (o->documents > 1)
		log_int(&l, "documents", o->documents);
	log_failure(&l, &o->why);
	if (o->in_use_until != 0)
		log_time(&l, "in_use_until", o->in_use_until);
	if (next != 0)
		log_time(&l, "next_try", next);
	log_end(&l);
}

void
keeper_log_revoked(const struct keeper *k)
{
	struct log_line l;

	for (size_t i = 0; i < k->tasks; i++) {
		if (!kept_revoked(&k->kept, &k->task[i].name))
			continue;
		log_begin(&l, LOG_LEVEL_ERROR, "collateral-revoked");
		log_name(&l, &k->task[i].name);
		log_text(&l, "message",
		    "its signer is in the new revocation list of the root CA");
		log_end(&l);
	}
}

void
keeper_log_platform(const char *event, const struct dci_platform_id *id,
    const struct dci_failure *why)
{
	struct log_line l;

	log_begin(&l, why != NULL ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, event);
	if (id != NULL)
		log_platform_id(&l, id);
	if (why != NULL)
		log_failure(&l, why);
	log_end(&l);
}

void
keeper_log_removed(const struct dci_platform_id *id, const char *why)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_INFO, "collateral-platform-removed");
	log_platform_id(&l, id);
	log_text(&l, "message", why);
	log_end(&l);
}

static void
watch(struct keeper *k, struct task *t, int64_t now)
{
	const struct document *d = kept_find(&k->kept, &t->name);
	struct log_line l;

	if (d == NULL || keeper_is_extra(k, &t->name))
		return;
	int64_t end = d->is.valid.next_update;
	bool ended = now > end;
	bool told = t->warned <= now && now < t->warned + DAY;
	t->ended = t->ended && ended;
	if (ended ? t->ended : now < end - k->config.warn || told)
		return;
	log_begin(&l, ended ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
	    ended ? "collateral-expired" : "collateral-expires");
	log_name(&l, &t->name);
	log_document(&l, d);
	if (end != d->is.dates.next_update)
		log_time(&l, "issuer_chain_until", end);
	log_end(&l);
	t->ended = ended;
	t->warned = now;
	if (ended)
		k->expired_told = now;
}

/* Who looks at the log of today sees it, too. */
static void
repeat_expired(struct keeper *k, int64_t now)
{
	const struct document *first = NULL;
	struct log_line l;
	int64_t n = 0;

	if (k->expired_told <= now && now < k->expired_told + HOUR)
		return;
	for (size_t i = 0; i < k->tasks; i++) {
		const struct document *d =
		    kept_find(&k->kept, &k->task[i].name);

		if (d == NULL || !k->task[i].ended)
			continue;
		n++;
		if (first == NULL ||
		    d->is.valid.next_update < first->is.valid.next_update)
			first = d;
	}
	if (first == NULL)
		return;
	log_begin(&l, LOG_LEVEL_ERROR, "collateral-expired");
	log_name(&l, &first->name);
	log_document(&l, first);
	log_int(&l, "documents", n);
	log_end(&l);
	k->expired_told = now;
}

void
keeper_watch(struct keeper *k, int64_t now)
{
	for (size_t i = 0; i < k->tasks; i++)
		watch(k, &k->task[i], now);
	repeat_expired(k, now);
}

static uint32_t
evaluation(const struct set *set, enum fetch_item item)
{
	return set->item[item]->is.evaluation;
}

void
keeper_compare_early(struct keeper *k, struct platform *p)
{
	const struct set *now = &p->used[UPDATE_STANDARD];
	const struct set *early = &p->used[UPDATE_EARLY];
	struct log_line l;

	if (k->update == UPDATE_EARLY || set_is_empty(now) ||
	    set_is_empty(early))
		return;
	uint32_t tcb = evaluation(early, FETCH_TCB_INFO);
	uint32_t qe = evaluation(early, FETCH_QE_IDENTITY);
	if (tcb == p->early_tcb && qe == p->early_qe)
		return;
	p->early_tcb = tcb;
	p->early_qe = qe;
	if (tcb == evaluation(now, FETCH_TCB_INFO) &&
	    qe == evaluation(now, FETCH_QE_IDENTITY))
		return;
	log_begin(&l, LOG_LEVEL_WARN, "collateral-early-differs");
	log_platform_id(&l, &p->id);
	log_int(&l, "tcb_evaluation", evaluation(now, FETCH_TCB_INFO));
	log_int(&l, "qe_evaluation", evaluation(now, FETCH_QE_IDENTITY));
	log_int(&l, "early_tcb_evaluation", tcb);
	log_int(&l, "early_qe_evaluation", qe);
	log_end(&l);
}
