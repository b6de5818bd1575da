/* SPDX-License-Identifier: BSD-3-Clause */
/* Policy files: every key, every error with its line, canonical text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/period.h"
#include "base/text.h"
#include "policy/policy.h"

#define HEX_A "AAAAAAAAAAAAAAAAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define NAME_65                                                            \
	"1234567890123456789012345678901234567890123456789012345678901234" \
	"5"
#define ENTRY(settings) "enclave \"e\" { mrsigner = any\n" settings "\n}\n"

static struct dci_policy *
parse(const char *text, struct dci_failure *f)
{
	return dci_policy_parse(text, strlen(text), "f", f);
}

static struct dci_policy *
good(const char *text)
{
	struct dci_failure f = {.code = DCI_OK};
	struct dci_policy *p = parse(text, &f);

	if (p == NULL)
		fail_msg("%s: %s", dci_code_name(f.code), f.sentence);
	return p;
}

/* The policy is refused with that code, and a sentence that begins so and
 * contains that. */
static void
bad(const char *text, enum dci_code code, const char *begins,
    const char *contains)
{
	struct dci_failure f = {.code = DCI_OK};
	struct dci_policy *p = parse(text, &f);

	if (p != NULL)
		fail_msg("accepted: %s", text);
	if (f.code != code ||
	    strncmp(f.sentence, begins, strlen(begins)) != 0 ||
	    strstr(f.sentence, contains) == NULL)
		fail_msg(
		    "%s\n-> %s: %s", text, dci_code_name(f.code), f.sentence);
}

/* Its canonical text gives the same policy and the same text. */
static void
round_trip(const struct dci_policy *p)
{
	struct dci_failure f = {.code = DCI_OK};
	struct dci_policy *again =
	    dci_policy_parse(p->text, p->text_size, "canonical", &f);
	uint8_t digest[32];

	if (again == NULL)
		fail_msg("%s in:\n%s", f.sentence, p->text);
	assert_string_equal(again->text, p->text);
	assert_int_equal(strlen(p->text), p->text_size);
	assert_memory_equal(again->digest, p->digest, 32);
	sha256(digest, p->text, p->text_size);
	assert_memory_equal(digest, p->digest, 32);
	assert_int_equal(again->entries, p->entries);
	assert_int_equal(again->from_environment, p->from_environment);
	assert_int_equal(again->admits_any, p->admits_any);
	assert_int_equal(
	    again->require_evidence_binding, p->require_evidence_binding);
	assert_memory_equal(&again->tolerance.grace, &p->tolerance.grace,
	    sizeof(p->tolerance.grace));
	assert_int_equal(again->tolerance.min_tcb_evaluation,
	    p->tolerance.min_tcb_evaluation);
	/* Both come from calloc(), so that padding is equal too. */
	for (size_t i = 0; i < p->entries; i++)
		assert_memory_equal(
		    &again->entry[i], &p->entry[i], sizeof(p->entry[i]));
	dci_policy_free(again);
}

static void
test_empty_policy_admits_nobody(void **state)
{
	(void)state;
	struct dci_policy *p = good("");

	assert_int_equal(p->entries, 0);
	assert_false(p->admits_any);
	assert_false(p->from_environment);
	assert_int_equal(p->tolerance.grace, 0);
	assert_string_equal(p->text, "origin = \"file\"\n"
				     "require_evidence_binding = false\n"
				     "collateral {\n"
				     "    grace = \"0s\"\n"
				     "    min_tcb_evaluation = 0\n"
				     "}\n");
	round_trip(p);
	dci_policy_free(p);
	dci_policy_free(good("# nothing but a comment, \"${HOME}\" { += ("));
	dci_policy_free(NULL);
}

