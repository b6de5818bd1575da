/* SPDX-License-Identifier: BSD-3-Clause */
/* dci-issuer's flags, file and environment, and which of them wins. */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/file.h"
#include "issuer/config.h"
#include "policy/policy.h"

#define ARGUMENTS 80

/* Would overrun a buffer of ISSUER_ADDRESS_SIZE. */
#define LONG_ADDRESS                                                        \
	"[0000000000000000000000000000000000000000000000000000000000000000" \
	"00000000000000000::1]:1"

static char folder[PATH_MAX];
static char conf_path[PATH_MAX + 16];

/* --- a stand-in for the environment --- */

static struct {
	const char *name, *value;
} variables[16];
static size_t count;

static void
set(const char *name, const char *value)
{
	variables[count].name = name;
	variables[count++].value = value;
}

static const char *
lookup(const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(variables[i].name, name) == 0)
			return variables[i].value;
	}
	return NULL;
}

/* --- calls --- */

static void
write_conf(const char *text)
{
	struct dci_failure f;

	if (file_write(conf_path, text, strlen(text), 0600, &f) != 0)
		fail_msg("%s", f.sentence);
}

/* Arguments with blanks between them; they stay until the next call. */
static struct issuer_sources
sources(const char *line, const char *default_file)
{
	static char buffer[8192];
	static char *argv[ARGUMENTS + 1];
	struct issuer_sources s = {
	    .argv = argv, .default_file = default_file, .lookup = lookup};

	snprintf(buffer, sizeof(buffer), "dci-issuer %s", line);
	for (char *p = strtok(buffer, " "); p != NULL; p = strtok(NULL, " "))
		argv[s.argc++] = p;
	argv[s.argc] = NULL;
	return s;
}

static void
load(struct issuer_config *c, const char *line, const char *default_file)
{
	struct issuer_sources s = sources(line, default_file);
	struct dci_failure f = {.code = DCI_OK};

	if (issuer_config_load(c, &s, &f) != 0)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
}

/* Loads a file with that content. */
static void
load_text(struct issuer_config *c, const char *text)
{
	write_conf(text);
	load(c, "", conf_path);
}

static void
bad(const char *line, const char *default_file, enum dci_code code,
    const char *contains)
{
	struct issuer_sources s = sources(line, default_file);
	struct dci_failure f = {.code = DCI_OK};
	struct issuer_config c;

	if (issuer_config_load(&c, &s, &f) == 0)
		fail_msg("accepted: %s", line);
	if (f.code != code || strstr(f.sentence, contains) == NULL)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
}

static void
bad_text(
    const char *text, enum dci_code code, unsigned line, const char *contains)
{
	char begins[PATH_MAX + 32];
	struct dci_failure f;
	struct issuer_config c;

	write_conf(text);
	bad("", conf_path, code, contains);
	struct issuer_sources s = sources("", conf_path);
	assert_int_equal(issuer_config_load(&c, &s, &f), -1);
	snprintf(begins, sizeof(begins), "%s:%u: ", conf_path, line);
	if (strncmp(f.sentence, begins, strlen(begins)) != 0)
		fail_msg("%s", f.sentence);
}

static bool
has_note(const struct issuer_config *c, bool warning, const char *contains)
{
	for (size_t i = 0; i < c->notes; i++) {
		if (c->note[i].warning == warning &&
		    strstr(c->note[i].text, contains) != NULL)
			return true;
	}
	return false;
}

/* --- defaults --- */

