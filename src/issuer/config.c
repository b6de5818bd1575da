/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "issuer/config.h"
#include "issuer/flags.h"
#include "issuer/notes.h"
#include "issuer/settings.h"
#include "policy/guard.h"
#include "policy/policy.h"

static const char default_listen[] = "[::]:4433";

/* --- the file --- */

/* Everything that a file can have: settings and policy. */
struct config_options {
	cfg_opt_t top[SETTINGS + POLICY_KEYS + 4];
	cfg_opt_t tls[SETTINGS_TLS + 1];
	cfg_opt_t collateral[SETTINGS_COLLATERAL + SOURCE_KEYS +
			     POLICY_COLLATERAL_KEYS + 1];
	cfg_opt_t enclave[POLICY_ENTRY_KEYS + 1];
};

static void
config_options(struct config_options *o)
{
	cfg_opt_t *top = o->top, *collateral = o->collateral;

	conf_options(o->tls, settings_tls_keys, SETTINGS_TLS);
	conf_options_end(o->tls + SETTINGS_TLS);
	conf_options(collateral, settings_collateral_keys, SETTINGS_COLLATERAL);
	collateral += SETTINGS_COLLATERAL;
	conf_options(collateral, source_keys, SOURCE_KEYS);
	collateral += SOURCE_KEYS;
	conf_options(
	    collateral, policy_collateral_keys, POLICY_COLLATERAL_KEYS);
	conf_options_end(collateral + POLICY_COLLATERAL_KEYS);

	conf_options(top, settings_keys, SETTINGS);
	top += SETTINGS;
	conf_options(top, policy_keys, POLICY_KEYS);
	top += POLICY_KEYS;
	*top++ = (cfg_opt_t)CFG_SEC("tls", o->tls, CFGF_NONE);
	*top++ = (cfg_opt_t)CFG_SEC("collateral", o->collateral, CFGF_NONE);
	*top++ = policy_enclave_option(o->enclave);
	conf_options_end(top);
}

/* The file to read: -c, else the default where it exists, else NULL. */
static const char *
config_file(
    const struct issuer_flags *flags, const struct issuer_sources *sources)
{
	if (flags->file != NULL)
		return flags->file;
	if (sources->default_file == NULL)
		return NULL;
	/* One that is there but unreadable must not be passed over. */
	if (access(sources->default_file, F_OK) != 0 && errno == ENOENT)
		return NULL;
	return sources->default_file;
}

/* An empty file where there is none, so that there is one way to go. */
static cfg_t *
config_parse(struct issuer_config *c, const char *path, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	struct config_options options;
	size_t n = 0;

	if (path != NULL) {
		if (file_read(path, LIMIT_CONFIG, &text, &n, f) != 0)
			return NULL;
		c->file = strdup(path);
		if (c->file == NULL) {
			dci_fail(f, DCI_OUT_OF_MEMORY, "No memory to read %s.",
			    path);
			return NULL;
		}
	}
	config_options(&options);
	return conf_parse(options.top, text != NULL ? (char *)text : "", n,
	    path != NULL ? path : "defaults", f);
}

static int
config_read(struct issuer_config *c, cfg_t *cfg, struct dci_failure *f)
{
	cfg_t *tls = cfg_getsec(cfg, "tls");
	cfg_t *collateral = cfg_getsec(cfg, "collateral");

	if (conf_read(cfg, settings_keys, SETTINGS, c, f) != 0 ||
	    conf_read(tls, settings_tls_keys, SETTINGS_TLS, c, f) != 0)
		return -1;
	if (conf_read(collateral, settings_collateral_keys, SETTINGS_COLLATERAL,
		c, f) != 0)
		return -1;
	return conf_read(collateral, source_keys, SOURCE_KEYS, &c->source, f);
}

/* RA_TLS_* count only without enclave sections; what the file says of grace
 * and evidence binding stays. */
