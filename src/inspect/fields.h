/* SPDX-License-Identifier: BSD-3-Clause */
/* Fixed layouts as tables: name and size of each field, in order. */
#ifndef INSPECT_FIELDS_H
#define INSPECT_FIELDS_H

#include "inspect/view.h"

enum field_kind {
	FIELD_HEX,
	FIELD_NUMBER,     /* little-endian, 1 to 4 bytes */
	FIELD_RESERVED,   /* only shown where it is not zero */
	FIELD_SGX_FLAGS,  /* attributes of an enclave: names for its bits */
	FIELD_TD_FLAGS,   /* attributes of a trust domain */
	FIELD_COMPONENTS, /* SVNs, one a byte */
};

struct field {
	const char *name;
	uint8_t size; /* at most 64 */
	enum field_kind kind;
};

/* Shows n fields; false (and a member "cut_short") where the bytes end before
 * them. */
bool fields_show(
    struct view *, struct reader *, const struct field *, size_t n) MUST_CHECK;

#define FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

#endif