static void
test_defaults(void **state)
{
	(void)state;
	struct issuer_config c;

	load(&c, "", "/nonexistent/issuer.conf");
	assert_int_equal(c.action, ISSUER_RUN);
	assert_null(c.file);
	assert_string_equal(c.listen.text, "[::]:4433");
	assert_int_equal(c.listen.socket.ss_family, AF_INET6);
	assert_true(c.listen.dual_stack);
	assert_string_equal(c.fallback.text, "0.0.0.0:4433");
	assert_int_equal(c.fallback.socket.ss_family, AF_INET);
	assert_false(c.fallback.dual_stack);
	assert_string_equal(c.state, "state");
	assert_true(c.workers >= 1);
	assert_null(c.wrap_key);
	assert_string_equal(c.tls_certificate, "ssl/server.crt");
	assert_string_equal(c.tls_key, "ssl/server.key");
	assert_null(c.sim);
	assert_int_equal(c.collaterals, 0);
	assert_int_equal(c.connections_per_address, 64);
	assert_int_equal(c.log_format, ISSUER_LOGFMT);
	assert_int_equal(c.policy->entries, 0);
	assert_true(has_note(&c, true, "every client is refused"));
	assert_true(has_note(&c, true, "no source of collateral"));
	issuer_config_free(&c);
	/* Nor is one needed. */
	load(&c, "", NULL);
	issuer_config_free(&c);
}

/* The words of the README: ./server_dcap wrap_key */
static void
test_the_sample(void **state)
{
	(void)state;
	struct issuer_config c;

	set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
	set("RA_TLS_ALLOW_OUTDATED_TCB_INSECURE", "1");
	set("RA_TLS_ALLOW_HW_CONFIG_NEEDED", "1");
	set("RA_TLS_ALLOW_SW_HARDENING_NEEDED", "1");
	load(&c, "wrap_key", NULL);
	assert_string_equal(c.wrap_key, "wrap_key");
	assert_true(c.policy->admits_any);
	assert_true(c.policy->tolerance.grace == DCI_UNLIMITED);
	assert_true(has_note(&c, true, "ANY enclave"));
	assert_true(has_note(&c, true, "Expired collateral"));
	assert_true(has_note(&c, false, "RA_TLS_ALLOW_HW_CONFIG_NEEDED"));
	issuer_config_free(&c);
}

/* --- flags --- */

static void
test_flags(void **state)
{
	(void)state;
	struct issuer_config c;

	load(&c, "-l 127.0.0.1:0 -s /s -t --collateral a --collateral=b key",
	    NULL);
	assert_int_equal(c.action, ISSUER_TEST);
	assert_string_equal(c.listen.text, "127.0.0.1:0");
	assert_int_equal(c.fallback.size, 0);
	assert_string_equal(c.state, "/s");
	assert_int_equal(c.collaterals, 2);
	assert_string_equal(c.collateral[0], "a");
	assert_string_equal(c.collateral[1], "b");
	assert_string_equal(c.wrap_key, "key");
	issuer_config_free(&c);
	load(&c, "key -T -s x", NULL);
	assert_int_equal(c.action, ISSUER_DUMP);
	assert_string_equal(c.wrap_key, "key");
	assert_string_equal(c.state, "x");
	issuer_config_free(&c);
}

static void
test_help_needs_no_configuration(void **state)
{
	(void)state;
	struct issuer_config c;

	write_conf("nonsense");
	load(&c, "--help", conf_path);
	assert_int_equal(c.action, ISSUER_HELP);
	issuer_config_free(&c);
	load(&c, "--version", conf_path);
	assert_int_equal(c.action, ISSUER_VERSION);
	issuer_config_free(&c);
	assert_non_null(strstr(issuer_usage, "--collateral"));
}

static void
test_wrong_flags(void **state)
{
	(void)state;

	bad("-x", NULL, DCI_USAGE, "no flag -x");
	bad("--what", NULL, DCI_USAGE, "no flag --what");
	bad("-l", NULL, DCI_USAGE, "-l needs a value");
	bad("--sim", NULL, DCI_USAGE, "--sim needs a value");
	bad("-t -T", NULL, DCI_USAGE, "only one of");
	bad("-s a -s b", NULL, DCI_USAGE, "-s is given twice");
	bad("-l :1 -l :2", NULL, DCI_USAGE, "-l is given twice");
	bad("-c a -c b", NULL, DCI_USAGE, "-c is given twice");
	bad("--sim a --sim b", NULL, DCI_USAGE, "--sim is given twice");
	bad("a b", NULL, DCI_USAGE, "\"b\" is too much");
	bad("-l 4433", NULL, DCI_USAGE, "-l: expected ADDRESS:PORT");
	bad("-s a\"b", NULL, DCI_USAGE, "-s: a path has");
	bad("-s ${HOME}", NULL, DCI_USAGE, "-s: a path has");
	bad("a\\b", NULL, DCI_USAGE, "WRAP_KEY: a path has");
	bad("-c /nonexistent", NULL, DCI_FILE_UNREADABLE, "/nonexistent");
	bad("-c /", NULL, DCI_FILE_UNREADABLE, "/");
}

