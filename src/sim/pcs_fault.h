/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Faults of a service, as opposed to those of a document's content: switches
 * that change what a request gets.  A switch is NAME[=VALUE][:DOCUMENT[:N]]:
 * for the documents of that name (all), for the next N requests of them (for
 * ever).  Several may hit the same request.
 */
#ifndef SIM_PCS_FAULT_H
#define SIM_PCS_FAULT_H

#include "base/bytes.h"
#include "dci/code.h"
#include "sim/pcs_request.h"

/* What is done to an answer. */
struct pcs_effects {
	unsigned delay;       /* seconds before anything is sent */
	unsigned drip;        /* milliseconds from byte to byte of the body */
	int status;           /* instead of a document; 0: none */
	unsigned retry_after; /* seconds; 0: not said */
	/* The document: */
	bool wrong_signature, expired, not_yet_valid, older;
	bool no_chain, hex, garbage;
	/* The transmission: */
	bool truncated, endless, long_headers, redirect, close;
	char names[128]; /* of the switches, separated by commas */
};

struct pcs_fault_kind {
	const char *name;
	const char *value; /* what VALUE is; NULL: there is none */
	unsigned standard; /* VALUE where none is given */
	const char *explanation;
	void (*apply)(struct pcs_effects *, unsigned value);
};

/* All kinds; *n is how many. */
const struct pcs_fault_kind *pcs_fault_kinds(size_t *n);

struct pcs_fault {
	const struct pcs_fault_kind *kind;
	unsigned value;
	enum pcs_document document; /* PCS_DOCUMENTS: all */
	bool limited;
	unsigned left; /* requests, if limited */
};

#define PCS_FAULTS_MAX 64

struct pcs_faults {
	struct pcs_fault list[PCS_FAULTS_MAX];
	size_t n;
};

/* Adds the switch that a text of n bytes describes. */
int pcs_faults_add(struct pcs_faults *, const char *text, size_t n,
    struct dci_failure *f) MUST_CHECK;

/* What hits a request for that document; counts it. */
void pcs_faults_hit(
    struct pcs_effects *, struct pcs_faults *, enum pcs_document);

/* The switches as they are now, one a line. */
void pcs_faults_print(struct writer *, const struct pcs_faults *);

#endif
