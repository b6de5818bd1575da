/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "policy/policy.h"

struct dci_policy *
policy_new(void)
{
	return calloc(1, sizeof(struct dci_policy));
}

void
dci_policy_free(struct dci_policy *p)
{
	if (p == NULL)
		return;
	free(p->entry);
	free(p->text);
	free(p);
}

cfg_opt_t
policy_enclave_option(cfg_opt_t options[static POLICY_ENTRY_KEYS + 1])
{
	conf_options(options, policy_entry_keys, POLICY_ENTRY_KEYS);
	conf_options_end(options + POLICY_ENTRY_KEYS);
	return (cfg_opt_t)CFG_SEC(
	    "enclave", options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
}

/* 1 to 64 characters of printable ASCII, with no blank at either end. */
static bool
name_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n >= DCI_POLICY_NAME_SIZE || name[0] == ' ' ||
	    name[n - 1] == ' ')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (name[i] < 0x20 || name[i] > 0x7e)
			return false;
	}
	return true;
}

static int
read_entry(struct dci_policy_entry *e, cfg_t *section, struct dci_failure *f)
{
	const char *name = cfg_title(section);

	policy_entry_default(e);
	if (name == NULL || !name_valid(name))
		return dci_fail(f, DCI_CONFIG_ENCLAVE,
		    "%s:%d: the name of an enclave is 1 to 64 printable ASCII "
		    "characters without blanks at the ends",
		    section->filename, section->line);
	memcpy(e->name, name, strlen(name) + 1);
	if (!conf_has(section, "mrenclave") && !conf_has(section, "mrsigner"))
		return dci_fail(f, DCI_CONFIG_ENCLAVE,
		    "%s:%d: the enclave \"%s\" names neither mrenclave nor "
		    "mrsigner; to admit any, write mrsigner = \"any\"",
		    section->filename, section->line, name);
	return conf_read(section, policy_entry_keys, POLICY_ENTRY_KEYS, e, f);
}

static int
read_entries(struct dci_policy *p, cfg_t *cfg, struct dci_failure *f)
{
	unsigned n = cfg_size(cfg, "enclave");

	if (n > DCI_POLICY_ENTRIES)
		return dci_fail(f, DCI_CONFIG_LIMIT,
		    "%s:%d: %u enclaves; at most %d are accepted",
		    cfg->filename, cfg->line, n, DCI_POLICY_ENTRIES);
	if (n == 0)
		return 0;
	p->entry = calloc(n, sizeof(*p->entry));
	if (p->entry == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for %u enclaves.", n);
	for (unsigned i = 0; i < n; i++) {
		if (read_entry(
			&p->entry[i], cfg_getnsec(cfg, "enclave", i), f) != 0)
			return -1;
	}
	p->entries = n;
	return 0;
}

/* The origins that only the environment has are for its own canonical text to
 * be read back: what they say must hold. */
static int
check_origin(
    const struct dci_policy *p, const cfg_t *cfg, struct dci_failure *f)
{
	const struct dci_policy_entry *e = p->entry;
	const char *name =
	    p->admits_any ? POLICY_NAME_ANY : POLICY_NAME_ENVIRONMENT;
	bool any;

	if (!p->from_environment)
		return 0;
	if (p->admits_any)
		any = p->entries == 1 && dci_policy_entry_unpinned(e) &&
		      e->any_isv_prod_id && e->min_isv_svn == 0 && e->debug;
	else
		any = p->entries <= 1;
	if (any && (p->entries == 0 || strcmp(e->name, name) == 0))
		return 0;
	return dci_fail(f, DCI_CONFIG_VALUE,
	    "%s:%d: origin: this is not what the environment makes; leave "
	    "origin out of a file written by hand",
	    cfg->filename, cfg->line);
}

int
policy_read(struct dci_policy *p, cfg_t *cfg, struct dci_failure *f)
{
	if (conf_read(cfg, policy_keys, POLICY_KEYS, p, f) != 0 ||
	    conf_read(cfg_getsec(cfg, "collateral"), policy_collateral_keys,
		POLICY_COLLATERAL_KEYS, &p->tolerance, f) != 0 ||
	    read_entries(p, cfg, f) != 0)
		return -1;
	return check_origin(p, cfg, f);
}

struct dci_policy *
dci_policy_parse(
    const char *text, size_t n, const char *name, struct dci_failure *f)
{
	cfg_opt_t enclave[POLICY_ENTRY_KEYS + 1];
	cfg_opt_t collateral[POLICY_COLLATERAL_KEYS + 1];
	cfg_opt_t options[POLICY_KEYS + 3];

	conf_options(
	    collateral, policy_collateral_keys, POLICY_COLLATERAL_KEYS);
	conf_options_end(collateral + POLICY_COLLATERAL_KEYS);
	conf_options(options, policy_keys, POLICY_KEYS);
	options[POLICY_KEYS] =
	    (cfg_opt_t)CFG_SEC("collateral", collateral, CFGF_NONE);
	options[POLICY_KEYS + 1] = policy_enclave_option(enclave);
	conf_options_end(options + POLICY_KEYS + 2);

	cfg_t *cfg CLEANUP(cleanup_cfg) = conf_parse(options, text, n, name, f);
	if (cfg == NULL)
		return NULL;
	struct dci_policy *p CLEANUP(cleanup_policy) = policy_new();
	if (p == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for a policy.");
		return NULL;
	}
	if (policy_read(p, cfg, f) != 0 || policy_seal(p, f) != 0)
		return NULL;
	return TAKE(p);
}
