/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fields of a ledger row in their one order: that of the encoded row, of
 * the columns and of the hash.  One table drives all of these.
 */
#ifndef LEDGER_FIELDS_H
#define LEDGER_FIELDS_H

#include "ledger/ledger.h"

enum field_type {
	FIELD_KIND, /* enum ledger_kind; one byte when encoded */
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_TIME,     /* int64_t, seconds, never negative */
	FIELD_FIXED,    /* uint8_t[size] */
	FIELD_TEXT,     /* struct bytes: UTF-8 without NUL, at most max */
	FIELD_BLOB,     /* struct bytes, at most max; FIELD_CHAIN likewise */
	FIELD_CHAIN,    /* stored under its digest, and the column is that */
	FIELD_OPTIONAL, /* struct bytes; p NULL: none */
};

struct field {
	const char *column;
	enum field_type type;
	size_t offset; /* in struct ledger_row */
	size_t size;   /* exact for FIELD_FIXED, else the most */
};

#define FIELDS            26
#define FIELD_INDEX_CHAIN 20
extern const struct field fields[FIELDS];

#define FIELD_TIME_MAX   253402300799ll /* the end of year 9999 */
#define FIELD_TEXT_SHORT 255u
#define FIELD_NULL       UINT32_MAX /* the length of what is not there */

/* Where the field lies in a row. */
static inline const void *
field_in(const struct ledger_row *row, const struct field *field)
{
	return (const uint8_t *)row + field->offset;
}

/* The number of a FIELD_KIND, FIELD_U8, ... FIELD_TIME. */
int64_t field_number(const struct ledger_row *, const struct field *);
/* Stores it, if it is in the field's range. */
bool field_set_number(
    struct ledger_row *, const struct field *, int64_t) MUST_CHECK;

/* The first field outside of its bounds, or NULL for a good row. */
const struct field *fields_wrong(const struct ledger_row *);

#endif
