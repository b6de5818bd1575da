/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <cbor.h>

#include "ratls/cbor_write.h"

#define HEAD_MAX 9

void
cbor_write_unsigned(struct writer *w, uint64_t v)
{
	uint8_t head[HEAD_MAX];

	writer_put(w, head, cbor_encode_uint(v, head, sizeof(head)));
}

void
cbor_write_bytes(struct writer *w, struct bytes b)
{
	uint8_t head[HEAD_MAX];

	writer_put(
	    w, head, cbor_encode_bytestring_start(b.n, head, sizeof(head)));
	writer_put(w, b.p, b.n);
}

void
cbor_write_text(struct writer *w, const char *s)
{
	uint8_t head[HEAD_MAX];
	size_t n = strlen(s);

	writer_put(w, head, cbor_encode_string_start(n, head, sizeof(head)));
	writer_put(w, s, n);
}

void
cbor_write_array(struct writer *w, size_t items)
{
	uint8_t head[HEAD_MAX];

	writer_put(w, head, cbor_encode_array_start(items, head, sizeof(head)));
}

void
cbor_write_map(struct writer *w, size_t pairs)
{
	uint8_t head[HEAD_MAX];

	writer_put(w, head, cbor_encode_map_start(pairs, head, sizeof(head)));
}

void
cbor_write_tag(struct writer *w, uint64_t number)
{
	uint8_t head[HEAD_MAX];

	writer_put(w, head, cbor_encode_tag(number, head, sizeof(head)));
}