static void
test_too_many_collaterals(void **state)
{
	(void)state;
	static const char flag[] = "--collateral=a ";
	char line[2048] = "";
	struct issuer_config c;

	for (size_t i = 0; i < ISSUER_PATHS; i++)
		memcpy(line + i * (sizeof(flag) - 1), flag, sizeof(flag));
	load(&c, line, NULL);
	assert_int_equal(c.collaterals, ISSUER_PATHS);
	issuer_config_free(&c);
	memcpy(line + strlen(line), flag, sizeof(flag));
	bad(line, NULL, DCI_USAGE, "more than 64 times");
}

static void
test_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int family;
		uint16_t port;
		bool dual;
	} good[] = {
	    {"[::]:4433", AF_INET6, 4433, true},
	    {":1", AF_INET6, 1, true},
	    {"[::1]:65535", AF_INET6, 65535, false},
	    {"[2001:db8::7]:443", AF_INET6, 443, false},
	    {"0.0.0.0:0", AF_INET, 0, false},
	    {"192.0.2.1:4433", AF_INET, 4433, false},
	    {"localhost:4433", AF_INET, 4433, false},
	};
	static const char *const wrong[] = {"", ":", "4433", "localhost",
	    "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
	    "127.0.0.1:0x10", "127.0.0.1:010", "127.0.0.1: 1", "127.1:1",
	    "0x7f000001:1", "127.0.0.1.:1", "256.0.0.1:1", "::1:4433",
	    "::", "[]:1", "[::1:1", "::1]:1", "[::1]1", "[127.0.0.1]:1",
	    "[localhost]:1", "example.org:4433", "*:4433", "127.0.0.1:1:2",
	    LONG_ADDRESS};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct issuer_address a;
		uint16_t port;

		if (!issuer_address_parse(&a, good[i].text))
			fail_msg("%s", good[i].text);
		assert_string_equal(a.text, good[i].text);
		assert_int_equal(a.socket.ss_family, good[i].family);
		assert_int_equal(a.dual_stack, good[i].dual);
		port = good[i].family == AF_INET6
			   ? ((struct sockaddr_in6 *)&a.socket)->sin6_port
			   : ((struct sockaddr_in *)&a.socket)->sin_port;
		assert_int_equal(ntohs(port), good[i].port);
		assert_true(a.size > 0);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct issuer_address a;

		if (issuer_address_parse(&a, wrong[i]))
			fail_msg("%s", wrong[i]);
	}
}

/* --- the file --- */

static const char full[] =
    "listen = \"127.0.0.1:1\"\n"
    "state = \"/var/lib/dci\"\n"
    "workers = 3\n"
    "connections_per_address = 10000\n"
    "wrap_key = \"/etc/dci/key\"\n"
    "log_format = json\n"
    "tls { certificate = \"a.crt\" key = \"a.key\" }\n"
    "collateral { path = {\"c1\", \"c2\"} source = none grace = \"1h\"\n"
    "  min_tcb_evaluation = 17 }\n"
    "require_evidence_binding = true\n"
    "enclave \"e\" { mrsigner = any }\n";

