/* SPDX-License-Identifier: BSD-3-Clause */
/* dci ledger list|show|refusals: what the issuer has written down. */
#ifndef CLI_LEDGER_H
#define CLI_LEDGER_H

#include <stdio.h>
#include <jansson.h>

#include "ledger/ledger.h"
#include "ledger/refusals.h"

/* argv[0] is "ledger".  Returns the exit code: 0; 1 where show finds nothing;
 * 2 for usage or I/O. */
int ledger_main(int argc, char **argv);

/* One line of "list" and of "refusals": words of the form name=value. */
void ledger_line(FILE *, const struct ledger_entry *);
void refusal_line(FILE *, const struct refusal *, int64_t id);
/* The same as one JSON object; NULL when memory is short. */
json_t *ledger_json(const struct ledger_entry *) MUST_CHECK;
json_t *refusal_json(const struct refusal *, int64_t id) MUST_CHECK;
/* Writes an object as one line of ASCII and lets go of it.  0, or -1. */
int json_line(FILE *, json_t *) MUST_CHECK;

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
