/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "policy/keys.h"

#define EXPECTED DCI_EXPECTED_MAX
#define FOUND    DCI_FOUND_MAX

enum verdict { HOLDS, FAILS, NOT_ASKED };

/* Everything that a rule can look at. */
struct question {
	const struct dci_policy *p;
	const struct dci_policy_entry *e;
	const struct dci_subject *s;
};

/* One check of an entry. */
struct rule {
	enum dci_check_id id;
	enum dci_code code;
	enum verdict (*judge)(const struct question *);
	/* expected is of EXPECTED bytes, found of FOUND; both come empty. */
	void (*explain)(const struct question *, char *expected, char *found);
};

/* Adds to a text of size n, cutting it if need be. */
static void __attribute__((format(printf, 3, 4)))
append(char *out, size_t n, const char *fmt, ...)
{
	size_t used = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + used, n - used, fmt, ap);
	va_end(ap);
}

/* --- MRENCLAVE and MRSIGNER --- */

/* Looks at all of them, equal or not. */
static enum verdict
judge_measurement(const uint8_t (*list)[32], size_t n, const uint8_t *value)
{
	bool equal = false;

	for (size_t i = 0; i < n; i++)
		equal |= bytes_equal_secret(list[i], value, 32);
	return n == 0 || equal ? HOLDS : FAILS;
}

/* Up to two in full, which is what fits. */
static void
explain_measurement(const uint8_t (*list)[32], size_t n, const uint8_t *value,
    char *expected, char *found)
{
	char hex[65];

	if (n == 0)
		append(expected, EXPECTED, "any");
	else if (n > 2)
		append(expected, EXPECTED, "one of %zu: ", n);
	for (size_t i = 0; i < n && i < 2; i++) {
		hex_encode(hex, list[i], 32);
		append(expected, EXPECTED, "%s%s",
		    i == 0  ? ""
		    : n > 2 ? ", "
			    : " or ",
		    hex);
	}
	if (n > 2)
		append(expected, EXPECTED, ", ...");
	hex_encode(hex, value, 32);
	append(found, FOUND, "%s", hex);
}

static enum verdict
judge_mrenclave(const struct question *q)
{
	return judge_measurement(
	    q->e->mrenclave, q->e->mrenclaves, q->s->mrenclave);
}

static void
explain_mrenclave(const struct question *q, char *expected, char *found)
{
	explain_measurement(q->e->mrenclave, q->e->mrenclaves, q->s->mrenclave,
	    expected, found);
}

static enum verdict
judge_mrsigner(const struct question *q)
{
	return judge_measurement(
	    q->e->mrsigner, q->e->mrsigners, q->s->mrsigner);
}

static void
explain_mrsigner(const struct question *q, char *expected, char *found)
{
	explain_measurement(
	    q->e->mrsigner, q->e->mrsigners, q->s->mrsigner, expected, found);
}

/* --- product, version, debug --- */

static enum verdict
judge_isv_prod_id(const struct question *q)
{
	return q->e->any_isv_prod_id || q->e->isv_prod_id == q->s->isv_prod_id
		   ? HOLDS
		   : FAILS;
}

static void
explain_isv_prod_id(const struct question *q, char *expected, char *found)
{
	if (q->e->any_isv_prod_id)
		append(expected, EXPECTED, "any");
	else
		append(expected, EXPECTED, "%u", q->e->isv_prod_id);
	append(found, FOUND, "%u", q->s->isv_prod_id);
}

static enum verdict
judge_isv_svn(const struct question *q)
{
	return q->s->isv_svn >= q->e->min_isv_svn ? HOLDS : FAILS;
}

static void
explain_isv_svn(const struct question *q, char *expected, char *found)
{
	append(expected, EXPECTED, "at least %u", q->e->min_isv_svn);
	append(found, FOUND, "%u", q->s->isv_svn);
}

static enum verdict
judge_debug(const struct question *q)
{
	bool debug = (q->s->flags & DCI_ATTRIBUTE_DEBUG) != 0;

	return !debug || q->e->debug ? HOLDS : FAILS;
}