static void
test_every_setting(void **state)
{
	(void)state;
	struct issuer_config c;

	load_text(&c, full);
	assert_string_equal(c.file, conf_path);
	assert_string_equal(c.listen.text, "127.0.0.1:1");
	assert_string_equal(c.state, "/var/lib/dci");
	assert_int_equal(c.workers, 3);
	assert_int_equal(c.connections_per_address, 10000);
	assert_string_equal(c.wrap_key, "/etc/dci/key");
	assert_int_equal(c.log_format, ISSUER_JSON);
	assert_string_equal(c.tls_certificate, "a.crt");
	assert_string_equal(c.tls_key, "a.key");
	assert_int_equal(c.collaterals, 2);
	assert_string_equal(c.collateral[1], "c2");
	assert_int_equal(c.policy->tolerance.grace, 3600);
	assert_int_equal(c.policy->tolerance.min_tcb_evaluation, 17);
	assert_true(c.policy->require_evidence_binding);
	assert_false(c.policy->from_environment);
	assert_int_equal(c.policy->entries, 1);
	assert_true(has_note(&c, true, "whatever their MRENCLAVE"));
	assert_true(has_note(&c, true, "3600 seconds"));
	issuer_config_free(&c);
}

static void
test_flags_win_over_the_file(void **state)
{
	(void)state;
	struct issuer_config c;

	write_conf(full);
	load(&c, "-l :2 -s here --collateral mine other_key", conf_path);
	assert_string_equal(c.listen.text, ":2");
	assert_string_equal(c.fallback.text, "0.0.0.0:2");
	assert_string_equal(c.state, "here");
	assert_int_equal(c.collaterals, 1);
	assert_string_equal(c.collateral[0], "mine");
	assert_string_equal(c.wrap_key, "other_key");
	issuer_config_free(&c);
}

static void
test_c_wins_over_the_default_file(void **state)
{
	(void)state;
	char line[PATH_MAX + 32];
	struct issuer_config c;

	write_conf("workers = 7");
	snprintf(line, sizeof(line), "-c %s", conf_path);
	load(&c, line, "/nonexistent");
	assert_int_equal(c.workers, 7);
	issuer_config_free(&c);
	/* A default that exists but cannot be read is no absent one. */
	bad("", folder, DCI_FILE_UNREADABLE, folder);
}

static void
test_wrong_settings(void **state)
{
	(void)state;
	static const struct {
		const char *text, *contains;
	} cases[] = {
	    {"listen = 4433", "expected \"ADDRESS:PORT\""},
	    {"listen = {\":1\", \":2\"}", "one value"},
	    {"state = \"\"", "a path of 1 to"},
	    {"workers = 257", "0 to 256"},
	    {"workers = 010", "leading zeros"},
	    {"workers = \"-1\"", "0 to 256"},
	    {"connections_per_address = 0", "1 to 10000"},
	    {"connections_per_address = 10001", "1 to 10000"},
	    {"wrap_key = \"\"", "a path"},
	    {"sim = \"\"", "a path"},
	    {"log_format = xml", "\"logfmt\" or \"json\""},
	    {"tls { key = \"\" }", "a path"},
	    {"collateral { path = \"\" }", "a path"},
	    {"collateral { source = pccs }", "\"none\" or \"pcs\""},
	    {"collateral { url = \"ftp://x\" }", "is no URL"},
	    {"collateral { url = \"https://x/y\" }", "does not end in"},
	    {"collateral { ca = \"\" }", "a path"},
	    {"collateral { ca = \"/nonexistent\" }", "cannot be opened"},
	    {"collateral { verify_tls = maybe }", "true or false"},
	    {"collateral { update = late }", "\"standard\" or \"early\""},
	    {"collateral { refresh = \"59s\" }", "at least a minute"},
	    {"collateral { refresh = \"31d\" }", "at most 30 days"},
	    {"collateral { warn = soon }", "a time like"},
	    {"collateral { early = 1 }", "true or false"},
	    {"collateral { grace = 1 }", "3650 days"},
	    {"enclave \"e\" { mrsigner = x }", "64 hexadecimal"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "# one\n\n%s\n", cases[i].text);
		bad_text(text, DCI_CONFIG_VALUE, 3, cases[i].contains);
	}
	bad_text("\nfoo = 1", DCI_CONFIG_UNKNOWN_KEY, 2,
	    "known are: listen, state, workers");
	bad_text("tls { ca = a }", DCI_CONFIG_UNKNOWN_KEY, 1,
	    "known are: certificate, key");
	bad_text("collateral { uri = \"https://x\" }", DCI_CONFIG_UNKNOWN_KEY,
	    1, "\"uri\"");
	bad_text(
	    "workers = 1\nworkers = 1", DCI_CONFIG_REPEATED_KEY, 2, "line 1");
	bad_text("state = \"${HOME}\"", DCI_CONFIG_SYNTAX, 1, "${");
	bad_text(
	    "include(\"/etc/passwd\")", DCI_CONFIG_UNKNOWN_KEY, 1, "include");
}

