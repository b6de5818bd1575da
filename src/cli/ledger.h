/* SPDX-License-Identifier: BSD-3-Clause */
/* dci ledger: what the issuer has written down. */
#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include <limits.h>
#include <stdio.h>
#include <jansson.h>

#include "ca/public.h"
#include "dci/verify.h"
#include "ledger/clock.h"
#include "ledger/ledger.h"
#include "ledger/refusals.h"

/* argv[0] is "ledger".  Returns the exit code: 0; 1 where show finds nothing or
 * check finds something; 2 for usage or I/O. */
int ledger_main(int argc, char **argv);

/* What was asked for. */
struct request {
	const char *state; /* NULL: not given, which means "state" */
	bool json;
	bool quotes;
	const char *root; /* PEM; NULL: Intel's */
	const char *what; /* SERIAL|ID, FILE or TIME; NULL: none */
};

/* A file of the state directory; or EXIT_TROUBLE, and said why. */
int request_path(char out[static PATH_MAX], const struct request *,
    const char *file) MUST_CHECK;
/* Says what went wrong.  Returns EXIT_TROUBLE. */
int request_fail(const struct dci_failure *);
/* 0, or EXIT_TROUBLE where standard output could not be written. */
int request_finish(void);

int ledger_run_accept_clock(struct request *);
int ledger_run_backup(struct request *);
int ledger_run_check(struct request *);

/*
 * Whether a row agrees with what is in it: the quote with evidence digest and
 * measurements; the certificate with all of the row, with the request and,
 * where ca is not NULL, with that CA.  0, or -1 with ledger-certificate or
 * ledger-damaged and half a sentence: "its serial is not that of the row".
 */
int entry_check(const struct ledger_entry *, const struct ca_public *ca,
    struct dci_failure *f) MUST_CHECK;

/* Verifies the quotes of rows again, by the collateral and at the time that
 * each row names; the last collateral is kept. */
struct quote_judge {
	struct ledger *ledger;
	struct dci_anchor anchor;
	struct dci_snapshot *snapshot; /* owned; NULL: none yet */
	uint8_t digest[32];
};

/* 0; 1 where the verdict is not that of the row (half a sentence in *f); -1
 * with *f where it cannot be found out. */
int quote_judge_check(struct quote_judge *, const struct ledger_row *,
    struct dci_failure *f) MUST_CHECK;
void quote_judge_free(struct quote_judge *);

/* One line of "list" and of "refusals": words of the form name=value. */
void ledger_line(FILE *, const struct ledger_entry *);
void refusal_line(FILE *, const struct refusal *, int64_t id);
/* The same as one JSON object; NULL when memory is short. */
json_t *ledger_json(const struct ledger_entry *) MUST_CHECK;
json_t *refusal_json(const struct refusal *, int64_t id) MUST_CHECK;
/* Writes an object as one line of ASCII and lets go of it.  0, or -1. */
int json_line(FILE *, json_t *) MUST_CHECK;

/* One line about a correction of the clock. */
void correction_show(const struct ledger_correction *);

/* Everything about one entry. */
int ledger_show(FILE *, const struct ledger_entry *) MUST_CHECK;
json_t *ledger_show_json(const struct ledger_entry *) MUST_CHECK;

/* Names of what entries hold as numbers. */
const char *entry_kind_name(const struct ledger_entry *);
const char *entry_tee_name(const struct ledger_entry *);
const char *entry_binding_name(const struct ledger_entry *);
const char *entry_assurance_name(const struct ledger_entry *);

/* A value as it may stand on a terminal: printable ASCII as it is, in quotes
 * where it is empty or has a blank, a quote, '=' or a backslash, other bytes
 * as \xNN. */
void value_write(FILE *, struct bytes);
/* A JSON string of the text; what is not UTF-8 becomes '?'. */
json_t *text_json(struct bytes) MUST_CHECK;

#endif