static void
test_defaults_of_an_entry(void **state)
{
	(void)state;
	struct dci_policy *p =
	    good("enclave \"x\" { mrsigner = \"" HEX_A "\" }");
	const struct dci_policy_entry *e = &p->entry[0];
	uint8_t expected[32];

	memset(expected, 0xaa, 32);
	assert_int_equal(p->entries, 1);
	assert_string_equal(e->name, "x");
	assert_int_equal(e->mrenclaves, 0);
	assert_int_equal(e->mrsigners, 1);
	assert_memory_equal(e->mrsigner[0], expected, 32);
	assert_true(e->any_isv_prod_id);
	assert_int_equal(e->min_isv_svn, 0);
	assert_false(e->debug);
	assert_int_equal(e->tcb, 1u << DCI_STATUS_UP_TO_DATE);
	assert_true(e->any_advisory);
	assert_int_equal(e->ttl, 86400);
	assert_false(dci_policy_entry_unpinned(e));
	assert_string_equal(strstr(p->text, "enclave"),
	    "enclave \"x\" {\n"
	    "    mrenclave = \"any\"\n"
	    "    mrsigner = "
	    "{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aa\"}\n"
	    "    isv_prod_id = \"any\"\n"
	    "    min_isv_svn = 0\n"
	    "    debug = false\n"
	    "    tcb = {\"UpToDate\"}\n"
	    "    advisories = \"any\"\n"
	    "    ttl = \"1d\"\n"
	    "}\n");
	round_trip(p);
	dci_policy_free(p);
}

static void
test_every_key(void **state)
{
	(void)state;
	struct dci_policy *p = good("enclave \"proxy verifier\" {\n"
				    "  mrenclave = {\"" HEX_B "\", " HEX_A "}\n"
				    "  mrsigner = \"any\"\n"
				    "  isv_prod_id = 65535\n"
				    "  min_isv_svn = \"2\"\n"
				    "  debug = true\n"
				    "  tcb = {OutOfDate, \"UpToDate\"}\n"
				    "  advisories = {\"INTEL-SA-00615\",\n"
				    "      INTEL-SA-00100}\n"
				    "  ttl = \"90m\"\n"
				    "}\n"
				    "enclave \"second\" { mrenclave = any "
				    "advisories = {} }\n"
				    "collateral { grace = unlimited "
				    "min_tcb_evaluation = 4294967295 }\n"
				    "require_evidence_binding = true\n");
	const struct dci_policy_entry *e = &p->entry[0];

	assert_int_equal(p->entries, 2);
	assert_string_equal(e->name, "proxy verifier");
	assert_int_equal(e->mrenclaves, 2);
	/* Sorted. */
	assert_int_equal(e->mrenclave[0][0], 0xaa);
	assert_int_equal(e->mrenclave[1][0], 0xbb);
	assert_int_equal(e->mrsigners, 0);
	assert_false(e->any_isv_prod_id);
	assert_int_equal(e->isv_prod_id, 65535);
	assert_int_equal(e->min_isv_svn, 2);
	assert_true(e->debug);
	assert_int_equal(
	    e->tcb, 1u << DCI_STATUS_UP_TO_DATE | 1u << DCI_STATUS_OUT_OF_DATE);
	assert_false(e->any_advisory);
	assert_int_equal(e->advisories, 2);
	assert_string_equal(e->advisory[0], "INTEL-SA-00100");
	assert_int_equal(e->ttl, 5400);
	assert_true(dci_policy_entry_unpinned(&p->entry[1]));
	assert_false(p->entry[1].any_advisory);
	assert_int_equal(p->entry[1].advisories, 0);
	assert_true(p->tolerance.grace == DCI_UNLIMITED);
	assert_true(p->tolerance.min_tcb_evaluation == UINT32_MAX);
	assert_true(p->require_evidence_binding);
	round_trip(p);
	dci_policy_free(p);
}

static void
test_order_in_lists_does_not_matter(void **state)
{
	(void)state;
	struct dci_policy *p = good("enclave \"e\" { mrenclave = {\"" HEX_A
				    "\", \"" HEX_B "\"} tcb = {OutOfDate, "
				    "UpToDate} }");
	struct dci_policy *q =
	    good("enclave \"e\" { tcb = {UpToDate,"
		 "OutOfDate} mrenclave = {\"" HEX_B "\", \"" HEX_A "\"} }");

	assert_memory_equal(p->digest, q->digest, 32);
	dci_policy_free(p);
	dci_policy_free(q);
}

