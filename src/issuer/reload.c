/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "issuer/child.h"
#include "issuer/collateral_check.h"
#include "issuer/launch.h"
#include "issuer/parent.h"
#include "issuer/reload.h"
#include "issuer/supply.h"

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

/* The new configuration, with its collateral in p->local; or NULL after saying
 * why there is none. */
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
	if (supply_load(&w, fresh, &f) != 0 ||
	    check_reload(p, fresh, (struct bytes){w.data, w.n}, &f) != 0) {
		log_fail(LOG_LEVEL_ERROR, "not-reloaded", &f);
		issuer_config_free(fresh);
		free(fresh);
		return NULL;
	}
	SWAP(w, p->local);
	return fresh;
}

/* Its settings are given to the collector at its start only. */
static void
reload_collector(struct parent *p, bool changed)
{
	if (changed) {
		process_put_down(&p->collector);
		launch_collector(p);
	} else if (p->collector.channel != NULL) {
		channel_send(p->collector.channel, M_REREAD,
		    &(struct m_none){0}, (struct bytes){0}, -1);
	}
}

void
reload(struct parent *p)
{
	struct issuer_config *fresh = load_again(p);

	if (fresh == NULL)
		return;
	config_log_notes(fresh);
	bool other = !source_settings_equal(&fresh->source, &p->config->source);
	keep_start_settings(fresh, p->config);
	SWAP(*fresh, *p->config);
	issuer_config_free(fresh);
	free(fresh);
	supply_change(p, CHANGE_ALL);
	reload_collector(p, other);
}
