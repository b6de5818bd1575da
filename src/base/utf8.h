/* SPDX-License-Identifier: BSD-3-Clause */
/* UTF-8 (RFC 3629), for texts that come from outside. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/* The length (1 to 4) of the well-formed sequence that p, of n bytes, begins
 * with; 0 where there is none.  Overlong forms, surrogates and everything
 * above U+10FFFF are not well-formed. */
size_t utf8_sequence(const uint8_t *p, size_t n) MUST_CHECK;

/* Whether all n bytes are well-formed. */
bool utf8_valid(const void *, size_t n) MUST_CHECK;

/* Replaces the control characters (C0, DEL, C1) of a valid text, which a
 * terminal might obey, by '?'.  Works in place and returns the new length. */
size_t utf8_tame(uint8_t *, size_t n);

#endif
