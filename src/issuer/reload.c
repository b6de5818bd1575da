/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <unistd.h>

#include "issuer/child.h"
#include "issuer/collateral_check.h"
#include "issuer/launch.h"
#include "issuer/collateral_set.h"
#include "issuer/parent.h"
#include "issuer/reload.h"
#include "issuer/sealed.h"

#define COLLATERAL_MAX (COLLATERAL_SETS * LIMIT_BUNDLE)

static int
load_collateral(
    struct writer *w, const struct issuer_config *config, struct dci_failure *f)
{
	*w = writer_new(COLLATERAL_MAX);
	return collateral_set_load(
	    w, config->collaterals, (const char *const *)config->collateral, f);
}

/* Replaces the files that children get. */
static void
seal_configuration(struct parent *p, const struct issuer_config *config,
    const struct writer *collateral)
{
	if (p->policy >= 0)
		close(p->policy);
	if (p->collateral >= 0)
		close(p->collateral);
	p->policy = sealed_file(
	    "policy", config->policy->text, config->policy->text_size);
	p->collateral =
	    sealed_file("collateral", collateral->data, collateral->n);
}

/* Ledger and signer have the new policy: now requests may be made by it. */
static void
reload_appraisers(struct parent *p)
{
	for (unsigned i = 0; i < p->workers; i++) {
		if (p->appraiser[i].channel == NULL)
			continue;
		process_give(&p->appraiser[i], FILE_POLICY, p->policy);
		process_give(&p->appraiser[i], FILE_COLLATERAL, p->collateral);
	}
	log_note(
	    LOG_LEVEL_INFO, "reloaded", "policy and collateral are in use");
}

int
reload_start(struct parent *p, struct dci_failure *f)
{
	struct writer collateral CLEANUP(writer_free) = writer_new(0);

	if (load_collateral(&collateral, p->config, f) != 0)
		return -1;
	seal_configuration(p, p->config, &collateral);
	return 0;
}

void
reload_done(struct parent *p)
{
	if (p->reload_waits > 0 && --p->reload_waits == 0)
		reload_appraisers(p);
}

#define SWAP(a, b)                      \
	do {                            \
		__typeof__(a) t_ = (a); \
		(a) = (b);              \
		(b) = t_;               \
	} while (0)

/* What takes effect at a start only stays as it was. */
static void
keep_start_settings(struct issuer_config *fresh, struct issuer_config *old)
{
	SWAP(fresh->state, old->state);
	SWAP(fresh->wrap_key, old->wrap_key);
	SWAP(fresh->sim, old->sim);
	SWAP(fresh->listen, old->listen);
	SWAP(fresh->tls_certificate, old->tls_certificate);
	SWAP(fresh->tls_key, old->tls_key);
	fresh->workers = old->workers;
	fresh->connections_per_address = old->connections_per_address;
	fresh->log_format = old->log_format;
}

/* A file that was cut short by an editor or a full disk may still parse: one
 * that suddenly names no enclave must not hand the policy to the environment,
 * or collateral that is of no use replace what works. */
static int
check_reload(struct parent *p, const struct issuer_config *fresh,
    struct bytes collateral, struct dci_failure *f)
{
	if (!p->config->policy->from_environment &&
	    fresh->policy->from_environment)
		return dci_fail(f, DCI_RELOAD_REFUSED,
		    "The configuration file names no enclave any more; the "
		    "policy in force stays. To take the policy from the "
		    "RA_TLS_* variables, start again.");
	return collateral_check_apart(collateral, &p->state->anchor, f);
}

/* The new configuration, or NULL after saying why there is none. */
static struct issuer_config *
load_again(struct parent *p)
{
	struct issuer_config *fresh = calloc(1, sizeof(*fresh));
	struct writer w CLEANUP(writer_free) = writer_new(0);
	struct dci_failure f;

	if (fresh == NULL)
		return NULL;
	if (issuer_config_reload(fresh, p->config, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "not-reloaded", &f);
		free(fresh);
		return NULL;
	}
	if (load_collateral(&w, fresh, &f) != 0 ||
	    check_reload(p, fresh, (struct bytes){w.data, w.n}, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "not-reloaded", &f);
		issuer_config_free(fresh);
		free(fresh);
		return NULL;
	}
	seal_configuration(p, fresh, &w);
	return fresh;
}

void
reload_again(struct parent *p)
{
	struct issuer_config *fresh = load_again(p);

	if (fresh == NULL)
		return;
	config_log_notes(fresh);
	keep_start_settings(fresh, p->config);
	SWAP(*fresh, *p->config);
	issuer_config_free(fresh);
	free(fresh);
	if (p->ledger.channel == NULL || p->signer.channel == NULL)
		return; /* they will start with it */
	/* Those of an earlier reload may still be outstanding. */
	p->reload_waits += 2;
	process_give(&p->ledger, FILE_POLICY, p->policy);
	process_give(&p->ledger, FILE_COLLATERAL, p->collateral);
	process_go(&p->ledger);
	process_give(&p->signer, FILE_POLICY, p->policy);
	process_go(&p->signer);
}