/* --- where collateral is fetched --- */

#define A_URL    "http://localhost:8081"
#define A_SOURCE A_URL "/sgx/certification/v4"

static void
test_source(void **state)
{
	(void)state;
	struct issuer_config c;

	load(&c, "", NULL);
	assert_int_equal(c.source.source.kind, SOURCE_NONE);
	assert_int_equal(c.source.refresh, 86400);
	assert_int_equal(c.source.warn, 7 * 86400);
	assert_true(c.source.early);
	issuer_config_free(&c);

	load_text(&c, "collateral { source = pcs }");
	assert_int_equal(c.source.source.kind, SOURCE_PCS);
	assert_string_equal(c.source.source.url, SOURCE_INTEL_URL);
	assert_false(has_note(&c, true, "no source of collateral"));
	issuer_config_free(&c);

	load_text(&c,
	    "collateral { path = p url = \"" A_URL "\" update = early\n"
	    "refresh = \"6h\" warn = \"3d\" early = false\n"
	    "verify_tls = false }");
	assert_int_equal(c.source.source.kind, SOURCE_PCS);
	assert_string_equal(c.source.source.url, A_SOURCE);
	assert_int_equal(c.source.source.update, UPDATE_EARLY);
	assert_int_equal(c.source.refresh, 6 * 3600);
	assert_int_equal(c.source.warn, 3 * 86400);
	assert_false(c.source.early);
	assert_true(c.source.source.unverified_tls);
	assert_int_equal(c.collaterals, 1);
	assert_true(has_note(&c, true, "not authenticated"));
	issuer_config_free(&c);

	load_text(&c, "collateral { source = none url = \"" A_URL "\" }");
	assert_int_equal(c.source.source.kind, SOURCE_NONE);
	issuer_config_free(&c);
	/* The flag wins. */
	load(&c, "--collateral-url http://other", conf_path);
	assert_int_equal(c.source.source.kind, SOURCE_PCS);
	assert_string_equal(
	    c.source.source.url, "http://other/sgx/certification/v4");
	issuer_config_free(&c);
	bad("--collateral-url x", NULL, DCI_SOURCE_URL, "is no URL");
	bad("--collateral-url http://a --collateral-url http://b", NULL,
	    DCI_USAGE, "given twice");
}

static void
test_source_ca(void **state)
{
	(void)state;
	char text[PATH_MAX + 64], ca[PATH_MAX + 8];
	struct issuer_config c;
	struct dci_failure f;

	snprintf(ca, sizeof(ca), "%s/ca", folder);
	assert_int_equal(file_write(ca, "PEM", 3, 0600, &f), 0);
	snprintf(text, sizeof(text), "collateral { ca = \"%s\" }", ca);
	load_text(&c, text);
	assert_string_equal(c.source.ca_path, ca);
	assert_string_equal(c.source.source.ca, "PEM");
	issuer_config_free(&c);
	unlink(ca);
}

/* Whether a configuration asks the collector for something else. */
static void
test_source_changes(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "collateral { source = pcs }",
	    "collateral { url = \"" A_URL "\" }",
	    "collateral { source = pcs refresh = \"2h\" }",
	    "collateral { source = pcs warn = \"2h\" }",
	    "collateral { source = pcs early = false }",
	    "collateral { source = pcs update = early }",
	    "collateral { source = pcs verify_tls = false }"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t j = 0; j < sizeof(texts) / sizeof(texts[0]); j++) {
			struct issuer_config a, b;

			load_text(&a, texts[i]);
			load_text(&b, texts[j]);
			assert_int_equal(
			    source_settings_equal(&a.source, &b.source),
			    i == j);
			issuer_config_free(&a);
			issuer_config_free(&b);
		}
	}
}

