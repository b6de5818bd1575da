/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "dci/record.h"

const char *
dci_outcome_name(enum dci_outcome outcome)
{
	switch (outcome) {
	case DCI_PASS:
		return "pass";
	case DCI_FAIL:
		return "fail";
	case DCI_TOLERATED:
		return "tolerated";
	case DCI_SKIPPED:
		return "skipped";
	default:
		return "unknown";
	}
}

struct dci_check *
dci_checks_add(struct dci_checks *list, enum dci_check_id id,
    enum dci_outcome outcome, enum dci_code code)
{
	if (list->n >= DCI_CHECKS_MAX)
		abort();
	struct dci_check *c = &list->item[list->n++];
	c->id = id;
	c->outcome = outcome;
	c->code = code;
	c->expected[0] = '\0';
	c->found[0] = '\0';
	return c;
}

void
dci_checks_pass(struct dci_checks *list, enum dci_check_id id,
    const char *expected)
{
	struct dci_check *c = dci_checks_add(list, id, DCI_PASS, DCI_OK);

	if (expected != NULL)
		snprintf(c->expected, sizeof(c->expected), "%s", expected);
}

void
dci_checks_skip(struct dci_checks *list, enum dci_check_id id, const char *why)
{
	struct dci_check *c = dci_checks_add(list, id, DCI_SKIPPED, DCI_OK);

	snprintf(c->found, sizeof(c->found), "%s", why);
}

int
dci_checks_fail(struct dci_checks *list, struct dci_failure *f,
    enum dci_check_id id, enum dci_code code, const char *expected,
    const char *fmt, ...)
{
	struct dci_check *c = dci_checks_add(list, id, DCI_FAIL, code);
	va_list ap;

	if (expected != NULL)
		snprintf(c->expected, sizeof(c->expected), "%s", expected);
	va_start(ap, fmt);
	vsnprintf(c->found, sizeof(c->found), fmt, ap);
	va_end(ap);
	return dci_fail(f, code, "%s Expected: %s. Found: %s. %s",
	    dci_code_meaning(code), c->expected, c->found,
	    dci_code_remedy(code));
}

const struct dci_check *
dci_checks_failed(const struct dci_checks *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->item[i].outcome == DCI_FAIL)
			return &list->item[i];
	}
	return NULL;
}
