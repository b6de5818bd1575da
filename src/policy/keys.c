/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/period.h"
#include "base/text.h"
#include "policy/keys.h"

void
policy_entry_default(struct dci_policy_entry *e)
{
	*e = (struct dci_policy_entry){
	    .any_isv_prod_id = true,
	    .any_advisory = true,
	    .tcb = POLICY_TCB(DCI_STATUS_UP_TO_DATE),
	    .ttl = PERIOD_DAY,
	};
}

static bool
is_any(const char *text)
{
	return strcmp(text, "any") == 0;
}

/* Whether the only value is "any": 1 or 0; -1 with *f where it stands beside
 * others or there are too many. */
static int
read_any(const struct conf_values *v, struct dci_failure *f)
{
	if (v->n == 1 && is_any(conf_text(v, 0)))
		return 1;
	for (size_t i = 0; i < v->n; i++) {
		if (is_any(conf_text(v, i)))
			return conf_fail(
			    f, v, i, "\"any\" must be the only value");
	}
	if (v->n > DCI_POLICY_VALUES)
		return conf_fail(f, v, DCI_POLICY_VALUES, "more than %d values",
		    DCI_POLICY_VALUES);
	return 0;
}

/* --- MRENCLAVE and MRSIGNER --- */

static int
measurement_compare(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* Sorted, so that the canonical text does not depend on the file's order. */
static int
read_measurements(uint8_t (*out)[32], size_t *count,
    const struct conf_values *v, struct dci_failure *f)
{
	int any = read_any(v, f);

	*count = 0;
	if (any != 0)
		return any < 0 ? -1 : 0;
	for (size_t i = 0; i < v->n; i++) {
		const char *text = conf_text(v, i);

		if (!hex_decode(out[i], 32, text, strlen(text)))
			return conf_fail(f, v, i,
			    "expected 64 hexadecimal digits or \"any\", found "
			    "\"%.80s\" (%zu characters)",
			    text, strlen(text));
		for (size_t j = 0; j < i; j++) {
			if (memcmp(out[i], out[j], 32) == 0)
				return conf_fail(
				    f, v, i, "\"%s\" is listed twice", text);
		}
	}
	*count = v->n;
	qsort(out, v->n, 32, measurement_compare);
	return 0;
}

static bool
print_measurements(struct writer *w, const uint8_t (*values)[32], size_t n)
{
	char hex[65];

	if (n == 0) {
		writer_text(w, "\"any\"");
		return true;
	}
	writer_text(w, "{");
	for (size_t i = 0; i < n; i++) {
		hex_encode(hex, values[i], 32);
		writer_printf(w, "%s\"%s\"", i > 0 ? ", " : "", hex);
	}
	writer_text(w, "}");
	return true;
}

static int
read_mrenclave(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct dci_policy_entry *e = field;

	return read_measurements(e->mrenclave, &e->mrenclaves, v, f);
}

static bool
print_mrenclave(struct writer *w, const void *field)
{
	const struct dci_policy_entry *e = field;

	return print_measurements(w, e->mrenclave, e->mrenclaves);
}

static int
read_mrsigner(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct dci_policy_entry *e = field;

	return read_measurements(e->mrsigner, &e->mrsigners, v, f);
}

static bool
print_mrsigner(struct writer *w, const void *field)
{
	const struct dci_policy_entry *e = field;

	return print_measurements(w, e->mrsigner, e->mrsigners);
}

/* --- numbers --- */

static int
read_isv_prod_id(
    void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct dci_policy_entry *e = field;
	const char *text = conf_single(v, f);
	uint64_t number = 0;

	if (text == NULL)
		return -1;
	e->any_isv_prod_id = is_any(text);
	if (!e->any_isv_prod_id && !decimal_decode(&number, text, UINT16_MAX))
		return conf_fail(f, v, 0,
		    "expected a decimal number from 0 to 65535 without leading "
		    "zeros, or \"any\", found \"%s\"",
		    text);
	e->isv_prod_id = (uint16_t)number;
	return 0;
}

static bool
print_isv_prod_id(struct writer *w, const void *field)
{
	const struct dci_policy_entry *e = field;

	if (e->any_isv_prod_id)
		writer_text(w, "\"any\"");
	else
		writer_printf(w, "%u", e->isv_prod_id);
	return true;
}

static int
read_u16(void *field, const struct conf_values *v, struct dci_failure *f)
{
	uint64_t number;

	if (conf_number(&number, v, 0, UINT16_MAX, f) != 0)
		return -1;
	*(uint16_t *)field = (uint16_t)number;
	return 0;
}

static bool
print_u16(struct writer *w, const void *field)
{
	writer_printf(w, "%u", *(const uint16_t *)field);
	return true;
}

static int
read_u32(void *field, const struct conf_values *v, struct dci_failure *f)
{
	uint64_t number;

	if (conf_number(&number, v, 0, UINT32_MAX, f) != 0)
		return -1;
	*(uint32_t *)field = (uint32_t)number;
	return 0;
}

static bool
print_u32(struct writer *w, const void *field)
{
	writer_printf(w, "%u", *(const uint32_t *)field);
	return true;
}

/* --- statuses and advisories --- */

static int
read_tcb(void *field, const struct conf_values *v, struct dci_failure *f)
{
	uint32_t set = 0;

	for (size_t i = 0; i < v->n; i++) {
		const char *text = conf_text(v, i);
		enum dci_status status = dci_status_by_name(text);

		if (status == DCI_STATUSES)
			return conf_fail(f, v, i,
			    "\"%.80s\" is not a TCB status; they are words "
			    "like UpToDate or SWHardeningNeeded",
			    text);
		if ((POLICY_TCB(status) & POLICY_TCB_ALL) == 0)
			return conf_fail(
			    f, v, i, "%s can never be admitted", text);
		if ((POLICY_TCB(status) & set) != 0)
			return conf_fail(f, v, i, "%s is listed twice", text);
		set |= POLICY_TCB(status);
	}
	*(uint32_t *)field = set;
	return 0;
}

static bool
print_tcb(struct writer *w, const void *field)
{
	uint32_t set = *(const uint32_t *)field;
	const char *between = "";

	writer_text(w, "{");
	for (unsigned i = 0; i < DCI_STATUSES; i++) {
		if ((set & POLICY_TCB(i)) == 0)
			continue;
		writer_printf(w, "%s\"%s\"", between,
		    dci_status_name((enum dci_status)i));
		between = ", ";
	}
	writer_text(w, "}");
	return true;
}

/* Upper-case letters, digits and hyphens, as in INTEL-SA-00615. */
static bool
advisory_valid(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n < DCI_POLICY_ADVISORY_SIZE && text[n] == '\0';
}

static int
advisory_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
read_advisories(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct dci_policy_entry *e = field;
	int any = read_any(v, f);

	e->any_advisory = any == 1;
	e->advisories = 0;
	if (any != 0)
		return any < 0 ? -1 : 0;
	for (size_t i = 0; i < v->n; i++) {
		const char *text = conf_text(v, i);

		if (!advisory_valid(text))
			return conf_fail(f, v, i,
			    "expected an advisory like \"INTEL-SA-00615\" or "
			    "\"any\", found \"%.80s\"",
			    text);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(e->advisory[j], text) == 0)
				return conf_fail(
				    f, v, i, "%s is listed twice", text);
		}
		snprintf(e->advisory[i], sizeof(e->advisory[i]), "%s", text);
	}
	e->advisories = v->n;
	qsort(e->advisory, v->n, sizeof(e->advisory[0]), advisory_compare);
	return 0;
}