static void
test_form(void **state)
{
	(void)state;
	static const struct {
		const char *text, *begins, *contains;
	} cases[] = {
	    {"\n\nx", "f:3: ", "no setting \"x\""},
	    {"=", "f:1: ", "instead of a setting"},
	    {"\n\"grace\" = 1", "f:2: ", "instead of a setting"},
	    {"require_evidence_binding true", "f:1: ", "instead of \"=\""},
	    {"require_evidence_binding", "f:1: ", "the file ends"},
	    {"require_evidence_binding =", "f:1: ", "the file ends"},
	    {"require_evidence_binding = {", "f:1: ", "the file ends"},
	    {"require_evidence_binding = {true", "f:1: ", "the file ends"},
	    {"require_evidence_binding = {true true}", "f:1: ", "a comma"},
	    {"require_evidence_binding = {true,}", "f:1: ", "a value"},
	    {"collateral = 1", "f:1: ", "instead of \"{\""},
	    {"collateral {", "f:1: ", "the file ends"},
	    {"collateral \"t\" {}", "f:1: ", "instead of \"{\""},
	    {"collateral { grace = \"0s\"\n\n", "f:3: ", "the file ends"},
	    {"collateral { } }", "f:1: ", "instead of a setting"},
	    {"enclave {}", "f:1: ", "a name in quotes"},
	    {"enclave e {}", "f:1: ", "a name in quotes"},
	    {"enclave \"e\" enclave", "f:1: ", "instead of \"{\""},
	    {"enclave \"e\" { enclave \"f\" {} }", "f:1: ", "no setting"},
	    /* What libconfuse 3.3 would take. */
	    {"\ncollateral { grace = \"${HOME}\" }", "f:2: ", "${"},
	    {"collateral { grace = ${HOME} }", "f:1: ", "'$'"},
	    {"enclave \"${USER}\" { mrsigner = any }", "f:1: ", "${"},
	    {"collateral|grace = \"1s\"", "f:1: ", "'|'"},
	    {"\"collateral|grace\" = \"1s\"", "f:1: ", "a setting"},
	    {"enclave=e|debug = true", "f:1: ", "\"{\"|a name"},
	    {"include(\"/etc/passwd\")", "f:1: ", "no setting \"include\""},
	    {"require_evidence_binding(true)", "f:1: ", "no functions"},
	    {"\n/* comment */", "f:2: ", "'/'"},
	    {"// comment", "f:1: ", "'/'"},
	    {"collateral { grace = '0s' }", "f:1: ", "double quotes"},
	    {"collateral { grace = \"0\\163\" }", "f:1: ", "backslash"},
	    {"collateral { grace = \"0s\n\" }", "f:1: ", "end in its line"},
	    {"collateral { grace = \"0s\n", "f:1: ", "end in its line"},
	    {"collateral { grace = \"0s", "f:1: ", "within a string"},
	    {"collateral { grace = \"\x01\" }", "f:1: ", "control"},
	    {"require_evidence_binding = true\r\n", "f:1: ", "line feed"},
	    {"# \x1b[31m", "f:1: ", "0x1b"},
	    {ENTRY("tcb += OutOfDate"), "f:2: ", "at once"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dci_failure f = {.code = DCI_OK};
		char wanted[64];
		const char *other;

		if (parse(cases[i].text, &f) != NULL)
			fail_msg("accepted: %s", cases[i].text);
		snprintf(wanted, sizeof(wanted), "%s", cases[i].contains);
		other = strchr(wanted, '|');
		if (other != NULL)
			wanted[other++ - wanted] = '\0';
		if (strncmp(f.sentence, cases[i].begins,
			strlen(cases[i].begins)) != 0 ||
		    (strstr(f.sentence, wanted) == NULL &&
			(other == NULL || strstr(f.sentence, other) == NULL)))
			fail_msg("%s\n-> %s", cases[i].text, f.sentence);
		if (f.code != DCI_CONFIG_SYNTAX &&
		    f.code != DCI_CONFIG_UNKNOWN_KEY)
			fail_msg(
			    "%s\n-> %s", cases[i].text, dci_code_name(f.code));
	}
}

static void
test_nul_bytes(void **state)
{
	(void)state;
	struct dci_failure f;

	assert_null(dci_policy_parse("\0", 1, "f", &f));
	assert_int_equal(f.code, DCI_CONFIG_SYNTAX);
	assert_null(dci_policy_parse("# \0", 3, "f", &f));
	assert_null(dci_policy_parse("enclave \"\0\" {", 13, "f", &f));
	assert_null(dci_policy_parse("enclave \"\0\" {", 13, "f", NULL));
}

static void
test_names_of_keys(void **state)
{
	(void)state;
	bad("\nfoo = 1", DCI_CONFIG_UNKNOWN_KEY, "f:2: ",
	    "known are: origin, require_evidence_binding, collateral, enclave");
	bad(ENTRY("mrenclav = any"), DCI_CONFIG_UNKNOWN_KEY,
	    "f:2: ", "\"mrenclav\" here; known are: mrenclave, mrsigner");
	bad("collateral { ttl = \"24h\" }", DCI_CONFIG_UNKNOWN_KEY,
	    "f:1: ", "known are: grace, min_tcb_evaluation");
	/* Settings are no policy. */
	bad("listen = \":4433\"", DCI_CONFIG_UNKNOWN_KEY, "f:1: ", "listen");
	bad("Require_Evidence_Binding = true", DCI_CONFIG_UNKNOWN_KEY,
	    "f:1: ", "");
}

static void
test_repetition(void **state)
{
	(void)state;
	bad("require_evidence_binding = true\n\n"
	    "require_evidence_binding = false",
	    DCI_CONFIG_REPEATED_KEY, "f:3: ", "first is in line 1");
	bad(ENTRY("tcb = UpToDate\ntcb += OutOfDate"), DCI_CONFIG_REPEATED_KEY,
	    "f:3: ", "line 2");
	bad(ENTRY("mrsigner = any"), DCI_CONFIG_REPEATED_KEY,
	    "f:2: ", "line 1");
	bad("collateral { grace = \"1s\" }\ncollateral { grace = \"1s\" }",
	    DCI_CONFIG_REPEATED_KEY, "f:2: ", "line 1");
	bad(ENTRY("") ENTRY(""), DCI_CONFIG_SYNTAX, "f:4: ", "duplicate title");
	/* The same key in two sections, or one section in two parts, is fine.
	 */
	struct dci_policy *p = good("enclave \"a\" { mrsigner = any }\n"
				    "collateral { grace = \"1s\" }\n"
				    "enclave \"b\" { mrsigner = any }\n"
				    "collateral { min_tcb_evaluation = 7 }\n");
	assert_int_equal(p->entries, 2);
	assert_int_equal(p->tolerance.grace, 1);
	assert_int_equal(p->tolerance.min_tcb_evaluation, 7);
	dci_policy_free(p);
}

static void
test_values(void **state)
{
	(void)state;
	static const struct {
		const char *text, *contains;
	} cases[] = {
	    {ENTRY("mrenclave = \"abcd\""), "64 hexadecimal digits"},
	    {ENTRY("mrenclave = \"" HEX_B "0\""), "(65 characters)"},
	    {ENTRY("mrenclave = \"g" HEX_B "\""), "64 hexadecimal"},
	    {ENTRY("mrenclave = \"Any\""), "64 hexadecimal digits"},
	    {ENTRY("mrenclave = {}"), "empty list"},
	    {ENTRY("mrenclave = {any, \"" HEX_B "\"}"), "only value"},
	    {ENTRY("mrenclave = {\"" HEX_B "\", any}"), "only value"},
	    {ENTRY("mrenclave = {\"" HEX_B "\", \"" HEX_B "\"}"), "twice"},
	    {ENTRY("isv_prod_id = 010"), "without leading zeros"},
	    {ENTRY("isv_prod_id = 0x10"), "0 to 65535"},
	    {ENTRY("isv_prod_id = 65536"), "0 to 65535"},
	    {ENTRY("isv_prod_id = -1"), "0 to 65535"},
	    {ENTRY("isv_prod_id = \"\""), "0 to 65535"},
	    {ENTRY("isv_prod_id = {1, 2}"), "takes one value, not 2"},
	    {ENTRY("min_isv_svn = 010"), "without leading zeros"},
	    {ENTRY("min_isv_svn = 65536"), "0 to 65535"},
	    {ENTRY("min_isv_svn = any"), "0 to 65535"},
	    {ENTRY("min_isv_svn = 1.5"), "0 to 65535"},
	    {ENTRY("debug = yes"), "true or false"},
	    {ENTRY("debug = 1"), "true or false"},
	    {ENTRY("debug = {true, false}"), "one value"},
	    {ENTRY("tcb = Invalid"), "Invalid can never be admitted"},
	    {ENTRY("tcb = {UpToDate, Revoked}"), "Revoked can never"},
	    {ENTRY("tcb = uptodate"), "not a TCB status"},
	    {ENTRY("tcb = any"), "not a TCB status"},
	    {ENTRY("tcb = {UpToDate, UpToDate}"), "twice"},
	    {ENTRY("tcb = {}"), "empty list"},
	    {ENTRY("advisories = \"\""), "INTEL-SA-00615"},
	    {ENTRY("advisories = \"intel-sa-00615\""), "expected an advisory"},
	    {ENTRY("advisories = {A, A}"), "twice"},
	    {ENTRY("advisories = {A, any}"), "only value"},
	    {ENTRY("advisories = \"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345\""),
		"expected an advisory"},
	    {ENTRY("ttl = 24"), "over 5 minutes"},
	    {ENTRY("ttl = \"300s\""), "over 5 minutes"},
	    {ENTRY("ttl = \"5m\""), "over 5 minutes"},
	    {ENTRY("ttl = \"3651d\""), "3650 days"},
	    {ENTRY("ttl = \"024h\""), "over 5 minutes"},
	    {ENTRY("ttl = \"24H\""), "over 5 minutes"},
	    {ENTRY("ttl = \"1h30m\""), "over 5 minutes"},
	    {ENTRY("ttl = unlimited"), "over 5 minutes"},
	    {ENTRY("ttl = \"99999999999999999999d\""), "3650 days"},
	    {"\ncollateral { grace = \"-1s\" }", "at most 3650 days"},
	    {"\ncollateral { grace = 0 }", "at most 3650 days"},
	    {"\ncollateral { grace = \"3651d\" }", "at most 3650 days"},
	    {"\ncollateral { min_tcb_evaluation = 017 }", "leading zeros"},
	    {"\ncollateral { min_tcb_evaluation = 4294967296 }", "4294967295"},
	    {"\nrequire_evidence_binding = maybe", "true or false"},
	    {"\norigin = elsewhere", "\"file\", \"environment\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		bad(cases[i].text, DCI_CONFIG_VALUE,
		    "f:2: ", cases[i].contains);
	/* Comments do not disturb the count, as they do in libconfuse. */
	bad("# 1\n\n# 3 \n\t## 4 #\nenclave \"e\" { # 5\n# 6 }\n mrsigner=any"
	    "  debug = # 7\n  maybe # 8\n}",
	    DCI_CONFIG_VALUE, "f:8: debug: ", "maybe");
	bad("# 1\nenclave \"e\" { # 2\n# 3\n} # 4\n", DCI_CONFIG_ENCLAVE,
	    "f:4: ", "neither");
	/* Each value has its own line. */
	bad("enclave \"e\" {\nmrenclave = {\n\"" HEX_A "\",\n\"x\"}\n}",
	    DCI_CONFIG_VALUE, "f:4: mrenclave: ", "\"x\"");
	dci_policy_free(good(ENTRY("ttl = \"301s\"")));
	dci_policy_free(good(ENTRY("ttl = \"3650d\"")));
}

static void
test_entries(void **state)
{
	(void)state;
	static const char *const names[] = {
	    "", " x", "x ", "\xc3\xa4", NAME_65};
	char text[512];

	bad("enclave \"e\" {\n}", DCI_CONFIG_ENCLAVE,
	    "f:2: ", "neither mrenclave nor mrsigner");
	bad("enclave \"e\" { isv_prod_id = 1 }", DCI_CONFIG_ENCLAVE,
	    "f:1: ", "neither");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "enclave \"%s\" {mrsigner=any}",
		    names[i]);
		bad(text, DCI_CONFIG_ENCLAVE, "f:1: ", "1 to 64 printable");
	}
	snprintf(
	    text, sizeof(text), "enclave \"%.64s\" {mrsigner=any}", names[4]);
	struct dci_policy *p = good(text);
	assert_int_equal(strlen(p->entry[0].name), 64);
	round_trip(p);
	dci_policy_free(p);
}