static void
test_qcnl(void **state)
{
	(void)state;
	char qcnl[PATH_MAX + 8];
	struct issuer_sources s = sources("", NULL);
	struct issuer_config c;
	struct dci_failure f;

	snprintf(qcnl, sizeof(qcnl), "%s/qcnl", folder);
	s.qcnl_file = qcnl;
	assert_int_equal(issuer_config_load(&c, &s, &f), 0);
	assert_int_equal(c.source.source.kind, SOURCE_NONE);
	issuer_config_free(&c);

	static const char text[] = "{\"pccs_url\": \"" A_SOURCE "/\"}";
	assert_int_equal(file_write(qcnl, text, strlen(text), 0600, &f), 0);
	assert_int_equal(issuer_config_load(&c, &s, &f), 0);
	assert_int_equal(c.source.source.kind, SOURCE_PCS);
	assert_string_equal(c.source.source.url, A_SOURCE);
	assert_true(
	    has_note(&c, false, "Collateral is fetched from " A_SOURCE));
	issuer_config_free(&c);

	/* Whatever is configured keeps it from being read. */
	static const char *const lines[] = {
	    "--collateral x", "--sim x", "--collateral-url http://other"};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		s = sources(lines[i], NULL);
		s.qcnl_file = qcnl;
		assert_int_equal(issuer_config_load(&c, &s, &f), 0);
		assert_int_equal(
		    c.source.source.kind, i < 2 ? SOURCE_NONE : SOURCE_PCS);
		assert_false(has_note(&c, false, qcnl));
		issuer_config_free(&c);
	}
	write_conf("collateral { source = none }");
	s = sources("", conf_path);
	s.qcnl_file = qcnl;
	assert_int_equal(issuer_config_load(&c, &s, &f), 0);
	assert_int_equal(c.source.source.kind, SOURCE_NONE);
	issuer_config_free(&c);

	assert_int_equal(file_write(qcnl, "{", 1, 0600, &f), 0);
	s = sources("", NULL);
	s.qcnl_file = qcnl;
	assert_int_equal(issuer_config_load(&c, &s, &f), -1);
	assert_int_equal(f.code, DCI_QCNL_MALFORMED);
	unlink(qcnl);
}

