/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strict CBOR (RFC 8949), read item by item where it lies: nothing is copied
 * or allocated.  libcbor's streaming decoder splits the bytes; what it is lax
 * about is refused here: indefinite lengths, heads that are not in the
 * shortest form (section 4.2.1), lengths beyond the end, deep nesting.
 * (cbor_load() would believe the count in a map's head and allocate
 * gigabytes, and its copies keep integers that are too wide.)
 *
 * Floating point numbers may have any width, the simple values are false,
 * true, null and undefined, and text is not checked for UTF-8.
 */
#ifndef RATLS_CBOR_WALK_H
#define RATLS_CBOR_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum cbor_kind {
	CBOR_KIND_UNSIGNED, /* value */
	CBOR_KIND_NEGATIVE, /* -1 - value */
	CBOR_KIND_BYTES,    /* content */
	CBOR_KIND_TEXT,     /* content */
	CBOR_KIND_ARRAY,    /* value items follow */
	CBOR_KIND_MAP,      /* value pairs follow */
	CBOR_KIND_TAG,      /* number value; one item follows */
	CBOR_KIND_OTHER,    /* a float or a simple value */
};

/* "a byte string", for sentences. */
const char *cbor_kind_name(enum cbor_kind);

struct cbor_item {
	enum cbor_kind kind;
	uint64_t value;       /* of strings: their length */
	struct bytes content; /* of strings */
};

struct cbor_walk {
	struct reader in;
	const char *why; /* after a failure: what was wrong, a text of ours */
};

struct cbor_walk cbor_walk_of(struct bytes);

/* Takes the next head, with the content of a string.  All of these return
 * false and set ->why when the bytes are not as described above. */
bool cbor_next(struct cbor_walk *, struct cbor_item *) MUST_CHECK;
/* The same, and it has to be of that kind. */
bool cbor_expect(
    struct cbor_walk *, enum cbor_kind, struct cbor_item *) MUST_CHECK;
/* Takes one item with everything inside of it.  It lies inside of `outer`
 * containers and tags already, and all together may be LIMIT_CBOR_DEPTH. */
bool cbor_skip(struct cbor_walk *, size_t outer) MUST_CHECK;
/* Nothing is left. */
bool cbor_end(struct cbor_walk *) MUST_CHECK;

#endif
