/* SPDX-License-Identifier: BSD-3-Clause */
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/collateral_text.h"
#include "issuer/forecasts.h"
#include "issuer/launch.h"
#include "issuer/publication.h"
#include "issuer/sealed.h"
#include "issuer/supply.h"

int
supply_load(
    struct writer *w, const struct issuer_config *config, struct dci_failure *f)
{
	*w = writer_new(ISSUER_PATHS * LIMIT_BUNDLE);
	return collateral_text_load(
	    w, config->collaterals, (const char *const *)config->collateral, f);
}

static void
replace(int *old, int fd)
{
	if (*old >= 0)
		close(*old);
	*old = fd;
}

static void
seal(struct parent *p)
{
	struct writer w CLEANUP(writer_free) = writer_new(COLLATERAL_TEXT_MAX);
	struct bytes published = publication_text(p->publication);

	collateral_file_begin(&w, p->config->source.source.kind != SOURCE_NONE);
	writer_put(&w, p->local.data, p->local.n);
	writer_put(&w, published.p, published.n);
	if (w.failed)
		log_fatal("out-of-memory", "no memory for collateral");
	replace(&p->newest.collateral, sealed_file("collateral", w.data, w.n));
	replace(
	    &p->newest.policy, sealed_file("policy", p->config->policy->text,
				   p->config->policy->text_size));
}

void
supply_change(struct parent *p, enum change change)
{
	bool policy = change == CHANGE_ALL;

	seal(p);
	if (!p->launched || p->ledger.channel == NULL ||
	    p->signer.channel == NULL)
		return; /* they will start with it */
	/* That of an earlier change may still be outstanding. */
	if (change > p->telling)
		p->telling = change;
	p->unsettled += policy ? 2 : 1;
	p->policy_unsettled |= policy;
	if (policy)
		process_give(&p->ledger, FILE_POLICY, p->newest.policy);
	process_give(&p->ledger, FILE_COLLATERAL, p->newest.collateral);
	process_go(&p->ledger);
	if (!policy)
		return;
	process_give(&p->signer, FILE_POLICY, p->newest.policy);
	process_go(&p->signer);
}

void
supply_settle(struct parent *p)
{
	replace(&p->settled.policy, dup(p->newest.policy));
	replace(&p->settled.collateral, dup(p->newest.collateral));
	p->unsettled = 0;
	p->policy_unsettled = false;
}

/* Ledger and signer have it: now requests may be made by it. */
void
supply_done(struct parent *p)
{
	bool policy = p->policy_unsettled;

	if (p->unsettled == 0 || --p->unsettled > 0)
		return;
	supply_settle(p);
	for (unsigned i = 0; i < p->workers; i++) {
		struct process *to = &p->appraiser[i];

		if (to->channel == NULL)
			continue;
		if (policy)
			process_give(to, FILE_POLICY, p->settled.policy);
		process_give(to, FILE_COLLATERAL, p->settled.collateral);
		to->loads++;
	}
	forecasts_soon(p->forecasts);
}

bool
supply_loaded(struct process *from, unsigned files)
{
	struct parent *p = from->parent;

	if (from->role != ROLE_APPRAISER || files > from->loads)
		return false;
	from->loads -= files;
	if (p->telling == CHANGE_NOTHING || p->unsettled > 0)
		return true;
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->appraiser[i].loads > 0)
			return true;
	}
	if (p->telling == CHANGE_ALL)
		log_note(LOG_LEVEL_INFO, "reloaded",
		    "policy and collateral are in use");
	else
		log_note(LOG_LEVEL_INFO, "collateral-in-use",
		    "what the collector has published");
	p->telling = CHANGE_NOTHING;
	return true;
}
