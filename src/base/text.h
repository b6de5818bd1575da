/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes as text and back: hex, base64, decimal numbers, RFC 3339 times. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Writes 2n lower-case digits and a NUL; out holds 2n + 1. */
void hex_encode(char *out, const void *, size_t n);
/* Exactly n bytes from exactly 2n digits of either case; text need not end in
 * a NUL. */
bool hex_decode(uint8_t *out, size_t n, const char *text, size_t len)
    MUST_CHECK;

/* One line of base64 (RFC 4648, section 4) with a NUL, allocated; NULL when
 * memory is short. */
char *base64_encode(const void *, size_t n) MUST_CHECK;
/* Strict: padding required, nothing else than the alphabet, no stray bits.
 * On success *out is allocated (at least one byte) and *n is its length.
 * Watches memory (base/memory.h). */
bool base64_decode(uint8_t **out, size_t *n, const char *text, size_t len)
    MUST_CHECK;

/* A decimal number without sign, blanks or leading zeros, at most max. */
bool decimal_decode(uint64_t *out, const char *text, uint64_t max) MUST_CHECK;

/* Seconds since the epoch <-> "2026-01-31T23:59:59Z".  Decoding takes only
 * this form, with real dates, from year 1970 on. */
#define RFC3339_SIZE 21
void rfc3339_encode(char out[static RFC3339_SIZE], int64_t);
bool rfc3339_decode(int64_t *out, const char *text, size_t len) MUST_CHECK;

/* "3 days 4 hours", "12 seconds": the two largest units, for people. */
#define DURATION_SIZE 48
void duration_encode(char out[static DURATION_SIZE], int64_t seconds);

/* Copies text into out of size n, with control characters and everything that
 * is not printable ASCII turned into '?'; cut if need be, always ended. */
void text_printable(char *out, size_t n, const void *text, size_t len);

#endif
