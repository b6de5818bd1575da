/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Writing JSON (RFC 8259) as a stream: compact, members in the order of the
 * calls, no allocation but the writer's.  Each function takes the member's
 * name first; NULL within an array and for the outermost value.
 */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct json_writer {
	struct writer *w;
	bool comma; /* the next value needs one before it */
};

/* Appends to w; whether all of it fitted is for the caller to ask w. */
struct json_writer jw_of(struct writer *w);

void jw_object(struct json_writer *, const char *key);
void jw_object_end(struct json_writer *);
void jw_array(struct json_writer *, const char *key);
void jw_array_end(struct json_writer *);

/* Quotation marks, backslashes and control characters (C0 and DEL) are
 * escaped; each byte that is not part of well-formed UTF-8 becomes U+FFFD. */
void jw_text(struct json_writer *, const char *key, const char *);
void jw_text_n(struct json_writer *, const char *key, const void *, size_t n);

void jw_int(struct json_writer *, const char *key, int64_t);
void jw_bool(struct json_writer *, const char *key, bool);
void jw_null(struct json_writer *, const char *key);
/* Lower-case hex digits as a string. */
void jw_hex(struct json_writer *, const char *key, const void *, size_t n);
/* Seconds since the epoch, as RFC 3339 with a Z. */
void jw_time(struct json_writer *, const char *key, int64_t);

#endif
