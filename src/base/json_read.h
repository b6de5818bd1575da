/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON by jansson, all of it or nothing: when an allocation fails, json_loadb()
 * may go on and return strings that lack a character, and json_dumps() text
 * that lacks a part.  Both functions watch memory (base/memory.h).
 */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <jansson.h>

#include "base/bytes.h"

/* json_loadb() of jansson with its flags; *e may be NULL, and says so
 * when memory was short.  NULL on failure.  Free with json_decref(). */
json_t *json_read(struct bytes text, size_t flags, json_error_t *e) MUST_CHECK;

/* json_dumps() of jansson with its flags; NULL on failure. */
char *json_text_of(const json_t *, size_t flags) MUST_CHECK;

#endif
