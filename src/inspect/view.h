/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was found, as lines of text or as JSON, by the same calls: objects and
 * lists of values with a key.  Whatever comes from the input is written as
 * printable ASCII, other bytes as \xNN, and cut where it is long.
 */
#ifndef INSPECT_VIEW_H
#define INSPECT_VIEW_H

#include "base/bytes.h"
#include "base/json_write.h"
#include "dci/record.h"

#define VIEW_DEPTH 16

struct view {
	struct writer *w; /* borrowed; whether all fitted is in it */
	bool json;
	struct json_writer j;
	/* Open objects and lists; a list's elements are numbered from 1. */
	size_t depth;
	struct {
		const char *list; /* NULL: an object */
		size_t elements;
	} open[VIEW_DEPTH];
};

struct view view_of(struct writer *, bool json);

/* An object; key NULL within a list, and for the outermost. */
void view_object(struct view *, const char *key);
void view_object_end(struct view *);
void view_list(struct view *, const char *key);
void view_list_end(struct view *);

/* Texts of the program. */
void view_text(struct view *, const char *key, const char *);
/* Texts of the input. */
void view_foreign(struct view *, const char *key, struct bytes);
void view_number(struct view *, const char *key, int64_t);
void view_bool(struct view *, const char *key, bool);
void view_time(struct view *, const char *key, int64_t);
/* Hex digits, at most VIEW_HEX_MAX bytes of them. */
void view_hex(struct view *, const char *key, const void *, size_t n);
/* Small numbers in a row. */
void view_numbers(struct view *, const char *key, const uint8_t *, size_t n);
/* Words of the program in a row. */
void view_words(
    struct view *, const char *key, const char *const *words, size_t n);
/* Checks, one line each. */
void view_checks(struct view *, const char *key, const struct dci_checks *);
/* Why something is not what it should be: code and sentence. */
void view_failure(struct view *, const char *key, const struct dci_failure *);

#define VIEW_HEX_MAX     2048u
#define VIEW_FOREIGN_MAX 2048u

#endif