static bool
print_advisories(struct writer *w, const void *field)
{
	const struct dci_policy_entry *e = field;

	if (e->any_advisory) {
		writer_text(w, "\"any\"");
		return true;
	}
	writer_text(w, "{");
	for (size_t i = 0; i < e->advisories; i++)
		writer_printf(w, "%s\"%s\"", i > 0 ? ", " : "", e->advisory[i]);
	writer_text(w, "}");
	return true;
}

/* --- spans of time --- */

static int
read_ttl(void *field, const struct conf_values *v, struct dci_failure *f)
{
	int64_t *ttl = field;
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!period_decode(ttl, text) || *ttl < POLICY_TTL_MIN ||
	    *ttl > POLICY_TTL_MAX)
		return conf_fail(f, v, 0,
		    "expected a time like \"90m\", \"24h\" or \"7d\", over 5 "
		    "minutes and at most 3650 days, found \"%s\"",
		    text);
	return 0;
}

static bool
print_period(struct writer *w, const void *field)
{
	int64_t seconds = *(const int64_t *)field;

	writer_text(w, "\"");
	if (seconds == DCI_UNLIMITED)
		writer_text(w, "unlimited");
	else
		period_print(w, seconds);
	writer_text(w, "\"");
	return true;
}

static int
read_grace(void *field, const struct conf_values *v, struct dci_failure *f)
{
	int64_t *grace = field;
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (strcmp(text, "unlimited") == 0) {
		*grace = DCI_UNLIMITED;
		return 0;
	}
	if (!period_decode(grace, text) || *grace > POLICY_GRACE_MAX)
		return conf_fail(f, v, 0,
		    "expected a time like \"0s\", \"12h\" or \"7d\", at most "
		    "3650 days, or \"unlimited\", found \"%s\"",
		    text);
	return 0;
}