static void
explain_debug(const struct question *q, char *expected, char *found)
{
	bool debug = (q->s->flags & DCI_ATTRIBUTE_DEBUG) != 0;

	append(expected, EXPECTED,
	    q->e->debug ? "any enclave" : "a production enclave");
	append(
	    found, FOUND, debug ? "a debug enclave" : "a production enclave");
}

/* --- TCB --- */

static enum verdict
judge_tcb(const struct question *q)
{
	unsigned status = (unsigned)q->s->status;

	/* Whatever the entry says, Invalid and Revoked are not admitted. */
	return status < DCI_STATUSES &&
		       (q->e->tcb & POLICY_TCB_ALL & POLICY_TCB(status)) != 0
		   ? HOLDS
		   : FAILS;
}

static void
explain_tcb(const struct question *q, char *expected, char *found)
{
	const char *between = "";

	for (unsigned i = 0; i < DCI_STATUSES; i++) {
		if ((q->e->tcb & POLICY_TCB_ALL & POLICY_TCB(i)) == 0)
			continue;
		append(expected, EXPECTED, "%s%s", between,
		    dci_status_name((enum dci_status)i));
		between = " or ";
	}
	append(found, FOUND, "%s", dci_status_name(q->s->status));
	if (q->s->has_parts)
		append(found, FOUND, " (platform %s, quoting enclave %s)",
		    dci_status_name(q->s->platform_status),
		    dci_status_name(q->s->qe_status));
}

static bool
advisory_tolerated(const struct dci_policy_entry *e, const char *id)
{
	for (size_t i = 0; i < e->advisories; i++) {
		if (strcmp(e->advisory[i], id) == 0)
			return true;
	}
	return false;
}

/* How many are not tolerated; adds their names to found unless it is NULL. */
static size_t
advisories_unwanted(const struct dci_policy_entry *e,
    const struct dci_advisories *a, char *found)
{
	size_t unwanted = 0;

	if (a == NULL)
		return 0;
	for (size_t i = 0; i < a->n; i++) {
		const char *id = a->id[i];
		char shown[DCI_POLICY_ADVISORY_SIZE];

		if (advisory_tolerated(e, id))
			continue;
		unwanted++;
		if (found == NULL)
			continue;
		text_printable(shown, sizeof(shown), id, strlen(id));
		append(
		    found, FOUND, "%s%s", found[0] != '\0' ? ", " : "", shown);
	}
	return unwanted;
}

static enum verdict
judge_advisories(const struct question *q)
{
	const struct dci_subject *s = q->s;

	if (q->e->any_advisory)
		return HOLDS;
	if (s->platform_advisories == NULL && s->qe_advisories == NULL)
		return NOT_ASKED;
	return advisories_unwanted(q->e, s->platform_advisories, NULL) == 0 &&
		       advisories_unwanted(q->e, s->qe_advisories, NULL) == 0
		   ? HOLDS
		   : FAILS;
}

static void
explain_advisories(const struct question *q, char *expected, char *found)
{
	const struct dci_policy_entry *e = q->e;

	if (e->any_advisory) {
		append(expected, EXPECTED, "any");
		return;
	}
	append(expected, EXPECTED, e->advisories > 0 ? "only " : "none");
	for (size_t i = 0; i < e->advisories; i++) {
		if (strlen(expected) > EXPECTED - 64) {
			append(expected, EXPECTED, " and %zu more",
			    e->advisories - i);
			break;
		}
		append(expected, EXPECTED, "%s%s", i > 0 ? ", " : "",
		    e->advisory[i]);
	}
	if (q->s->platform_advisories == NULL && q->s->qe_advisories == NULL) {
		append(found, FOUND, "advisories are not at hand here");
		return;
	}
	size_t n = advisories_unwanted(e, q->s->platform_advisories, found) +
		   advisories_unwanted(e, q->s->qe_advisories, found);
	if (n == 0)
		append(found, FOUND, "no others");
}

/* --- evidence binding --- */

static enum verdict
judge_binding(const struct question *q)
{
	if (q->s->evidence_bound)
		return HOLDS;
	return q->p->require_evidence_binding ? FAILS : NOT_ASKED;
}