static void
test_limits(void **state)
{
	(void)state;
	struct dci_failure f;
	struct writer w = writer_new(1 << 22);

	for (unsigned i = 0; i < 256; i++)
		writer_printf(&w, "enclave \"%u\" { mrsigner = any }\n", i);
	struct dci_policy *p = dci_policy_parse((char *)w.data, w.n, "f", &f);
	assert_non_null(p);
	round_trip(p);
	dci_policy_free(p);
	writer_text(&w, "enclave \"256\" { mrsigner = any }");
	assert_null(dci_policy_parse((char *)w.data, w.n, "f", &f));
	assert_int_equal(f.code, DCI_CONFIG_LIMIT);
	while (w.n <= CONF_TEXT_MAX)
		writer_text(&w, "# more\n");
	assert_null(dci_policy_parse((char *)w.data, w.n, "f", &f));
	assert_int_equal(f.code, DCI_CONFIG_LIMIT);
	writer_free(&w);

	/* 64 values; the 65th is too many. */
	for (unsigned n = 64; n < 66; n++) {
		w = writer_new(1 << 20);
		writer_text(&w, "enclave \"e\" { mrenclave = {");
		for (unsigned i = 0; i < n; i++)
			writer_printf(&w, "%s\"%064x\"", i > 0 ? "," : "", i);
		writer_text(&w, "} advisories = {");
		for (unsigned i = 0; i < n; i++)
			writer_printf(&w, "%s A-%u", i > 0 ? "," : "", i);
		writer_text(&w, "} }");
		p = dci_policy_parse((char *)w.data, w.n, "f", &f);
		assert_true((p != NULL) == (n == 64));
		if (p != NULL)
			round_trip(p);
		else
			assert_non_null(strstr(f.sentence, "more than 64"));
		dci_policy_free(p);
		writer_free(&w);
	}
}

