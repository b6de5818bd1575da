/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "verifier/config.h"
#include "verifier/settings.h"

const char verifier_usage[] =
    "usage: dci-verifier [-c FILE] [-l ADDR:PORT] [--issuer HOST:PORT]...\n"
    "                    [--ca FILE] [--sim DIR] [--collateral DIR|FILE]...\n"
    "                    [--collateral-url URL] [--tls]\n"
    "                    [--key-type p256|p384] [-t]\n"
    "\n"
    "Verifies SGX quotes over HTTP and signs the results with a key that an\n"
    "issuer has certified.\n"
    "\n"
    "  -c FILE             configuration; flags win over it\n"
    "  -l ADDR:PORT        where to listen; 127.0.0.1:8799\n"
    "  --issuer HOST:PORT  who certifies the key; localhost:4433.  Several\n"
    "                      are tried in their order\n"
    "  --ca FILE           CA of the issuers' TLS identities; ssl/ca.crt\n"
    "  --sim DIR           be, and trust, the platform of \"dci-sim init "
    "DIR\"\n"
    "  --collateral PATH   folder or file with collateral; repeatable\n"
    "  --collateral-url URL  a PCS or PCCS, where collateral is fetched\n"
    "  --tls               HTTPS, with an RA-TLS certificate\n"
    "  --key-type TYPE     curve of the delegation key: p256 (default), p384\n"
    "  -t                  check the configuration and exit\n"
    "  --help, --version\n"
    "\n"
    "SIGHUP reads the collateral again, SIGUSR1 fetches it; SIGTERM ends\n"
    "the service.\n";

enum {
	ISSUER = 256,
	CA,
	SIM,
	COLLATERAL,
	COLLATERAL_URL,
	TLS,
	KEY_TYPE,
	HELP,
	VERSION
};

static const struct option long_options[] = {
    {"issuer", required_argument, NULL, ISSUER},
    {"ca", required_argument, NULL, CA},
    {"sim", required_argument, NULL, SIM},
    {"collateral", required_argument, NULL, COLLATERAL},
    {"collateral-url", required_argument, NULL, COLLATERAL_URL},
    {"tls", no_argument, NULL, TLS},
    {"key-type", required_argument, NULL, KEY_TYPE},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

/* Texts are the command line's. */
struct flags {
	enum verifier_action action;
	const char *file, *listen, *ca, *sim, *collateral_url, *key_type;
	bool tls;
	size_t issuers, collaterals;
	const char *issuer[LIMIT_ISSUERS];
	const char *collateral[VERIFIER_COLLATERALS];
};

bool
verifier_listen_parse(struct verifier_listen *out, const char *text)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found = NULL;
	const char *port = strrchr(text, ':');
	char host[sizeof(out->text)];
	uint64_t number;

	if (port == NULL || strlen(text) >= sizeof(out->text) ||
	    !decimal_decode(&number, port + 1, UINT16_MAX))
		return false;
	size_t n = (size_t)(port - text);
	bool brackets = n >= 2 && text[0] == '[' && text[n - 1] == ']';
	snprintf(host, sizeof(host), "%.*s", (int)(brackets ? n - 2 : n),
	    text + brackets);
	if (strcmp(host, "localhost") == 0)
		memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
	hints.ai_family = brackets ? AF_INET6 : AF_INET;
	if (host[0] == '\0' || getaddrinfo(host, port + 1, &hints, &found) != 0)
		return false;
	snprintf(out->text, sizeof(out->text), "%s", text);
	memcpy(&out->socket, found->ai_addr, found->ai_addrlen);
	out->size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

/* --- flags --- */

static int
take_once(const char **out, const char *flag, struct dci_failure *f)
{
	if (*out != NULL)
		return dci_fail(f, DCI_USAGE, "%s is given twice", flag);
	*out = optarg;
	return 0;
}

static int
take_more(const char **list, size_t *n, size_t max, const char *flag,
    struct dci_failure *f)
{
	if (*n == max)
		return dci_fail(
		    f, DCI_USAGE, "%s is given more than %zu times", flag, max);
	list[(*n)++] = optarg;
	return 0;
}

static int
flag_take(struct flags *o, int option, char **argv, struct dci_failure *f)
{
	switch (option) {
	case 'c':
		return take_once(&o->file, "-c", f);
	case 'l':
		return take_once(&o->listen, "-l", f);
	case 't':
		o->action = VERIFIER_TEST;
		return 0;
	case ISSUER:
		return take_more(
		    o->issuer, &o->issuers, LIMIT_ISSUERS, "--issuer", f);
	case CA:
		return take_once(&o->ca, "--ca", f);
	case SIM:
		return take_once(&o->sim, "--sim", f);
	case COLLATERAL:
		return take_more(o->collateral, &o->collaterals,
		    VERIFIER_COLLATERALS, "--collateral", f);
	case COLLATERAL_URL:
		return take_once(&o->collateral_url, "--collateral-url", f);
	case TLS:
		o->tls = true;
		return 0;
	case KEY_TYPE:
		return take_once(&o->key_type, "--key-type", f);
	case HELP:
		o->action = VERIFIER_HELP;
		return 0;
	case VERSION:
		o->action = VERIFIER_VERSION;
		return 0;
	case ':':
		return dci_fail(f, DCI_USAGE, "%s needs a value; see --help",
		    argv[optind - 1]);
	default:
		return dci_fail(f, DCI_USAGE, "there is no flag %s; see --help",
		    argv[optind - 1]);
	}
}

static int
flags_parse(struct flags *o, int argc, char **argv, struct dci_failure *f)
{
	int option;

	*o = (struct flags){.action = VERIFIER_RUN};
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(
		    argc, argv, ":c:l:t", long_options, NULL)) != -1) {
		if (flag_take(o, option, argv, f) != 0)
			return -1;
		if (o->action == VERIFIER_HELP || o->action == VERIFIER_VERSION)
			return 0;
	}
	if (optind < argc)
		return dci_fail(f, DCI_USAGE,
		    "there is nothing to do with \"%.80s\"; see --help",
		    argv[optind]);
	return 0;
}

