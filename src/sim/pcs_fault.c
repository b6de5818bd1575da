/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim/pcs_fault.h"

#define VALUE_MAX 86400u
#define COUNT_MAX 1000000u
#define ALL       "all"

#define FAULT(id, name, value_name, standard, explanation, change)    \
	static void apply_##id(struct pcs_effects *e, unsigned value) \
	{                                                             \
		(void)value;                                          \
		change;                                               \
	}
#include "sim/pcs_faults.def"
#undef FAULT

#define FAULT(id, name, value_name, standard, explanation, change) \
	{name, value_name, standard, explanation, apply_##id},
static const struct pcs_fault_kind kinds[] = {
#include "sim/pcs_faults.def"
};
#undef FAULT

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct pcs_fault_kind *
pcs_fault_kinds(size_t *n)
{
	*n = KINDS;
	return kinds;
}

static int
take_name(struct pcs_fault *fault, char *text, struct dci_failure *f)
{
	char *value = strchr(text, '=');
	uint64_t number;

	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, text) == 0)
			fault->kind = &kinds[i];
	}
	if (fault->kind == NULL)
		return dci_fail(f, DCI_USAGE,
		    "There is no fault '%s'; dci-sim pcs --help lists them.",
		    text);
	fault->value = fault->kind->standard;
	if (value == NULL)
		return 0;
	if (fault->kind->value == NULL)
		return dci_fail(
		    f, DCI_USAGE, "The fault %s takes no value.", text);
	if (!decimal_decode(&number, value, VALUE_MAX) || number == 0)
		return dci_fail(f, DCI_USAGE,
		    "The fault %s takes a number from 1 to %u, not '%s'.", text,
		    VALUE_MAX, value);
	fault->value = (unsigned)number;
	return 0;
}

static int
take_document(struct pcs_fault *fault, const char *text, struct dci_failure *f)
{
	fault->document = pcs_document_by_name(text);
	if (fault->document < PCS_DOCUMENTS || strcmp(text, ALL) == 0)
		return 0;
	return dci_fail(f, DCI_USAGE,
	    "There is no document '%s'; dci-sim pcs --help lists them.", text);
}

static int
take_count(struct pcs_fault *fault, const char *text, struct dci_failure *f)
{
	uint64_t number;

	if (!decimal_decode(&number, text, COUNT_MAX) || number == 0)
		return dci_fail(f, DCI_USAGE,
		    "'%s' is no number of requests from 1 to %u.", text,
		    COUNT_MAX);
	fault->limited = true;
	fault->left = (unsigned)number;
	return 0;
}

static int
take_parts(struct pcs_fault *fault, char *text, struct dci_failure *f)
{
	char *document = strchr(text, ':'), *count = NULL;

	fault->document = PCS_DOCUMENTS;
	if (document != NULL) {
		*document++ = '\0';
		count = strchr(document, ':');
	}
	if (count != NULL)
		*count++ = '\0';
	if (take_name(fault, text, f) != 0 ||
	    (document != NULL && take_document(fault, document, f) != 0))
		return -1;
	return count != NULL ? take_count(fault, count, f) : 0;
}

int
pcs_faults_add(struct pcs_faults *faults, const char *text, size_t n,
    struct dci_failure *f)
{
	struct pcs_fault fault = {0};
	char copy[128];

	if (n >= sizeof(copy) || faults->n == PCS_FAULTS_MAX)
		return dci_fail(f, DCI_USAGE, "There are too many faults.");
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (take_parts(&fault, copy, f) != 0)
		return -1;
	faults->list[faults->n++] = fault;
	return 0;
}

static void
add_name(struct pcs_effects *e, const char *name)
{
	size_t n = strlen(e->names);

	snprintf(
	    e->names + n, sizeof(e->names) - n, "%s%s", n > 0 ? "," : "", name);
}

void
pcs_faults_hit(struct pcs_effects *e, struct pcs_faults *faults,
    enum pcs_document document)
{
	*e = (struct pcs_effects){0};
	for (size_t i = 0; i < faults->n; i++) {
		struct pcs_fault *fault = &faults->list[i];

		if ((fault->document != PCS_DOCUMENTS &&
			fault->document != document) ||
		    (fault->limited && fault->left == 0))
			continue;
		if (fault->limited)
			fault->left--;
		fault->kind->apply(e, fault->value);
		add_name(e, fault->kind->name);
	}
}

static void
print_one(struct writer *w, const struct pcs_fault *fault)
{
	writer_text(w, fault->kind->name);
	if (fault->kind->value != NULL)
		writer_printf(w, "=%u", fault->value);
	writer_printf(w, ":%s",
	    fault->document == PCS_DOCUMENTS
		? ALL
		: pcs_document_name(fault->document));
	if (fault->limited)
		writer_printf(w, ":%u", fault->left);
	writer_u8(w, '\n');
}

void
pcs_faults_print(struct writer *w, const struct pcs_faults *faults)
{
	for (size_t i = 0; i < faults->n; i++) {
		if (!faults->list[i].limited || faults->list[i].left > 0)
			print_one(w, &faults->list[i]);
	}
}