static void
test_sim(void **state)
{
	(void)state;
	char line[PATH_MAX + 64], path[PATH_MAX + 64];
	struct issuer_config c;

	snprintf(line, sizeof(line), "--sim %s", folder);
	load(&c, line, NULL);
	assert_string_equal(c.sim, folder);
	assert_int_equal(c.collaterals, 1);
	snprintf(path, sizeof(path), "%s/collateral", folder);
	assert_string_equal(c.collateral[0], path);
	assert_true(has_note(&c, true, "simulated platform"));
	assert_false(has_note(&c, true, "no source of collateral"));
	issuer_config_free(&c);

	snprintf(path, sizeof(path), "%s/collateral-tdx", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	/* Over the file's path, since the flag wins. */
	write_conf("collateral { path = \"elsewhere\" }");
	load(&c, line, conf_path);
	assert_int_equal(c.collaterals, 2);
	assert_string_equal(c.collateral[1], path);
	issuer_config_free(&c);
	rmdir(path);

	snprintf(line, sizeof(line), "--sim %s --collateral mine", folder);
	load(&c, line, NULL);
	assert_string_equal(c.sim, folder);
	assert_int_equal(c.collaterals, 1);
	assert_string_equal(c.collateral[0], "mine");
	issuer_config_free(&c);

	load_text(&c, "sim = \"x\" collateral { path = \"y\" }");
	assert_string_equal(c.sim, "x");
	assert_string_equal(c.collateral[0], "y");
	issuer_config_free(&c);
	load_text(&c, "sim = \"x\"");
	assert_string_equal(c.collateral[0], "x/collateral");
	issuer_config_free(&c);
}

/* --- file and environment --- */

static void
test_file_wins_over_environment(void **state)
{
	(void)state;
	struct issuer_config c;

	set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
	set("RA_TLS_MRENCLAVE", "malformed, and not looked at");
	load_text(&c, full);
	assert_false(c.policy->from_environment);
	assert_false(c.policy->admits_any);
	assert_false(c.policy->entry[0].debug);
	assert_true(has_note(&c, false,
	    "RA_TLS_MRENCLAVE, "
	    "RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE"));
	assert_true(has_note(&c, false, "wins"));
	issuer_config_free(&c);
	/* Without an enclave section it is looked at. */
	write_conf("workers = 1");
	bad("", conf_path, DCI_ENV_INCOMPLETE, "RA_TLS_MRSIGNER");
}

/* Settings of the file never get weaker through the environment. */
static void
test_environment_with_the_files_settings(void **state)
{
	(void)state;
	struct issuer_config c;

	set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
	set("RA_TLS_ALLOW_OUTDATED_TCB_INSECURE", "1");
	load_text(&c, "require_evidence_binding = true\n"
		      "collateral { min_tcb_evaluation = 17 }");
	assert_true(c.policy->from_environment);
	assert_true(c.policy->admits_any);
	assert_true(c.policy->require_evidence_binding);
	assert_int_equal(c.policy->tolerance.min_tcb_evaluation, 17);
	assert_true(c.policy->tolerance.grace == DCI_UNLIMITED);
	issuer_config_free(&c);
	load_text(&c, "collateral { grace = \"0s\" }");
	assert_int_equal(c.policy->tolerance.grace, 0);
	issuer_config_free(&c);
}

/* --- -T --- */

/* What -T prints of any configuration reads back as the same. */
static void
same_again(const struct issuer_config *c)
{
	struct issuer_config again;
	char *text CLEANUP(cleanup_free) = issuer_config_text(c);

	assert_non_null(text);
	size_t n = strlen(text);
	assert_true(n > c->policy->text_size);
	/* The policy part is the end, and exactly what has the digest. */
	assert_string_equal(text + n - c->policy->text_size, c->policy->text);
	load_text(&again, text);
	char *text_again CLEANUP(cleanup_free) = issuer_config_text(&again);
	assert_string_equal(text, text_again);
	assert_memory_equal(again.policy->digest, c->policy->digest, 32);
	issuer_config_free(&again);
}

static void
test_dump(void **state)
{
	(void)state;
	struct issuer_config c;

	load(&c, "", NULL);
	same_again(&c);
	issuer_config_free(&c);
	load_text(&c, full);
	char *text CLEANUP(cleanup_free) = issuer_config_text(&c);
	const char *begins = "listen = \"127.0.0.1:1\"\n"
			     "state = \"/var/lib/dci\"\n"
			     "workers = 3\n"
			     "connections_per_address = 10000\n"
			     "wrap_key = \"/etc/dci/key\"\n"
			     "log_format = \"json\"\n"
			     "tls {\n"
			     "    certificate = \"a.crt\"\n"
			     "    key = \"a.key\"\n"
			     "}\n"
			     "collateral {\n"
			     "    path = {\"c1\", \"c2\"}\n"
			     "    source = \"none\"\n"
			     "    verify_tls = true\n"
			     "    update = \"standard\"\n"
			     "    refresh = \"1d\"\n"
			     "    warn = \"7d\"\n"
			     "    early = true\n"
			     "}\n"
			     "# The policy, to the end; SHA-256 ";
	assert_memory_equal(text, begins, strlen(begins));
	same_again(&c);
	issuer_config_free(&c);
	load(&c, "--sim x --collateral y key", NULL);
	same_again(&c);
	issuer_config_free(&c);
}

/* Where collateral comes from is no part of the policy. */
static void
test_dump_of_a_source(void **state)
{
	(void)state;
	struct issuer_config plain, c;

	load(&plain, "", NULL);
	load_text(&c,
	    "collateral { url = \"" A_URL "\" refresh = \"90m\"\n"
	    "warn = \"0s\" update = early early = true verify_tls = false }");
	same_again(&c);
	char *text CLEANUP(cleanup_free) = issuer_config_text(&c);
	assert_non_null(strstr(text, "    url = \"" A_SOURCE "\"\n"));
	assert_memory_equal(c.policy->digest, plain.policy->digest, 32);
	issuer_config_free(&c);
	issuer_config_free(&plain);
}

static void
test_dump_of_the_environment(void **state)
{
	(void)state;
	struct issuer_config c;

	set("RA_TLS_MRENCLAVE", "any");
	set("RA_TLS_MRSIGNER", "any");
	set("RA_TLS_ISV_PROD_ID", "1");
	set("RA_TLS_ISV_SVN", "2");
	load(&c, "", NULL);
	count = 0;
	same_again(&c);
	issuer_config_free(&c);
	set("RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE", "1");
	load(&c, "", NULL);
	count = 0;
	same_again(&c);
	issuer_config_free(&c);
}

/* --- reload --- */

static void
test_reload(void **state)
{
	(void)state;
	struct issuer_config c, next;
	struct dci_failure f;
	char line[PATH_MAX + 32];

	write_conf(full);
	snprintf(line, sizeof(line), "key -c %s -s fixed", conf_path);
	load(&c, line, NULL);
	write_conf("workers = 4\nenclave \"other\" { mrsigner = any }");
	assert_int_equal(issuer_config_reload(&next, &c, &f), 0);
	assert_string_equal(next.policy->entry[0].name, "other");
	assert_string_equal(next.state, "fixed");
	assert_string_equal(next.wrap_key, "key");
	assert_true(has_note(&next, true, "workers has changed"));
	assert_true(has_note(&next, true, "listen has changed"));
	assert_false(has_note(&next, true, "state has changed"));
	issuer_config_free(&next);
	/* An invalid file leaves the old one as it is. */
	write_conf("workers = 4\nx");
	assert_int_equal(issuer_config_reload(&next, &c, &f), -1);
	assert_int_equal(f.code, DCI_CONFIG_UNKNOWN_KEY);
	assert_non_null(strstr(f.sentence, ":2: "));
	assert_string_equal(c.policy->entry[0].name, "e");
	issuer_config_free(&c);
}

static void
test_the_example_parses(void **state)
{
	(void)state;
	struct issuer_config c;

	load(&c, "-c dist/issuer.conf", NULL);
	assert_int_equal(c.policy->entries, 1);
	assert_string_equal(c.policy->entry[0].name, "proxy-verifier");
	assert_int_equal(c.policy->entry[0].mrenclaves, 2);
	assert_int_equal(c.notes, 0);
	same_again(&c);
	issuer_config_free(&c);
}

static int
no_variables(void **state)
{
	(void)state;
	count = 0;
	return 0;
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup(t, no_variables)
	const struct CMUnitTest tests[] = {
	    TEST(test_defaults),
	    TEST(test_the_sample),
	    TEST(test_flags),
	    TEST(test_help_needs_no_configuration),
	    TEST(test_wrong_flags),
	    TEST(test_too_many_collaterals),
	    TEST(test_addresses),
	    TEST(test_every_setting),
	    TEST(test_flags_win_over_the_file),
	    TEST(test_c_wins_over_the_default_file),
	    TEST(test_wrong_settings),
	    TEST(test_source),
	    TEST(test_source_ca),
	    TEST(test_source_changes),
	    TEST(test_qcnl),
	    TEST(test_sim),
	    TEST(test_file_wins_over_environment),
	    TEST(test_environment_with_the_files_settings),
	    TEST(test_dump),
	    TEST(test_dump_of_a_source),
	    TEST(test_dump_of_the_environment),
	    TEST(test_reload),
	    TEST(test_the_example_parses),
	};
	int failed;

	snprintf(folder, sizeof(folder), "/tmp/dci-test-config-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(conf_path, sizeof(conf_path), "%s/issuer.conf", folder);
	failed =
	    cmocka_run_group_tests_name("configuration", tests, NULL, NULL);
	unlink(conf_path);
	rmdir(folder);
	return failed;
}