static void
explain_binding(const struct question *q, char *expected, char *found)
{
	append(expected, EXPECTED, "%s",
	    q->p->require_evidence_binding
		? "evidence that names the key of the CSR"
		: "evidence that names the key of the CSR, or not");
	append(found, FOUND,
	    q->s->evidence_bound ? "evidence that names it"
				 : "evidence that does not name it");
}

static const struct rule rules[] = {
    {DCI_CHECK_POLICY_MRENCLAVE, DCI_POLICY_MRENCLAVE_NOT_ALLOWED,
	judge_mrenclave, explain_mrenclave},
    {DCI_CHECK_POLICY_MRSIGNER, DCI_POLICY_MRSIGNER_NOT_ALLOWED, judge_mrsigner,
	explain_mrsigner},
    {DCI_CHECK_POLICY_ISV_PROD_ID, DCI_POLICY_ISV_PROD_ID_NOT_ALLOWED,
	judge_isv_prod_id, explain_isv_prod_id},
    {DCI_CHECK_POLICY_ISV_SVN, DCI_POLICY_ISV_SVN_TOO_LOW, judge_isv_svn,
	explain_isv_svn},
    {DCI_CHECK_POLICY_DEBUG, DCI_POLICY_DEBUG_NOT_ALLOWED, judge_debug,
	explain_debug},
    {DCI_CHECK_POLICY_TCB_STATUS, DCI_POLICY_TCB_STATUS_NOT_ALLOWED, judge_tcb,
	explain_tcb},
    {DCI_CHECK_POLICY_ADVISORIES, DCI_POLICY_ADVISORY_NOT_ALLOWED,
	judge_advisories, explain_advisories},
    {DCI_CHECK_POLICY_BINDING, DCI_POLICY_BINDING_REQUIRED, judge_binding,
	explain_binding},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* How many rules do not fail. */
static size_t
entry_matches(const struct question *q)
{
	size_t n = 0;

	for (size_t i = 0; i < RULES; i++)
		n += rules[i].judge(q) != FAILS;
	return n;
}

/* The first entry that admits, else the first of those that match most. */
static size_t
entry_closest(const struct dci_policy *p, const struct dci_subject *s)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < p->entries; i++) {
		struct question q = {p, &p->entry[i], s};
		size_t n = entry_matches(&q);

		if (n > most) {
			best = i;
			most = n;
		}
	}
	return best;
}

/* Names the entry too: which one a refusal compares with is not obvious. */
static void
name_entry(struct dci_failure *f, const struct dci_policy_entry *e)
{
	char sentence[DCI_SENTENCE_MAX];

	if (f == NULL)
		return;
	memcpy(sentence, f->sentence, sizeof(sentence));
	dci_fail(f, f->code, "%s (Compared with enclave \"%s\" of the policy.)",
	    sentence, e->name);
}

static int
entry_report(
    const struct question *q, struct dci_checks *checks, struct dci_failure *f)
{
	int result = 0;

	for (size_t i = 0; i < RULES; i++) {
		const struct rule *r = &rules[i];
		char expected[EXPECTED] = "", found[FOUND] = "";
		enum verdict v = r->judge(q);

		r->explain(q, expected, found);
		if (v == FAILS) {
			dci_checks_fail(checks, result == 0 ? f : NULL, r->id,
			    r->code, expected, "%s", found);
			if (result == 0)
				name_entry(f, q->e);
			result = -1;
			continue;
		}
		struct dci_check *c = dci_checks_add(
		    checks, r->id, v == HOLDS ? DCI_PASS : DCI_SKIPPED, DCI_OK);
		memcpy(c->expected, expected, sizeof(c->expected));
		memcpy(c->found, found, sizeof(c->found));
	}
	return result;
}

/* --- what no entry has a say in --- */

static bool
attributes_allowed(uint64_t flags)
{
	const uint64_t set = DCI_ATTRIBUTE_INIT | DCI_ATTRIBUTE_MODE64;
	const uint64_t clear =
	    DCI_ATTRIBUTE_PROVISION_KEY | DCI_ATTRIBUTE_EINITTOKEN_KEY;

	return (flags & (set | clear)) == set;
}