/* --- where the policy comes from --- */

static const char origin_file[] = "file";
static const char origin_environment[] = "environment";
static const char origin_any[] = "environment-any-enclave";

static int
read_origin(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct dci_policy *p = field;
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	p->admits_any = strcmp(text, origin_any) == 0;
	p->from_environment =
	    p->admits_any || strcmp(text, origin_environment) == 0;
	if (!p->from_environment && strcmp(text, origin_file) != 0)
		return conf_fail(f, v, 0,
		    "expected \"%s\", \"%s\" or \"%s\", found \"%.80s\"",
		    origin_file, origin_environment, origin_any, text);
	return 0;
}

static bool
print_origin(struct writer *w, const void *field)
{
	const struct dci_policy *p = field;
	const char *text = p->admits_any         ? origin_any
			   : p->from_environment ? origin_environment
						 : origin_file;

	writer_printf(w, "\"%s\"", text);
	return true;
}

const struct conf_key policy_keys[POLICY_KEYS] = {
    {"origin", 0, read_origin, print_origin},
    {"require_evidence_binding",
	offsetof(struct dci_policy, require_evidence_binding), conf_read_bool,
	conf_print_bool},
};

const struct conf_key policy_collateral_keys[POLICY_COLLATERAL_KEYS] = {
    {"grace", offsetof(struct dci_tolerance, grace), read_grace, print_period},
    {"min_tcb_evaluation", offsetof(struct dci_tolerance, min_tcb_evaluation),
	read_u32, print_u32},
};

const struct conf_key policy_entry_keys[POLICY_ENTRY_KEYS] = {
    {"mrenclave", 0, read_mrenclave, print_mrenclave},
    {"mrsigner", 0, read_mrsigner, print_mrsigner},
    {"isv_prod_id", 0, read_isv_prod_id, print_isv_prod_id},
    {"min_isv_svn", offsetof(struct dci_policy_entry, min_isv_svn), read_u16,
	print_u16},
    {"debug", offsetof(struct dci_policy_entry, debug), conf_read_bool,
	conf_print_bool},
    {"tcb", offsetof(struct dci_policy_entry, tcb), read_tcb, print_tcb},
    {"advisories", 0, read_advisories, print_advisories},
    {"ttl", offsetof(struct dci_policy_entry, ttl), read_ttl, print_period},
};
