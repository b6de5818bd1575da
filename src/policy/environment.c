/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/period.h"
#include "base/text.h"
#include "policy/policy.h"

typedef const char *(*lookup_fn)(const char *);

/* The four that say which enclave, in the order of messages. */
enum { MRENCLAVE, MRSIGNER, ISV_PROD_ID, ISV_SVN, MEASUREMENTS };

static const char *const measurement_names[MEASUREMENTS] = {
    [MRENCLAVE] = "RA_TLS_MRENCLAVE",
    [MRSIGNER] = "RA_TLS_MRSIGNER",
    [ISV_PROD_ID] = "RA_TLS_ISV_PROD_ID",
    [ISV_SVN] = "RA_TLS_ISV_SVN",
};

static const char allow_outdated[] = "RA_TLS_ALLOW_OUTDATED_TCB_INSECURE";
static const char allow_configuration[] = "RA_TLS_ALLOW_HW_CONFIG_NEEDED";
static const char allow_hardening[] = "RA_TLS_ALLOW_SW_HARDENING_NEEDED";
static const char allow_debug[] = "RA_TLS_ALLOW_DEBUG_ENCLAVE_INSECURE";

/* Gramine, ra_tls_verify_common.c: exactly "1" is true, all else false. */
static bool
is_allowed(lookup_fn lookup, const char *name)
{
	const char *value = lookup(name);

	return value != NULL && strcmp(value, "1") == 0;
}

/* Gramine, ra_tls_verify_dcap.c:182-216. */
static uint32_t
tcb_allowed(lookup_fn lookup)
{
	bool outdated = is_allowed(lookup, allow_outdated);
	bool configuration = is_allowed(lookup, allow_configuration);
	bool hardening = is_allowed(lookup, allow_hardening);
	uint32_t set = POLICY_TCB(DCI_STATUS_UP_TO_DATE);

	if (configuration)
		set |= POLICY_TCB(DCI_STATUS_CONFIGURATION_NEEDED);
	if (outdated)
		set |= POLICY_TCB(DCI_STATUS_OUT_OF_DATE);
	if (outdated && configuration)
		set |= POLICY_TCB(DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED);
	if (hardening)
		set |= POLICY_TCB(DCI_STATUS_SW_HARDENING_NEEDED);
	if (configuration && hardening)
		set |= POLICY_TCB(
		    DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED);
	return set;
}

static void
append(char *out, size_t n, const char *name)
{
	size_t used = strlen(out);

	snprintf(out + used, n - used, "%s%s", used > 0 ? ", " : "", name);
}

/* How many of the four are set; names the others. */
static size_t
measurements_set(lookup_fn lookup, char *missing, size_t n)
{
	size_t set = 0;

	missing[0] = '\0';
	for (size_t i = 0; i < MEASUREMENTS; i++) {
		if (lookup(measurement_names[i]) != NULL)
			set++;
		else
			append(missing, n, measurement_names[i]);
	}
	return set;
}

static int
malformed(struct dci_failure *f, const char *name, const char *wanted,
    const char *value)
{
	char shown[100];

	text_printable(shown, sizeof(shown), value, strlen(value));
	return dci_fail(f, DCI_ENV_MALFORMED,
	    "%s: expected %s, found \"%s\" (%zu characters)", name, wanted,
	    shown, strlen(value));
}

/* 64 digits make one measurement; "any" makes none. */
static int
read_measurement(uint8_t out[static 32], size_t *count, const char *name,
    const char *value, struct dci_failure *f)
{
	*count = 0;
	if (strcmp(value, "any") == 0)
		return 0;
	if (!hex_decode(out, 32, value, strlen(value)))
		return malformed(
		    f, name, "64 hexadecimal digits or \"any\"", value);
	*count = 1;
	return 0;
}

/* "any" is reported as such, and as 0. */
static int
read_number(uint16_t *out, bool *any, const char *name, const char *value,
    struct dci_failure *f)
{
	uint64_t number = 0;

	*any = strcmp(value, "any") == 0;
	if (!*any && !decimal_decode(&number, value, UINT16_MAX))
		return malformed(f, name,
		    "a decimal number from 0 to 65535 without leading zeros, "
		    "or \"any\"",
		    value);
	*out = (uint16_t)number;
	return 0;
}

static int
read_measurements(
    struct dci_policy_entry *e, lookup_fn lookup, struct dci_failure *f)
{
	const char *value[MEASUREMENTS];
	bool any_svn;

	for (size_t i = 0; i < MEASUREMENTS; i++)
		value[i] = lookup(measurement_names[i]);
	if (read_measurement(e->mrenclave[0], &e->mrenclaves,
		measurement_names[MRENCLAVE], value[MRENCLAVE], f) != 0 ||
	    read_measurement(e->mrsigner[0], &e->mrsigners,
		measurement_names[MRSIGNER], value[MRSIGNER], f) != 0 ||
	    read_number(&e->isv_prod_id, &e->any_isv_prod_id,
		measurement_names[ISV_PROD_ID], value[ISV_PROD_ID], f) != 0 ||
	    read_number(&e->min_isv_svn, &any_svn, measurement_names[ISV_SVN],
		value[ISV_SVN], f) != 0)
		return -1;
	return 0;
}

int
policy_read_environment(
    struct dci_policy *p, lookup_fn lookup, struct dci_failure *f)
{
	char missing[128];
	size_t set = measurements_set(lookup, missing, sizeof(missing));
	bool debug = is_allowed(lookup, allow_debug);

	p->from_environment = true;
	p->tolerance.grace =
	    is_allowed(lookup, allow_outdated) ? DCI_UNLIMITED : 0;
	if (set != 0 && set != MEASUREMENTS)
		return dci_fail(f, DCI_ENV_INCOMPLETE,
		    "Of the four variables that say which enclave is meant, "
		    "only %zu are set. Missing: %s. The word \"any\" counts as "
		    "set.",
		    set, missing);
	if (set == 0 && !debug)
		return 0;
	p->entry = calloc(1, sizeof(*p->entry));
	if (p->entry == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for a policy.");
	struct dci_policy_entry *e = p->entry;
	policy_entry_default(e);
	e->debug = debug;
	e->tcb = tcb_allowed(lookup);
	p->admits_any = set == 0;
	p->entries = 1;
	snprintf(e->name, sizeof(e->name), "%s",
	    p->admits_any ? POLICY_NAME_ANY : POLICY_NAME_ENVIRONMENT);
	return p->admits_any ? 0 : read_measurements(e, lookup, f);
}

void
policy_environment_names(char *out, size_t n, lookup_fn lookup)
{
	static const char *const allow[] = {
	    allow_outdated, allow_configuration, allow_hardening, allow_debug};

	out[0] = '\0';
	for (size_t i = 0; i < MEASUREMENTS; i++) {
		if (lookup(measurement_names[i]) != NULL)
			append(out, n, measurement_names[i]);
	}
	for (size_t i = 0; i < sizeof(allow) / sizeof(allow[0]); i++) {
		if (is_allowed(lookup, allow[i]))
			append(out, n, allow[i]);
	}
}

struct dci_policy *
dci_policy_from_environment(lookup_fn lookup, struct dci_failure *f)
{
	struct dci_policy *p CLEANUP(cleanup_policy) = policy_new();

	if (p == NULL) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for a policy.");
		return NULL;
	}
	if (policy_read_environment(p, lookup, f) != 0 ||
	    policy_seal(p, f) != 0)
		return NULL;
	return TAKE(p);
}