static int
config_policy(struct issuer_config *c, cfg_t *cfg, struct dci_failure *f)
{
	struct dci_policy *p CLEANUP(cleanup_policy) = policy_new();

	if (p == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a policy.");
	if (policy_read(p, cfg, f) != 0)
		return -1;
	bool ignored = p->entries > 0;
	if (!ignored) {
		int64_t grace = p->tolerance.grace;
		bool given = conf_has(cfg_getsec(cfg, "collateral"), "grace");

		if (policy_read_environment(p, c->sources.lookup, f) != 0)
			return -1;
		if (given)
			p->tolerance.grace = grace;
	}
	if (policy_seal(p, f) != 0)
		return -1;
	c->policy = TAKE(p);
	issuer_note_policy(c, ignored);
	return 0;
}

/* --- flags --- */

static int
replace(char **out, const char *text, const char *flag, struct dci_failure *f)
{
	if (text == NULL)
		return 0;
	if (text[0] == '\0' || !guard_quotable(text) ||
	    strlen(text) >= PATH_MAX)
		return dci_fail(f, DCI_USAGE,
		    "%s: a path has 1 to %d characters, no quotes, no "
		    "backslashes, no \"${\" and no control characters",
		    flag, PATH_MAX - 1);
	free(*out);
	*out = strdup(text);
	return *out != NULL
		   ? 0
		   : dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for %s.", flag);
}

static void
collateral_clear(struct issuer_config *c)
{
	for (size_t i = 0; i < c->collaterals; i++) {
		free(c->collateral[i]);
		c->collateral[i] = NULL;
	}
	c->collaterals = 0;
}

static int
collateral_add(struct issuer_config *c, const char *path, struct dci_failure *f)
{
	if (c->collaterals == ISSUER_PATHS)
		return dci_fail(f, DCI_USAGE,
		    "--collateral: more than %d of them", ISSUER_PATHS);
	if (replace(&c->collateral[c->collaterals], path, "--collateral", f) !=
	    0)
		return -1;
	c->collaterals++;
	return 0;
}

/* The simulated platform's own collateral; it need not be there where it may be
 * fetched. */
static int
collateral_of_sim(struct issuer_config *c, struct dci_failure *f)
{
	static const char *const folders[] = {"collateral", "collateral-tdx"};
	bool fetched = source_settings_on(&c->source);
	struct stat st;

	collateral_clear(c);
	for (size_t i = 0; i < 2; i++) {
		char path[PATH_MAX];
		int n =
		    snprintf(path, sizeof(path), "%s/%s", c->sim, folders[i]);

		if (n < 0 || (size_t)n >= sizeof(path))
			return dci_fail(f, DCI_USAGE, "--sim: path too long");
		if ((i > 0 || fetched) && stat(path, &st) != 0)
			continue;
		if (collateral_add(c, path, f) != 0)
			return -1;
	}
	return 0;
}

/* A flag wins over the file; the file's sim only adds to it. */
static int
config_collateral(struct issuer_config *c, const struct issuer_flags *flags,
    struct dci_failure *f)
{
	if (flags->collateral_url != NULL &&
	    source_settings_url(&c->source, flags->collateral_url, f) != 0)
		return -1;
	if (flags->collaterals == 0)
		return flags->sim != NULL ||
			       (c->sim != NULL && c->collaterals == 0)
			   ? collateral_of_sim(c, f)
			   : 0;
	collateral_clear(c);
	for (size_t i = 0; i < flags->collaterals; i++) {
		if (collateral_add(c, flags->collateral[i], f) != 0)
			return -1;
	}
	return 0;
}

static int
config_flags(struct issuer_config *c, const struct issuer_flags *flags,
    struct dci_failure *f)
{
	if (flags->listen != NULL &&
	    (!guard_quotable(flags->listen) ||
		!issuer_address_parse(&c->listen, flags->listen)))
		return dci_fail(f, DCI_USAGE,
		    "-l: expected ADDRESS:PORT like [::]:4433 or "
		    "127.0.0.1:4433, found \"%.80s\"",
		    flags->listen);
	if (flags->log_format != NULL &&
	    !settings_log_format(&c->log_format, flags->log_format))
		return dci_fail(f, DCI_USAGE,
		    "--log-format: expected logfmt or json, found \"%.80s\"",
		    flags->log_format);
	if (replace(&c->state, flags->state, "-s", f) != 0 ||
	    replace(&c->sim, flags->sim, "--sim", f) != 0 ||
	    replace(&c->wrap_key, flags->wrap_key, "WRAP_KEY", f) != 0)
		return -1;
	return config_collateral(c, flags, f);
}

/* --- all of it --- */

static int
config_defaults(struct issuer_config *c, struct dci_failure *f)
{
	c->state = strdup("state");
	c->tls_certificate = strdup("ssl/server.crt");
	c->tls_key = strdup("ssl/server.key");
	c->connections_per_address = LIMIT_ADDRESS_CONNECTIONS;
	if (c->state == NULL || c->tls_certificate == NULL ||
	    c->tls_key == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for the configuration.");
	if (source_settings_init(&c->source, f) != 0)
		return -1;
	if (!issuer_address_parse(&c->listen, default_listen))
		return dci_fail(f, DCI_INTERNAL, "The default address.");
	return 0;
}

/* What follows from the rest. */
static int
config_derive(struct issuer_config *c, struct dci_failure *f)
{
	char text[ISSUER_ADDRESS_SIZE];
	bool qcnl;

	if (source_settings_derive(&c->source,
		c->sim != NULL || c->collaterals > 0, c->sources.qcnl_file,
		&qcnl, f) != 0)
		return -1;
	if (qcnl)
		issuer_note_qcnl(c);
	issuer_note_key(c);
	if (c->workers == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);

		c->workers = n < 1                ? 1
			     : n > ISSUER_WORKERS ? ISSUER_WORKERS
						  : (unsigned)n;
	}
	if (!c->listen.dual_stack)
		return 0;
	snprintf(
	    text, sizeof(text), "0.0.0.0:%s", strrchr(c->listen.text, ':') + 1);
	if (!issuer_address_parse(&c->fallback, text))
		return dci_fail(f, DCI_INTERNAL, "The fallback address.");
	return 0;
}

static int
config_load(struct issuer_config *c, struct dci_failure *f)
{
	struct issuer_flags flags;

	if (issuer_flags_parse(&flags, c->sources.argc, c->sources.argv, f) !=
	    0)
		return -1;
	c->action = flags.action;
	if (c->action == ISSUER_HELP || c->action == ISSUER_VERSION)
		return 0;
	const char *path = config_file(&flags, &c->sources);
	cfg_t *cfg CLEANUP(cleanup_cfg) = config_parse(c, path, f);
	if (cfg == NULL || config_defaults(c, f) != 0 ||
	    config_read(c, cfg, f) != 0 || config_flags(c, &flags, f) != 0 ||
	    config_derive(c, f) != 0)
		return -1;
	return config_policy(c, cfg, f);
}

int
issuer_config_load(struct issuer_config *c,
    const struct issuer_sources *sources, struct dci_failure *f)
{
	*c = (struct issuer_config){.sources = *sources};
	if (config_load(c, f) == 0)
		return 0;
	issuer_config_free(c);
	return -1;
}

int
issuer_config_reload(struct issuer_config *c, const struct issuer_config *old,
    struct dci_failure *f)
{
	if (issuer_config_load(c, &old->sources, f) != 0)
		return -1;
	issuer_note_changes(c, old);
	return 0;
}

void
issuer_config_free(struct issuer_config *c)
{
	free(c->file);
	free(c->state);
	free(c->wrap_key);
	free(c->tls_certificate);
	free(c->tls_key);
	free(c->sim);
	/* One past the last may have been copied already. */
	for (size_t i = 0; i < ISSUER_PATHS; i++)
		free(c->collateral[i]);
	source_settings_free(&c->source);
	dci_policy_free(c->policy);
	*c = (struct issuer_config){.action = ISSUER_RUN};
}

char *
issuer_config_text(const struct issuer_config *c)
{
	struct writer w CLEANUP(writer_free) =
	    writer_new(2 * CONF_TEXT_MAX + ISSUER_PATHS * PATH_MAX);
	char digest[65];

	conf_print(&w, "", settings_keys, SETTINGS, c);
	writer_text(&w, "tls {\n");
	conf_print(&w, "    ", settings_tls_keys, SETTINGS_TLS, c);
	writer_text(&w, "}\ncollateral {\n");
	conf_print(
	    &w, "    ", settings_collateral_keys, SETTINGS_COLLATERAL, c);
	conf_print(&w, "    ", source_keys, SOURCE_KEYS, &c->source);
	hex_encode(digest, c->policy->digest, sizeof(c->policy->digest));
	writer_printf(&w, "}\n# The policy, to the end; SHA-256 %s\n", digest);
	writer_put(&w, c->policy->text, c->policy->text_size);
	writer_u8(&w, 0);
	if (w.failed)
		return NULL;
	w.cap = 0;
	return (char *)TAKE(w.data);
}
