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
#include "policy/guard.h"
#include "policy/policy.h"

static const char default_listen[] = "[::]:4433";

/* --- readers and printers of settings --- */

static int
read_text(void *field, const struct conf_values *v, struct dci_failure *f)
{
	char **out = field;
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (text[0] == '\0' || strlen(text) >= PATH_MAX)
		return conf_fail(f, v, 0,
		    "expected a path of 1 to %d characters, found %zu",
		    PATH_MAX - 1, strlen(text));
	free(*out);
	*out = strdup(text);
	return *out != NULL ? 0
			    : dci_fail(f, DCI_OUT_OF_MEMORY,
				  "No memory to read %s.", v->file);
}

static bool
print_text(struct writer *w, const void *field)
{
	const char *text = *(char *const *)field;

	if (text != NULL)
		writer_printf(w, "\"%s\"", text);
	return text != NULL;
}

static int
read_listen(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!issuer_address_parse(field, text))
		return conf_fail(f, v, 0,
		    "expected \"ADDRESS:PORT\" like \"[::]:4433\" or "
		    "\"127.0.0.1:4433\", found \"%.80s\"",
		    text);
	return 0;
}

static bool
print_listen(struct writer *w, const void *field)
{
	const struct issuer_address *a = field;

	writer_printf(w, "\"%s\"", a->text);
	return true;
}

static int
read_workers(void *field, const struct conf_values *v, struct dci_failure *f)
{
	uint64_t number;

	if (conf_number(&number, v, 0, ISSUER_WORKERS, f) != 0)
		return -1;
	*(unsigned *)field = (unsigned)number;
	return 0;
}

static int
read_connections(
    void *field, const struct conf_values *v, struct dci_failure *f)
{
	uint64_t number;

	if (conf_number(&number, v, 1, LIMIT_CONNECTIONS, f) != 0)
		return -1;
	*(unsigned *)field = (unsigned)number;
	return 0;
}

static bool
print_unsigned(struct writer *w, const void *field)
{
	writer_printf(w, "%u", *(const unsigned *)field);
	return true;
}

static const char *const log_formats[] = {
    [ISSUER_LOGFMT] = "logfmt", [ISSUER_JSON] = "json"};

static int
read_log_format(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(text, log_formats[i]) == 0) {
			*(enum issuer_log_format *)field =
			    (enum issuer_log_format)i;
			return 0;
		}
	}
	return conf_fail(
	    f, v, 0, "expected \"logfmt\" or \"json\", found \"%.80s\"", text);
}

static bool
print_log_format(struct writer *w, const void *field)
{
	writer_printf(
	    w, "\"%s\"", log_formats[*(const enum issuer_log_format *)field]);
	return true;
}

static int
read_paths(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct issuer_config *c = field;

	if (v->n > ISSUER_PATHS)
		return conf_fail(
		    f, v, ISSUER_PATHS, "more than %d paths", ISSUER_PATHS);
	for (size_t i = 0; i < v->n; i++) {
		const char *text = conf_text(v, i);

		if (text[0] == '\0' || strlen(text) >= PATH_MAX)
			return conf_fail(f, v, i,
			    "expected a path of 1 to %d characters, found %zu",
			    PATH_MAX - 1, strlen(text));
		c->collateral[i] = strdup(text);
		if (c->collateral[i] == NULL)
			return dci_fail(f, DCI_OUT_OF_MEMORY,
			    "No memory to read %s.", v->file);
		c->collaterals++;
	}
	return 0;
}

static bool
print_paths(struct writer *w, const void *field)
{
	const struct issuer_config *c = field;

	writer_text(w, "{");
	for (size_t i = 0; i < c->collaterals; i++)
		writer_printf(
		    w, "%s\"%s\"", i > 0 ? ", " : "", c->collateral[i]);
	writer_text(w, "}");
	return true;
}

static int
read_source(void *field, const struct conf_values *v, struct dci_failure *f)
{
	(void)field;
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (strcmp(text, "none") != 0)
		return conf_fail(f, v, 0,
		    "this version does not fetch collateral: expected \"none\" "
		    "(give files with path), found \"%.80s\"",
		    text);
	return 0;
}

static bool
print_source(struct writer *w, const void *field)
{
	(void)field;
	writer_text(w, "\"none\"");
	return true;
}

#define AT(field) offsetof(struct issuer_config, field)

static const struct conf_key top_keys[] = {
    {"listen", AT(listen), read_listen, print_listen},
    {"state", AT(state), read_text, print_text},
    {"workers", AT(workers), read_workers, print_unsigned},
    {"connections_per_address", AT(connections_per_address), read_connections,
	print_unsigned},
    {"wrap_key", AT(wrap_key), read_text, print_text},
    {"sim", AT(sim), read_text, print_text},
    {"log_format", AT(log_format), read_log_format, print_log_format},
};

