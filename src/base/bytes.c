/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/bytes.h"

bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
bytes_equal_secret(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

bool
bytes_all_zero(const uint8_t *p, size_t n)
{
	uint8_t all = 0;

	for (size_t i = 0; i < n; i++)
		all |= p[i];
	return all == 0;
}

struct reader
reader_of(const void *p, size_t n)
{
	return (struct reader){.p = p, .n = n};
}

bool
reader_take(struct reader *r, struct bytes *out, size_t n)
{
	if (n > r->n)
		return false;
	*out = (struct bytes){.p = r->p, .n = n};
	if (n > 0)
		r->p += n;
	r->n -= n;
	return true;
}

bool
reader_copy(struct reader *r, void *out, size_t n)
{
	struct bytes b;

	if (!reader_take(r, &b, n))
		return false;
	if (n > 0)
		memcpy(out, b.p, n);
	return true;
}

bool
reader_skip(struct reader *r, size_t n)
{
	struct bytes b;

	return reader_take(r, &b, n);
}

bool
reader_u8(struct reader *r, uint8_t *out)
{
	return reader_copy(r, out, 1);
}

bool
reader_u16le(struct reader *r, uint16_t *out)
{
	struct bytes b;

	if (!reader_take(r, &b, 2))
		return false;
	*out = (uint16_t)(b.p[0] | b.p[1] << 8);
	return true;
}

bool
reader_u32le(struct reader *r, uint32_t *out)
{
	struct bytes b;

	if (!reader_take(r, &b, 4))
		return false;
	*out = (uint32_t)b.p[0] | (uint32_t)b.p[1] << 8 |
	       (uint32_t)b.p[2] << 16 | (uint32_t)b.p[3] << 24;
	return true;
}

bool
reader_u64le(struct reader *r, uint64_t *out)
{
	struct reader save = *r;
	uint32_t low, high;

	if (!reader_u32le(r, &low) || !reader_u32le(r, &high)) {
		*r = save;
		return false;
	}
	*out = (uint64_t)high << 32 | low;
	return true;
}

bool
reader_blob32(struct reader *r, struct bytes *out)
{
	struct reader save = *r;
	uint32_t n;

	if (!reader_u32le(r, &n) || !reader_take(r, out, n)) {
		*r = save;
		return false;
	}
	return true;
}

bool
reader_done(const struct reader *r)
{
	return r->n == 0;
}

struct writer
writer_new(size_t max)
{
	return (struct writer){.max = max};
}

void
writer_free(struct writer *w)
{
	if (w->data != NULL)
		wipe(w->data, w->cap);
	free(w->data);
	*w = (struct writer){.failed = true};
}

/* Makes room for n more bytes; by hand and not by realloc(), which would
 * leave a copy of the old content behind. */
static bool
writer_grow(struct writer *w, size_t n)
{
	if (!w->failed && n <= w->cap - w->n)
		return true;
	if (w->failed || n > w->max - w->n) {
		w->failed = true;
		return false;
	}
	size_t cap = w->cap < 256 ? 256 : w->cap;
	while (cap < w->n + n)
		cap *= 2;
	if (cap > w->max)
		cap = w->max;
	uint8_t *data = malloc(cap);
	if (data == NULL) {
		w->failed = true;
		return false;
	}
	if (w->n > 0)
		memcpy(data, w->data, w->n);
	if (w->data != NULL)
		wipe(w->data, w->cap);
	free(w->data);
	w->data = data;
	w->cap = cap;
	return true;
}

uint8_t *
writer_room(struct writer *w, size_t n)
{
	if (!writer_grow(w, n))
		return NULL;
	w->n += n;
	return w->data + w->n - n;
}

void
writer_put(struct writer *w, const void *p, size_t n)
{
	uint8_t *room = n == 0 ? NULL : writer_room(w, n);

	if (room != NULL)
		memcpy(room, p, n);
}

void
writer_u8(struct writer *w, uint8_t v)
{
	writer_put(w, &v, 1);
}

void
writer_u16le(struct writer *w, uint16_t v)
{
	uint8_t b[2] = {(uint8_t)v, (uint8_t)(v >> 8)};

	writer_put(w, b, sizeof(b));
}

void
writer_u32le(struct writer *w, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 24)};

	writer_put(w, b, sizeof(b));
}

void
writer_u64le(struct writer *w, uint64_t v)
{
	writer_u32le(w, (uint32_t)v);
	writer_u32le(w, (uint32_t)(v >> 32));
}

void
writer_blob32(struct writer *w, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		w->failed = true;
		return;
	}
	writer_u32le(w, (uint32_t)n);
	writer_put(w, p, n);
}

void
writer_text(struct writer *w, const char *s)
{
	writer_put(w, s, strlen(s));
}

void
writer_printf(struct writer *w, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	/* One more byte for the NUL that vsnprintf() insists on. */
	if (n < 0 || !writer_grow(w, (size_t)n + 1)) {
		w->failed = true;
	} else {
		vsnprintf((char *)w->data + w->n, (size_t)n + 1, fmt, again);
		w->n += (size_t)n;
	}
	va_end(again);
}