static int
report_enclave(const struct dci_subject *s, struct dci_checks *checks,
    struct dci_failure *f)
{
	static const char attributes[] =
	    "INIT and MODE64, neither PROVISION_KEY nor EINITTOKEN_KEY";
	uint64_t flags = s->flags;

	if (s->tee != DCI_TEE_SGX)
		return dci_checks_fail(checks, f, DCI_CHECK_POLICY_TEE,
		    DCI_POLICY_TEE_UNSUPPORTED, "SGX", "%s",
		    s->tee == DCI_TEE_TDX ? "TDX" : "something unknown");
	dci_checks_pass(checks, DCI_CHECK_POLICY_TEE, "SGX");
	if (attributes_allowed(flags)) {
		dci_checks_pass(
		    checks, DCI_CHECK_POLICY_ATTRIBUTES, attributes);
		return 0;
	}
	return dci_checks_fail(checks, f, DCI_CHECK_POLICY_ATTRIBUTES,
	    DCI_POLICY_ATTRIBUTES_NOT_ALLOWED, attributes,
	    "flags 0x%016llx: INIT %s, MODE64 %s, PROVISION_KEY %s, "
	    "EINITTOKEN_KEY %s",
	    (unsigned long long)flags,
	    flags & DCI_ATTRIBUTE_INIT ? "set" : "clear",
	    flags & DCI_ATTRIBUTE_MODE64 ? "set" : "clear",
	    flags & DCI_ATTRIBUTE_PROVISION_KEY ? "set" : "clear",
	    flags & DCI_ATTRIBUTE_EINITTOKEN_KEY ? "set" : "clear");
}

static int
evaluate(const struct dci_policy *p, const struct dci_subject *s, size_t *entry,
    struct dci_checks *checks, struct dci_failure *f)
{
	if (report_enclave(s, checks, f) != 0)
		return -1;
	if (p->entries == 0)
		return dci_checks_fail(checks, f, DCI_CHECK_POLICY_ENTRIES,
		    DCI_POLICY_EMPTY, "at least one enclave", "none");
	size_t i = entry_closest(p, s);
	struct question q = {p, &p->entry[i], s};
	if (entry_report(&q, checks, f) != 0)
		return -1;
	*entry = i;
	return 0;
}

int
dci_policy_evaluate(const struct dci_policy *p, const struct dci_subject *s,
    size_t *entry, struct dci_checks *checks, struct dci_failure *f)
{
	if (checks != NULL)
		return evaluate(p, s, entry, checks, f);
	struct dci_checks own;
	own.n = 0;
	return evaluate(p, s, entry, &own, f);
}

bool
dci_policy_admits(
    const struct dci_policy *p, size_t entry, const struct dci_subject *s)
{
	if (entry >= p->entries || s->tee != DCI_TEE_SGX ||
	    !attributes_allowed(s->flags))
		return false;
	struct question q = {p, &p->entry[entry], s};
	return entry_matches(&q) == RULES;
}

bool
dci_policy_entry_unpinned(const struct dci_policy_entry *e)
{
	return e->mrenclaves == 0 && e->mrsigners == 0;
}

void
dci_subject_of(struct dci_subject *s, const struct dci_verification *v,
    bool evidence_bound)
{
	const struct dci_sgx_report *r = &v->quote.report;

	*s = (struct dci_subject){.status = DCI_STATUS_INVALID};
	if (!v->parsed)
		return;
	s->tee = v->quote.tee;
	memcpy(s->mrenclave, r->mrenclave, sizeof(s->mrenclave));
	memcpy(s->mrsigner, r->mrsigner, sizeof(s->mrsigner));
	s->isv_prod_id = r->isv_prod_id;
	s->isv_svn = r->isv_svn;
	s->flags = r->flags;
	s->status = v->status;
	s->evidence_bound = evidence_bound;
	if (v->has_tcb) {
		s->has_parts = true;
		s->platform_status = v->platform_status;
		s->qe_status = v->qe_status;
		s->platform_advisories = &v->platform_advisories;
		s->qe_advisories = &v->qe_advisories;
	}
}
