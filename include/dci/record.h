/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of checks: the one structure that flows through everything.  Each
 * stage of an appraisal appends what it looked at and how it came out; the
 * result is stored in the ledger and shown to whoever asks why.
 */
#ifndef DCI_RECORD_H
#define DCI_RECORD_H

#include <stddef.h>

#include "dci/code.h"

enum dci_outcome {
	DCI_PASS,
	DCI_FAIL,
	DCI_TOLERATED, /* failed, and the caller had asked to accept that */
	DCI_SKIPPED,   /* deliberately not looked at; found says why */
};

#define DCI_EXPECTED_MAX 160
#define DCI_FOUND_MAX    256
#define DCI_CHECKS_MAX   96

struct dci_check {
	enum dci_check_id id;
	enum dci_outcome outcome;
	enum dci_code code; /* DCI_OK unless failed or tolerated */
	char expected[DCI_EXPECTED_MAX]; /* may be empty */
	char found[DCI_FOUND_MAX];       /* may be empty: as expected */
};

/* Set n to 0 to initialise; entries past n are never read. */
struct dci_checks {
	size_t n;
	struct dci_check item[DCI_CHECKS_MAX];
};

/* "pass", "fail", "tolerated" or "skipped". */
const char *dci_outcome_name(enum dci_outcome);

/* Appends a check and returns it with empty texts, so that the caller can add
 * them.  The list is larger than the number of checks that exist; overrunning
 * it is a programming error and aborts. */
struct dci_check *dci_checks_add(struct dci_checks *, enum dci_check_id,
    enum dci_outcome, enum dci_code);

/* Appends a passed check.  expected is a text of the program, or NULL. */
void dci_checks_pass(struct dci_checks *, enum dci_check_id,
    const char *expected);

/* Appends a skipped check and why. */
void dci_checks_skip(struct dci_checks *, enum dci_check_id, const char *why);

/* Appends a failed check and fills in *f: its sentence is made from expected
 * and the printf-formatted found.  Returns -1. */
int dci_checks_fail(struct dci_checks *, struct dci_failure *f,
    enum dci_check_id, enum dci_code, const char *expected, const char *fmt,
    ...) __attribute__((format(printf, 6, 7)));

/* The first failed check, or NULL. */
const struct dci_check *dci_checks_failed(const struct dci_checks *);

#endif
