/* SPDX-License-Identifier: BSD-3-Clause */
#include <cbor.h>

#include "base/limits.h"
#include "ratls/cbor_walk.h"

const char *
cbor_kind_name(enum cbor_kind kind)
{
	switch (kind) {
	case CBOR_KIND_UNSIGNED:
		return "an unsigned integer";
	case CBOR_KIND_NEGATIVE:
		return "a negative integer";
	case CBOR_KIND_BYTES:
		return "a byte string";
	case CBOR_KIND_TEXT:
		return "a text string";
	case CBOR_KIND_ARRAY:
		return "an array";
	case CBOR_KIND_MAP:
		return "a map";
	case CBOR_KIND_TAG:
		return "a tag";
	case CBOR_KIND_OTHER:
	default:
		return "a float or simple value";
	}
}

/* What libcbor's callbacks leave behind for one decoded head. */
struct decoded {
	struct cbor_item item;
	bool indefinite;
};

static void
set(void *p, enum cbor_kind kind, uint64_t value)
{
	struct decoded *d = p;

	d->item.kind = kind;
	d->item.value = value;
}

static void
on_uint8(void *p, uint8_t v)
{
	set(p, CBOR_KIND_UNSIGNED, v);
}

static void
on_uint16(void *p, uint16_t v)
{
	set(p, CBOR_KIND_UNSIGNED, v);
}

static void
on_uint32(void *p, uint32_t v)
{
	set(p, CBOR_KIND_UNSIGNED, v);
}

static void
on_uint64(void *p, uint64_t v)
{
	set(p, CBOR_KIND_UNSIGNED, v);
}

static void
on_negint8(void *p, uint8_t v)
{
	set(p, CBOR_KIND_NEGATIVE, v);
}

static void
on_negint16(void *p, uint16_t v)
{
	set(p, CBOR_KIND_NEGATIVE, v);
}

static void
on_negint32(void *p, uint32_t v)
{
	set(p, CBOR_KIND_NEGATIVE, v);
}

static void
on_negint64(void *p, uint64_t v)
{
	set(p, CBOR_KIND_NEGATIVE, v);
}

static void
on_bytes(void *p, cbor_data data, size_t n)
{
	set(p, CBOR_KIND_BYTES, n);
	((struct decoded *)p)->item.content = (struct bytes){data, n};
}

static void
on_text(void *p, cbor_data data, size_t n)
{
	set(p, CBOR_KIND_TEXT, n);
	((struct decoded *)p)->item.content = (struct bytes){data, n};
}

static void
on_array(void *p, size_t n)
{
	set(p, CBOR_KIND_ARRAY, n);
}

static void
on_map(void *p, size_t n)
{
	set(p, CBOR_KIND_MAP, n);
}

static void
on_tag(void *p, uint64_t v)
{
	set(p, CBOR_KIND_TAG, v);
}

static void
on_indefinite(void *p)
{
	((struct decoded *)p)->indefinite = true;
}

static void
on_float(void *p, float v)
{
	(void)v;
	set(p, CBOR_KIND_OTHER, 0);
}

static void
on_double(void *p, double v)
{
	(void)v;
	set(p, CBOR_KIND_OTHER, 0);
}

static void
on_bool(void *p, bool v)
{
	(void)v;
	set(p, CBOR_KIND_OTHER, 0);
}

static void
on_simple(void *p)
{
	set(p, CBOR_KIND_OTHER, 0);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint64,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint64,
    .byte_string = on_bytes,
    .byte_string_start = on_indefinite,
    .string = on_text,
    .string_start = on_indefinite,
    .array_start = on_array,
    .indef_array_start = on_indefinite,
    .map_start = on_map,
    .indef_map_start = on_indefinite,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_simple,
    .null = on_simple,
    .boolean = on_bool,
    .indef_break = on_indefinite,
};

struct cbor_walk
cbor_walk_of(struct bytes b)
{
	return (struct cbor_walk){.in = reader_of(b.p, b.n)};
}

static bool
refuse(struct cbor_walk *w, const char *why)
{
	w->why = why;
	return false;
}

/* RFC 8949, section 3: the size of the shortest head with that argument. */
static size_t
head_size(uint64_t value)
{
	if (value < 24)
		return 1;
	if (value <= UINT8_MAX)
		return 2;
	if (value <= UINT16_MAX)
		return 3;
	return value <= UINT32_MAX ? 5 : 9;
}

bool
cbor_next(struct cbor_walk *w, struct cbor_item *out)
{
	struct decoded d = {0};

	if (reader_done(&w->in))
		return refuse(w, "the bytes end where an item is due");
	struct cbor_decoder_result r =
	    cbor_stream_decode(w->in.p, w->in.n, &callbacks, &d);
	if (r.status == CBOR_DECODER_NEDATA)
		return refuse(w, "an item is longer than the bytes left");
	if (r.status != CBOR_DECODER_FINISHED)
		return refuse(w, "a reserved or unassigned initial byte");
	if (d.indefinite)
		return refuse(w, "an item of indefinite length");
	if (d.item.kind != CBOR_KIND_OTHER &&
	    r.read != head_size(d.item.value) + d.item.content.n)
		return refuse(w, "a head that is not in its shortest form");
	if (!reader_skip(&w->in, r.read))
		return refuse(w, "an item is longer than the bytes left");
	*out = d.item;
	return true;
}

bool
cbor_expect(struct cbor_walk *w, enum cbor_kind kind, struct cbor_item *out)
{
	if (!cbor_next(w, out))
		return false;
	if (out->kind != kind)
		return refuse(w, cbor_kind_name(out->kind));
	return true;
}

/* How many items come directly inside of this one. */
static bool
item_children(struct cbor_walk *w, const struct cbor_item *item, uint64_t *n)
{
	*n = 0;
	if (item->kind == CBOR_KIND_TAG)
		*n = 1;
	if (item->kind != CBOR_KIND_ARRAY && item->kind != CBOR_KIND_MAP)
		return true;
	/* Each item takes at least one byte. */
	if (item->value > w->in.n)
		return refuse(w, "a container with more items than bytes left");
	*n = item->kind == CBOR_KIND_MAP ? 2 * item->value : item->value;
	return true;
}

bool
cbor_skip(struct cbor_walk *w, size_t outer)
{
	uint64_t due[LIMIT_CBOR_DEPTH + 1] = {1}; /* items, at each level */
	size_t depth = 0;

	for (;;) {
		struct cbor_item item;
		uint64_t n;

		while (due[depth] == 0) {
			if (depth == 0)
				return true;
			depth--;
		}
		due[depth]--;
		if (!cbor_next(w, &item) || !item_children(w, &item, &n))
			return false;
		if (item.kind < CBOR_KIND_ARRAY || item.kind > CBOR_KIND_TAG)
			continue;
		if (outer + depth >= LIMIT_CBOR_DEPTH)
			return refuse(w, "items nested too deep");
		due[++depth] = n;
	}
}

bool
cbor_end(struct cbor_walk *w)
{
	return reader_done(&w->in) || refuse(w, "bytes after the end");
}