/* --- flags over the file --- */

static int
replace(char **out, const char *text, struct dci_failure *f)
{
	if (text == NULL)
		return 0;
	free(*out);
	*out = strdup(text);
	return *out != NULL ? 0
			    : dci_fail(f, DCI_OUT_OF_MEMORY,
				  "No memory for the configuration.");
}

static void
collateral_clear(struct verifier_config *c)
{
	for (size_t i = 0; i < VERIFIER_COLLATERALS; i++) {
		free(c->collateral[i]);
		c->collateral[i] = NULL;
	}
	c->collaterals = 0;
}

/* The simulated platform's own collateral. */
static int
collateral_of_sim(struct verifier_config *c, struct dci_failure *f)
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
		if (replace(&c->collateral[c->collaterals], path, f) != 0)
			return -1;
		c->collaterals++;
	}
	return 0;
}

static int
apply_issuers(
    struct verifier_config *c, const struct flags *o, struct dci_failure *f)
{
	for (size_t i = 0; i < o->issuers; i++) {
		if (address_parse(&c->issuer[i], o->issuer[i], f) != 0)
			return -1;
	}
	if (o->issuers > 0)
		c->issuers = o->issuers;
	if (c->issuers > 0)
		return 0;
	c->issuers = 1;
	return address_parse(&c->issuer[0], "localhost", f);
}

static int
apply_collateral(
    struct verifier_config *c, const struct flags *o, struct dci_failure *f)
{
	/* A flag wins over the file; the file's sim only adds to it. */
	if (o->collaterals == 0) {
		bool sims =
		    o->sim != NULL || (c->sim != NULL && c->collaterals == 0);

		return sims && c->source.source.kind == SOURCE_NONE
			   ? collateral_of_sim(c, f)
			   : 0;
	}
	collateral_clear(c);
	for (size_t i = 0; i < o->collaterals; i++) {
		if (replace(&c->collateral[i], o->collateral[i], f) != 0)
			return -1;
		c->collaterals++;
	}
	return 0;
}

static int
flags_apply(
    struct verifier_config *c, const struct flags *o, struct dci_failure *f)
{
	bool qcnl;

