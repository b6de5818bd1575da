/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <string.h>

#include "verifier/settings.h"

static int
read_path(void *field, const struct conf_values *v, struct dci_failure *f)
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

/* A file in a folder of Gramine's, whose own keys begin with "_". */
static int
read_key_name(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (text[0] == '\0' || text[0] == '.' || text[0] == '_' ||
	    strchr(text, '/') != NULL || strlen(text) > NAME_MAX)
		return conf_fail(f, v, 0,
		    "expected the name of a key like \"default\", found "
		    "\"%.80s\"",
		    text);
	return read_path(field, v, f);
}

static int
read_listen(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!verifier_listen_parse(field, text))
		return conf_fail(f, v, 0,
		    "expected \"ADDRESS:PORT\" like \"127.0.0.1:8799\", found "
		    "\"%.80s\"",
		    text);
	return 0;
}

static int
read_issuers(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct verifier_config *c = field;
	struct dci_failure why;

	if (v->n < 1 || v->n > LIMIT_ISSUERS)
		return conf_fail(f, v, 0, "expected 1 to %u issuers, found %zu",
		    LIMIT_ISSUERS, v->n);
	for (size_t i = 0; i < v->n; i++) {
		if (address_parse(&c->issuer[i], conf_text(v, i), &why) != 0)
			return conf_fail(f, v, i, "%.200s", why.sentence);
	}
	c->issuers = v->n;
	return 0;
}

static int
read_collateral(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct verifier_config *c = field;

	if (v->n > VERIFIER_COLLATERALS)
		return conf_fail(f, v, VERIFIER_COLLATERALS,
		    "more than %d paths", VERIFIER_COLLATERALS);
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

bool
verifier_key_type(enum curve *out, const char *text)
{
	if (strcmp(text, "p256") == 0)
		*out = CURVE_P256;
	else if (strcmp(text, "p384") == 0)
		*out = CURVE_P384;
	else
		return false;
	return true;
}

static int
read_key_type(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!verifier_key_type(field, text))
		return conf_fail(f, v, 0,
		    "expected \"p256\" or \"p384\", found \"%.80s\"", text);
	return 0;
}

static int
read_log_format(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);
	enum log_format *out = field;

	if (text == NULL)
		return -1;
	if (strcmp(text, "logfmt") == 0)
		*out = LOG_FORMAT_LOGFMT;
	else if (strcmp(text, "json") == 0)
		*out = LOG_FORMAT_JSON;
	else
		return conf_fail(f, v, 0,
		    "expected \"logfmt\" or \"json\", found \"%.80s\"", text);
	return 0;
}

static int
read_unsigned(void *field, const struct conf_values *v, uint64_t min,
    uint64_t max, struct dci_failure *f)
{
	uint64_t number;

	if (conf_number(&number, v, min, max, f) != 0)
		return -1;
	*(unsigned *)field = (unsigned)number;
	return 0;
}

static int
read_requests(void *field, const struct conf_values *v, struct dci_failure *f)
{
	return read_unsigned(field, v, 0, 1000000, f);
}

static int
read_connections(
    void *field, const struct conf_values *v, struct dci_failure *f)
{
	return read_unsigned(field, v, 1, LIMIT_HTTP_CONNECTIONS, f);
}

static int
read_seconds(void *field, const struct conf_values *v, struct dci_failure *f)
{
	return read_unsigned(field, v, 1, 3600, f);
}

#define AT(field) offsetof(struct verifier_config, field)

const struct conf_key verifier_settings[VERIFIER_SETTINGS] = {
    {"listen", AT(listen), read_listen, NULL},
    {"issuer", 0, read_issuers, NULL},
    {"ca", AT(ca), read_path, NULL},
    {"sim", AT(sim), read_path, NULL},
    {"collateral", 0, read_collateral, NULL},
    {"collateral_folder", AT(collateral_folder), read_path, NULL},
    {"keep", AT(keep), read_path, NULL},
    {"keep_key", AT(keep_key), read_key_name, NULL},
    {"tls", AT(tls), conf_read_bool, NULL},
    {"key_type", AT(key_type), read_key_type, NULL},
    {"outdated_tcb", AT(outdated_tcb), conf_read_bool, NULL},
    {"requests_per_address", AT(requests_per_address), read_requests, NULL},
    {"connections_per_address", AT(connections_per_address), read_connections,
	NULL},
    {"seconds", AT(seconds), read_seconds, NULL},
    {"log_format", AT(log_format), read_log_format, NULL},
};

size_t
verifier_source_settings(struct verifier_source_settings *out)
{
	size_t n = 0;

	for (size_t i = 0; i < SOURCE_KEYS; i++) {
		/* Only the issuer looks ahead. */
		if (strcmp(source_keys[i].name, "early") == 0)
			continue;
		snprintf(out->name[n], sizeof(out->name[n]), "collateral_%s",
		    source_keys[i].name);
		out->key[n] = source_keys[i];
		out->key[n].name = out->name[n];
		n++;
	}
	return n;
}