/* What the environment made, and only that, can claim to come from there. */
static void
test_origin(void **state)
{
	(void)state;
	struct dci_policy *p =
	    good("origin = environment\n"
		 "enclave \"ra-tls-environment\" { mrsigner = any }");

	assert_true(p->from_environment);
	assert_false(p->admits_any);
	round_trip(p);
	dci_policy_free(p);
	p = good("origin = environment-any-enclave\n"
		 "enclave \"any-enclave\" { mrsigner = any debug = true }");
	assert_true(p->from_environment);
	assert_true(p->admits_any);
	round_trip(p);
	dci_policy_free(p);

	static const char *const wrong[] = {
	    "origin = environment enclave \"e\" { mrsigner = any }",
	    "origin = environment-any-enclave",
	    "origin = environment-any-enclave "
	    "enclave \"any-enclave\" { mrsigner = any }",
	    "origin = environment-any-enclave "
	    "enclave \"e\" { mrsigner = any debug = true }",
	    "origin = environment-any-enclave enclave \"any-enclave\" "
	    "{ mrsigner = any debug = true min_isv_svn = 1 }",
	    "origin = environment-any-enclave enclave \"any-enclave\" "
	    "{ mrsigner = \"" HEX_A "\" debug = true }",
	    "origin = environment "
	    "enclave \"ra-tls-environment\" { mrsigner = any }"
	    "enclave \"more\" { mrsigner = any }",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		bad(wrong[i], DCI_CONFIG_VALUE, "f:1: origin", "environment");
}

/* --- random policies --- */

static uint64_t
random_u64(uint64_t *state)
{
	/* xorshift64*, Vigna 2016: repeatable. */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

static void
random_measurements(struct writer *w, uint64_t *r, const char *key)
{
	unsigned n = (unsigned)(random_u64(r) % 4);

	writer_printf(w, "%s = %s", key, n == 0 ? "any" : "{");
	for (unsigned i = 0; i < n; i++)
		writer_printf(w, "%s\"%016llX%016llx%032llx\"",
		    i > 0 ? "," : "", (unsigned long long)random_u64(r),
		    (unsigned long long)random_u64(r),
		    (unsigned long long)random_u64(r));
	writer_text(w, n == 0 ? "\n" : "}\n");
}

static void
random_entry(struct writer *w, uint64_t *r, unsigned number)
{
	static const char *const ttl[] = {"301s", "6m", "24h", "7d", "90000s"};
	static const char *const advisories[] = {
	    "any", "{}", "{B}", "{INTEL-SA-2, INTEL-SA-1}"};
	uint64_t tcb = 0;

	writer_printf(w, "enclave \"e%u\" {\n", number);
	random_measurements(w, r, "mrenclave");
	random_measurements(w, r, "mrsigner");
	if (random_u64(r) % 2 == 0)
		writer_printf(
		    w, "isv_prod_id = %u\n", (unsigned)(random_u64(r) % 65536));
	writer_printf(w, "min_isv_svn = %u debug = %s ttl = \"%s\"\n",
	    (unsigned)(random_u64(r) % 65536),
	    random_u64(r) % 2 == 0 ? "true" : "false", ttl[random_u64(r) % 5]);
	writer_printf(
	    w, "advisories = %s tcb = {", advisories[random_u64(r) % 4]);
	while (tcb == 0)
		tcb = random_u64(r) & POLICY_TCB_ALL;
	for (unsigned i = DCI_STATUSES, first = 1; i-- > 0;) {
		if ((tcb >> i & 1) != 0) {
			writer_printf(w, "%s%s", first ? "" : ",",
			    dci_status_name((enum dci_status)i));
			first = 0;
		}
	}
	writer_text(w, "}\n}\n");
}

static void
test_random_policies_round_trip(void **state)
{
	(void)state;
	uint64_t r = 20260101;

	for (unsigned i = 0; i < 500; i++) {
		struct writer w CLEANUP(writer_free) = writer_new(1 << 20);
		unsigned entries = (unsigned)(random_u64(&r) % 6);

		if (random_u64(&r) % 2 == 0)
			writer_text(&w, "require_evidence_binding = true\n");
		writer_printf(&w, "collateral { grace = \"%us\" }\n",
		    (unsigned)(random_u64(&r) % 1000000));
		for (unsigned j = 0; j < entries; j++)
			random_entry(&w, &r, j);
		writer_u8(&w, 0);
		struct dci_policy *p = good((char *)w.data);
		assert_int_equal(p->entries, entries);
		round_trip(p);
		dci_policy_free(p);
	}
}

static void
test_periods(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t seconds;
		const char *again;
	} cases[] = {{"0s", 0, "0s"}, {"0d", 0, "0s"}, {"90s", 90, "90s"},
	    {"120s", 120, "2m"}, {"60m", 3600, "1h"}, {"25h", 90000, "25h"},
	    {"24h", 86400, "1d"}, {"7d", 604800, "7d"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writer w CLEANUP(writer_free) = writer_new(100);
		int64_t t;

		assert_true(period_decode(&t, cases[i].text));
		assert_int_equal(t, cases[i].seconds);
		period_print(&w, t);
		writer_u8(&w, 0);
		assert_string_equal((char *)w.data, cases[i].again);
	}
	static const char *const wrong[] = {"", "s", "1", "1w", "-1s", " 1s",
	    "1s ", "01s", "1ss", "1.5h", "36501d", "12345678901234567890s"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int64_t t;

		assert_false(period_decode(&t, wrong[i]));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_policy_admits_nobody),
	    cmocka_unit_test(test_defaults_of_an_entry),
	    cmocka_unit_test(test_every_key),
	    cmocka_unit_test(test_order_in_lists_does_not_matter),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_nul_bytes),
	    cmocka_unit_test(test_names_of_keys),
	    cmocka_unit_test(test_repetition),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_origin),
	    cmocka_unit_test(test_random_policies_round_trip),
	    cmocka_unit_test(test_periods),
	};

	return cmocka_run_group_tests_name("policy files", tests, NULL, NULL);
}