	if (o->listen != NULL && !verifier_listen_parse(&c->listen, o->listen))
		return dci_fail(f, DCI_USAGE,
		    "-l: expected ADDRESS:PORT like 127.0.0.1:8799 or "
		    "[::]:8799, found \"%.80s\"",
		    o->listen);
	if (o->key_type != NULL &&
	    !verifier_key_type(&c->key_type, o->key_type))
		return dci_fail(f, DCI_USAGE,
		    "--key-type is p256 or p384, not \"%.80s\"", o->key_type);
	if (o->collateral_url != NULL &&
	    source_settings_url(&c->source, o->collateral_url, f) != 0)
		return -1;
	/* No file of the host's that is not named: it is not measured. */
	if (source_settings_derive(&c->source, true, NULL, &qcnl, f) != 0)
		return -1;
	c->tls = c->tls || o->tls;
	if (replace(&c->ca, o->ca, f) != 0 ||
	    replace(&c->sim, o->sim, f) != 0 || apply_issuers(c, o, f) != 0)
		return -1;
	return apply_collateral(c, o, f);
}

/* --- all of it --- */

static int
check_keep(const struct verifier_config *c, struct dci_failure *f)
{
	if (c->keep_key != NULL && c->keep == NULL)
		return dci_fail(f, DCI_USAGE,
		    "keep_key is set, but no folder: it is for keep");
	if (c->keep_key != NULL && c->sim != NULL)
		return dci_fail(f, DCI_USAGE,
		    "keep_key is for Gramine's encrypted files, which there "
		    "are none of on a simulated platform");
	return 0;
}

static int
file_apply(struct verifier_config *c, const char *path, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	cfg_opt_t options[VERIFIER_SETTINGS + SOURCE_KEYS + 1];
	struct verifier_source_settings source;
	size_t n = 0;

	if (path == NULL)
		return 0;
	if (file_read(path, LIMIT_CONFIG, &text, &n, f) != 0)
		return -1;
	conf_options(options, verifier_settings, VERIFIER_SETTINGS);
	size_t m = verifier_source_settings(&source);
	conf_options(options + VERIFIER_SETTINGS, source.key, m);
	conf_options_end(options + VERIFIER_SETTINGS + m);
	cfg_t *cfg CLEANUP(cleanup_cfg) =
	    conf_parse(options, (char *)text, n, path, f);
	if (cfg == NULL ||
	    conf_read(cfg, verifier_settings, VERIFIER_SETTINGS, c, f) != 0)
		return -1;
	return conf_read(cfg, source.key, m, &c->source, f);
}

static int
config_load(
    struct verifier_config *c, const struct flags *flags, struct dci_failure *f)
{
	if (source_settings_init(&c->source, f) != 0)
		return -1;
	if (!verifier_listen_parse(&c->listen, "127.0.0.1:8799"))
		return dci_fail(f, DCI_INTERNAL, "The default address.");
	if (replace(&c->ca, "ssl/ca.crt", f) != 0 ||
	    file_apply(c, flags->file, f) != 0)
		return -1;
	if (flags_apply(c, flags, f) != 0)
		return -1;
	return check_keep(c, f);
}

int
verifier_config_load(
    struct verifier_config *c, int argc, char **argv, struct dci_failure *f)
{
	struct flags flags;

	*c = (struct verifier_config){.key_type = CURVE_P256,
	    .requests_per_address = LIMIT_HTTP_ADDRESS_REQUESTS,
	    .connections_per_address = LIMIT_HTTP_ADDRESS,
	    .seconds = LIMIT_HTTP_SECONDS,
	    .log_format = LOG_FORMAT_LOGFMT};
	if (flags_parse(&flags, argc, argv, f) != 0)
		return -1;
	c->action = flags.action;
	if (c->action == VERIFIER_HELP || c->action == VERIFIER_VERSION)
		return 0;
	if (config_load(c, &flags, f) == 0)
		return 0;
	verifier_config_free(c);
	return -1;
}

void
verifier_config_free(struct verifier_config *c)
{
	free(c->ca);
	free(c->sim);
	source_settings_free(&c->source);
	free(c->collateral_folder);
	free(c->keep);
	free(c->keep_key);
	collateral_clear(c);
	*c = (struct verifier_config){.action = VERIFIER_RUN};
}