static const struct conf_key tls_keys[] = {
    {"certificate", AT(tls_certificate), read_text, print_text},
    {"key", AT(tls_key), read_text, print_text},
};

static const struct conf_key collateral_keys[] = {
    {"path", 0, read_paths, print_paths},
    {"source", 0, read_source, print_source},
};

#define COUNT(keys) (sizeof(keys) / sizeof((keys)[0]))

/* --- the file --- */

/* Everything that a file can have: settings and policy. */
struct config_options {
	cfg_opt_t top[COUNT(top_keys) + POLICY_KEYS + 4];
	cfg_opt_t tls[COUNT(tls_keys) + 1];
	cfg_opt_t
	    collateral[COUNT(collateral_keys) + POLICY_COLLATERAL_KEYS + 1];
	cfg_opt_t enclave[POLICY_ENTRY_KEYS + 1];
};

static void
config_options(struct config_options *o)
{
	cfg_opt_t *top = o->top;

	conf_options(o->tls, tls_keys, COUNT(tls_keys));
	conf_options_end(o->tls + COUNT(tls_keys));
	conf_options(o->collateral, collateral_keys, COUNT(collateral_keys));
	conf_options(o->collateral + COUNT(collateral_keys),
	    policy_collateral_keys, POLICY_COLLATERAL_KEYS);
	conf_options_end(
	    o->collateral + COUNT(collateral_keys) + POLICY_COLLATERAL_KEYS);

	conf_options(top, top_keys, COUNT(top_keys));
	top += COUNT(top_keys);
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

	if (conf_read(cfg, top_keys, COUNT(top_keys), c, f) != 0 ||
	    conf_read(tls, tls_keys, COUNT(tls_keys), c, f) != 0)
		return -1;
	return conf_read(
	    collateral, collateral_keys, COUNT(collateral_keys), c, f);
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

/* The simulated platform's own collateral. */
static int
collateral_of_sim(struct issuer_config *c, struct dci_failure *f)
{
	static const char *const folders[] = {"collateral", "collateral-tdx"};
	struct stat st;

	collateral_clear(c);
	for (size_t i = 0; i < 2; i++) {
		char path[PATH_MAX];
		int n =
		    snprintf(path, sizeof(path), "%s/%s", c->sim, folders[i]);

		if (n < 0 || (size_t)n >= sizeof(path))
			return dci_fail(f, DCI_USAGE, "--sim: path too long");
		if (i > 0 && stat(path, &st) != 0)
			continue;
		if (collateral_add(c, path, f) != 0)
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
	if (replace(&c->state, flags->state, "-s", f) != 0 ||
	    replace(&c->sim, flags->sim, "--sim", f) != 0 ||
	    replace(&c->wrap_key, flags->wrap_key, "WRAP_KEY", f) != 0)
		return -1;
	if (flags->collaterals > 0) {
		collateral_clear(c);
		for (size_t i = 0; i < flags->collaterals; i++) {
			if (collateral_add(c, flags->collateral[i], f) != 0)
				return -1;
		}
		return 0;
	}
	/* A flag wins over the file; the file's sim only adds to it. */
	if (flags->sim != NULL || (c->sim != NULL && c->collaterals == 0))
		return collateral_of_sim(c, f);
	return 0;
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
	if (!issuer_address_parse(&c->listen, default_listen))
		return dci_fail(f, DCI_INTERNAL, "The default address.");
	return 0;
}

/* What follows from the rest. */
static int
config_derive(struct issuer_config *c, struct dci_failure *f)
{
	char text[ISSUER_ADDRESS_SIZE];

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
	dci_policy_free(c->policy);
	*c = (struct issuer_config){.action = ISSUER_RUN};
}

char *
issuer_config_text(const struct issuer_config *c)
{
	struct writer w CLEANUP(writer_free) =
	    writer_new(2 * CONF_TEXT_MAX + ISSUER_PATHS * PATH_MAX);
	char digest[65];

	conf_print(&w, "", top_keys, COUNT(top_keys), c);
	writer_text(&w, "tls {\n");
	conf_print(&w, "    ", tls_keys, COUNT(tls_keys), c);
	writer_text(&w, "}\ncollateral {\n");
	conf_print(&w, "    ", collateral_keys, COUNT(collateral_keys), c);
	hex_encode(digest, c->policy->digest, sizeof(c->policy->digest));
	writer_printf(&w, "}\n# The policy, to the end; SHA-256 %s\n", digest);
	writer_put(&w, c->policy->text, c->policy->text_size);
	writer_u8(&w, 0);
	if (w.failed)
		return NULL;
	w.cap = 0;
	return (char *)TAKE(w.data);
}
