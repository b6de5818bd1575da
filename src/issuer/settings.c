/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <string.h>

#include "base/limits.h"
#include "issuer/settings.h"

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

bool
settings_log_format(enum issuer_log_format *out, const char *text)
{
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(text, log_formats[i]) == 0) {
			*out = (enum issuer_log_format)i;
			return true;
		}
	}
	return false;
}

static int
read_log_format(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (settings_log_format(field, text))
		return 0;
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

#define AT(field) offsetof(struct issuer_config, field)

const struct conf_key settings_keys[SETTINGS] = {
    {"listen", AT(listen), read_listen, print_listen},
    {"state", AT(state), read_text, print_text},
    {"workers", AT(workers), read_workers, print_unsigned},
    {"connections_per_address", AT(connections_per_address), read_connections,
	print_unsigned},
    {"wrap_key", AT(wrap_key), read_text, print_text},
    {"sim", AT(sim), read_text, print_text},
    {"log_format", AT(log_format), read_log_format, print_log_format},
};

const struct conf_key settings_tls_keys[SETTINGS_TLS] = {
    {"certificate", AT(tls_certificate), read_text, print_text},
    {"key", AT(tls_key), read_text, print_text},
};

const struct conf_key settings_collateral_keys[SETTINGS_COLLATERAL] = {
    {"path", 0, read_paths, print_paths},
};
