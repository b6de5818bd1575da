/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "issuer/notes.h"
#include "policy/policy.h"

static void __attribute__((format(printf, 3, 4)))
note(struct issuer_config *c, bool warning, const char *fmt, ...)
{
	va_list ap;

	if (c->notes == ISSUER_NOTES)
		return;
	struct issuer_note *n = &c->note[c->notes++];
	n->warning = warning;
	va_start(ap, fmt);
	vsnprintf(n->text, sizeof(n->text), fmt, ap);
	va_end(ap);
}

/* One warning for all entries of a kind: the first by name, and how many. */
static void
note_entries(struct issuer_config *c,
    bool (*is)(const struct dci_policy_entry *), const char *what)
{
	const struct dci_policy *p = c->policy;
	const char *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < p->entries; i++) {
		if (!is(&p->entry[i]))
			continue;
		if (n++ == 0)
			first = p->entry[i].name;
	}
	if (n == 1)
		note(c, true, "The policy's enclave \"%s\" %s.", first, what);
	else if (n > 1)
		note(c, true,
		    "%zu of the policy's enclaves, \"%s\" first: "
		    "each %s.",
		    n, first, what);
}

static bool
admits_debug(const struct dci_policy_entry *e)
{
	return e->debug;
}

static void
note_environment(struct issuer_config *c, bool ignored)
{
	char names[512];

	policy_environment_names(names, sizeof(names), c->sources.lookup);
	if (names[0] == '\0')
		return;
	if (ignored)
		note(c, false,
		    "%s has enclave sections and wins: not "
		    "looked at are %s.",
		    c->file, names);
	else
		note(c, false, "The policy comes from the environment: %s.",
		    names);
}

void
issuer_note_qcnl(struct issuer_config *c)
{
	char url[256];

	source_url_text(url, sizeof(url), c->source.source.url);
	note(c, false,
	    "Collateral is fetched from %s, as %s says, since nothing else is "
	    "configured.",
	    url, c->sources.qcnl_file);
}

void
issuer_note_key(struct issuer_config *c)
{
	struct stat st;

	if (stat(c->tls_key, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		note(c, true,
		    "Everybody on this machine can read the TLS key %s, and "
		    "be this issuer to clients; run: chmod o-r on it.",
		    c->tls_key);
}

static void
note_collateral(struct issuer_config *c)
{
	const struct collateral_source *s = &c->source.source;

	if (s->kind == SOURCE_NONE && c->collaterals == 0)
		note(c, true,
		    "There is no source of collateral, so every quote is "
		    "refused whose collateral was not imported. Name one with "
		    "--collateral-url or collateral { source = \"pcs\" }, or "
		    "files with --collateral.");
	if (s->kind != SOURCE_NONE && s->unverified_tls)
		note(c, true,
		    "The source of collateral is not authenticated "
		    "(verify_tls): whoever is in between can withhold "
		    "collateral, or keep delivering the old.");
}

void
issuer_note_policy(struct issuer_config *c, bool environment_ignored)
{
	const struct dci_policy *p = c->policy;

	note_environment(c, environment_ignored);
	if (p->entries == 0)
		note(c, true, "%s %s", dci_code_meaning(DCI_POLICY_EMPTY),
		    dci_code_remedy(DCI_POLICY_EMPTY));
	if (p->admits_any) {
		note(c, true,
		    "ANY enclave gets a certificate, debug ones "
		    "included: no measurement is configured and "
		    "RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE=1. Never use this "
		    "outside of tests.");
	} else {
		note_entries(c, dci_policy_entry_unpinned,
		    "admits enclaves whatever their MRENCLAVE and MRSIGNER");
		note_entries(c, admits_debug,
		    "admits debug enclaves, whose host can read their keys");
	}
	if (p->tolerance.grace == DCI_UNLIMITED)
		note(c, true,
		    "Expired collateral is accepted, however old it "
		    "is.");
	else if (p->tolerance.grace > 0)
		note(c, true,
		    "Expired collateral is accepted for %lld "
		    "seconds.",
		    (long long)p->tolerance.grace);
	if (c->sim != NULL)
		note(c, true,
		    "Only the simulated platform of %s is trusted; "
		    "its certificates prove nothing.",
		    c->sim);
	note_collateral(c);
}

static bool
differs(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a != b;
	return strcmp(a, b) != 0;
}

void
issuer_note_changes(struct issuer_config *c, const struct issuer_config *old)
{
	const struct {
		const char *name;
		bool changed;
	} settings[] = {
	    {"listen", differs(c->listen.text, old->listen.text)},
	    {"state", differs(c->state, old->state)},
	    {"workers", c->workers != old->workers},
	    {"wrap_key", differs(c->wrap_key, old->wrap_key)},
	    {"sim", differs(c->sim, old->sim)},
	    {"tls certificate",
		differs(c->tls_certificate, old->tls_certificate)},
	    {"tls key", differs(c->tls_key, old->tls_key)},
	    {"connections_per_address",
		c->connections_per_address != old->connections_per_address},
	    {"log_format", c->log_format != old->log_format},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (settings[i].changed)
			note(c, true,
			    "%s has changed; that takes effect at "
			    "the next start.",
			    settings[i].name);
	}
}
