/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/conf.h"
#include "policy/guard.h"

/* libconfuse's callback for errors takes no argument of ours. */
static _Thread_local struct dci_failure *conf_failure;

static void __attribute__((format(printf, 2, 0)))
conf_complain(cfg_t *cfg, const char *fmt, va_list ap)
{
	char why[512];

	/* The first complaint is the one with the cause. */
	if (conf_failure == NULL || conf_failure->code != DCI_OK)
		return;
	vsnprintf(why, sizeof(why), fmt, ap);
	dci_fail(conf_failure, DCI_CONFIG_SYNTAX, "%s:%d: %s",
	    cfg->filename != NULL ? cfg->filename : "?", cfg->line, why);
}

static int
conf_value_new(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
	(void)opt;
	size_t n = strlen(text) + 1;
	struct conf_value *v = malloc(sizeof(*v) + n);

	if (v == NULL)
		return -1;
	v->line = cfg->line > 0 ? (unsigned)cfg->line : 0;
	memcpy(v->text, text, n);
	*(void **)result = v;
	return 0;
}

void
conf_options(cfg_opt_t *out, const struct conf_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* All are lists to libconfuse: a value alone is a list of
		 * one, and the key's reader says how many it takes. */
		out[i] = (cfg_opt_t)CFG_PTR_LIST_CB(
		    keys[i].name, NULL, CFGF_NODEFAULT, conf_value_new, free);
	}
}

void
conf_options_end(cfg_opt_t *out)
{
	*out = (cfg_opt_t)CFG_END();
}

static int
conf_parse_text(cfg_t *cfg, char *text, size_t n, struct dci_failure *f)
{
	struct dci_failure own = {.code = DCI_OK};

	if (n == 0)
		return 0;
	FILE *file CLEANUP(cleanup_file) = fmemopen(text, n, "r");
	if (file == NULL)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory to read %s.",
		    cfg->filename);
	conf_failure = &own;
	int r = cfg_parse_fp(cfg, file);
	conf_failure = NULL;
	if (r == CFG_SUCCESS && own.code == DCI_OK)
		return 0;
	if (own.code == DCI_OK)
		return dci_fail(f, DCI_OUT_OF_MEMORY, "No memory to read %s.",
		    cfg->filename);
	return dci_fail(f, own.code, "%s", own.sentence);
}

/* libconfuse makes untitled sections before it knows the file's name. */
static bool
conf_name(cfg_t *cfg, const char *name)
{
	cfg->filename = strdup(name);
	if (cfg->filename == NULL)
		return false;
	for (cfg_opt_t *o = cfg->opts; o->name != NULL; o++) {
		if (o->type != CFGT_SEC || o->nvalues == 0)
			continue;
		cfg_t *section = cfg_opt_getnsec(o, 0);
		section->filename = strdup(name);
		if (section->filename == NULL)
			return false;
	}
	return true;
}

cfg_t *
conf_parse(cfg_opt_t *options, const char *text, size_t n, const char *name,
    struct dci_failure *f)
{
	if (n > CONF_TEXT_MAX) {
		dci_fail(f, DCI_CONFIG_LIMIT,
		    "%s:1: longer than the %u bytes that are accepted", name,
		    CONF_TEXT_MAX);
		return NULL;
	}
	char *copy CLEANUP(cleanup_free) = malloc(n + 1);
	if (copy == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory to read %s.", name);
		return NULL;
	}
	memcpy(copy, text, n);
	if (guard_check(copy, n, name, options, f) != 0)
		return NULL;
	cfg_t *cfg CLEANUP(cleanup_cfg) = cfg_init(options, CFGF_NONE);
	if (cfg == NULL || !conf_name(cfg, name)) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory to read %s.", name);
		return NULL;
	}
	cfg_set_error_function(cfg, conf_complain);
	if (conf_parse_text(cfg, copy, n, f) != 0)
		return NULL;
	return TAKE(cfg);
}

static cfg_opt_t *
conf_option(cfg_t *section, const char *key)
{
	for (cfg_opt_t *o = section->opts; o->name != NULL; o++) {
		if (strcmp(o->name, key) == 0)
			return o;
	}
	return NULL;
}

bool
conf_has(cfg_t *section, const char *key)
{
	const cfg_opt_t *o = conf_option(section, key);

	/* The flag tells an empty list from a key that is not there. */
	return o != NULL && (o->nvalues > 0 || (o->flags & CFGF_MODIFIED) != 0);
}

int
conf_read(cfg_t *section, const struct conf_key *keys, size_t n, void *object,
    struct dci_failure *f)
{
	for (size_t i = 0; i < n; i++) {
		if (!conf_has(section, keys[i].name))
			continue;
		cfg_opt_t *o = conf_option(section, keys[i].name);
		struct conf_values v = {.file = section->filename,
		    .key = keys[i].name,
		    .n = o->nvalues,
		    .option = o};
		void *field = (char *)object + keys[i].offset;

		if (keys[i].read(field, &v, f) != 0)
			return -1;
	}
	return 0;
}

static const struct conf_value *
conf_value(const struct conf_values *v, size_t i)
{
	return cfg_opt_getnptr(v->option, (unsigned)i);
}

const char *
conf_text(const struct conf_values *v, size_t i)
{
	return conf_value(v, i)->text;
}

int
conf_fail(struct dci_failure *f, const struct conf_values *v, size_t i,
    const char *fmt, ...)
{
	char why[DCI_SENTENCE_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return dci_fail(f, DCI_CONFIG_VALUE, "%s:%u: %s: %s", v->file,
	    i < v->n ? conf_value(v, i)->line : 0, v->key, why);
}

const char *
conf_single(const struct conf_values *v, struct dci_failure *f)
{
	if (v->n != 1) {
		conf_fail(f, v, 1, "takes one value, not %zu", v->n);
		return NULL;
	}
	return conf_text(v, 0);
}

int
conf_number(uint64_t *out, const struct conf_values *v, uint64_t min,
    uint64_t max, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!decimal_decode(out, text, max) || *out < min)
		return conf_fail(f, v, 0,
		    "expected a decimal number from %llu to %llu without "
		    "leading zeros, found \"%s\"",
		    (unsigned long long)min, (unsigned long long)max, text);
	return 0;
}

int
conf_read_bool(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	bool yes = strcmp(text, "true") == 0;
	if (!yes && strcmp(text, "false") != 0)
		return conf_fail(
		    f, v, 0, "expected true or false, found \"%s\"", text);
	*(bool *)field = yes;
	return 0;
}

bool
conf_print_bool(struct writer *w, const void *field)
{
	writer_text(w, *(const bool *)field ? "true" : "false");
	return true;
}

void
conf_print(struct writer *w, const char *indent, const struct conf_key *keys,
    size_t n, const void *object)
{
	for (size_t i = 0; i < n; i++) {
		size_t before = w->n;

		writer_printf(w, "%s%s = ", indent, keys[i].name);
		if (keys[i].print(w, (const char *)object + keys[i].offset))
			writer_text(w, "\n");
		else
			w->n = before;
	}
}
