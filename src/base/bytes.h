/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading and writing bytes.  A reader is the only thing that moves a pointer
 * through hostile input: each function takes what it needs or fails and takes
 * nothing.  A writer grows up to a ceiling that its owner names; after the
 * first failure it stays failed, so that one test at the end is enough.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/* A stretch of somebody else's memory. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

bool bytes_equal(struct bytes, struct bytes);
/* In constant time for equal lengths: for secrets and measurements. */
bool bytes_equal_secret(const void *, const void *, size_t n);
bool bytes_all_zero(const uint8_t *, size_t n);

struct reader {
	const uint8_t *p;
	size_t n; /* what is left */
};

struct reader reader_of(const void *, size_t n);
bool reader_u8(struct reader *, uint8_t *) MUST_CHECK;
bool reader_u16le(struct reader *, uint16_t *) MUST_CHECK;
bool reader_u32le(struct reader *, uint32_t *) MUST_CHECK;
bool reader_u64le(struct reader *, uint64_t *) MUST_CHECK;
/* Copies n bytes out. */
bool reader_copy(struct reader *, void *out, size_t n) MUST_CHECK;
/* The next n bytes, where they lie. */
bool reader_take(struct reader *, struct bytes *out, size_t n) MUST_CHECK;
bool reader_skip(struct reader *, size_t n) MUST_CHECK;
/* u32 little-endian length, then that many bytes. */
bool reader_blob32(struct reader *, struct bytes *out) MUST_CHECK;
/* Whether nothing is left. */
bool reader_done(const struct reader *) MUST_CHECK;

struct writer {
	uint8_t *data; /* owned; release with writer_free() */
	size_t n, cap, max;
	bool failed; /* a write did not fit, or memory was short */
};

/* An empty writer that never holds more than max bytes.  Allocates nothing
 * yet. */
struct writer writer_new(size_t max);
void writer_free(struct writer *); /* wipes; leaves an empty, failed writer */
void writer_u8(struct writer *, uint8_t);
void writer_u16le(struct writer *, uint16_t);
void writer_u32le(struct writer *, uint32_t);
void writer_u64le(struct writer *, uint64_t);
void writer_put(struct writer *, const void *, size_t n);
/* Appends n bytes, 1 or more, for the caller to fill in; NULL if that fails. */
uint8_t *writer_room(struct writer *, size_t n) MUST_CHECK;
void writer_blob32(struct writer *, const void *, size_t n);
void writer_text(struct writer *, const char *);
void writer_printf(struct writer *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
