/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger/fields.h"

static void
field_encode(
    struct writer *w, const struct ledger_row *row, const struct field *field)
{
	const struct bytes *b = field_in(row, field);

	switch (field->type) {
	case FIELD_KIND:
	case FIELD_U8:
		writer_u8(w, (uint8_t)field_number(row, field));
		break;
	case FIELD_U16:
		writer_u16le(w, (uint16_t)field_number(row, field));
		break;
	case FIELD_U32:
		writer_u32le(w, (uint32_t)field_number(row, field));
		break;
	case FIELD_TIME:
		writer_u64le(w, (uint64_t)field_number(row, field));
		break;
	case FIELD_FIXED:
		writer_put(w, field_in(row, field), field->size);
		break;
	case FIELD_OPTIONAL:
		if (b->p == NULL)
			writer_u32le(w, FIELD_NULL);
		else
			writer_blob32(w, b->p, b->n);
		break;
	default:
		writer_blob32(w, b->p, b->n);
		break;
	}
}

void
ledger_row_encode(struct writer *w, const struct ledger_row *row)
{
	if (fields_wrong(row) != NULL) {
		w->failed = true;
		return;
	}
	size_t before = w->n;
	for (size_t i = 0; i < FIELDS; i++)
		field_encode(w, row, &fields[i]);
	if (w->n - before > LEDGER_ROW_MAX)
		w->failed = true;
}

/* The number at the reader as wide as the field is. */
static bool
number_decode(struct reader *r, const struct field *field, int64_t *out)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (field->type) {
	case FIELD_KIND:
	case FIELD_U8:
		return reader_u8(r, &v8) && (*out = v8, true);
	case FIELD_U16:
		return reader_u16le(r, &v16) && (*out = v16, true);
	case FIELD_U32:
		return reader_u32le(r, &v32) && (*out = v32, true);
	default:
		return reader_u64le(r, &v64) && v64 <= INT64_MAX &&
		       (*out = (int64_t)v64, true);
	}
}

static bool
optional_decode(struct reader *r, struct bytes *out)
{
	struct reader ahead = *r;
	uint32_t n;

	if (!reader_u32le(&ahead, &n))
		return false;
	if (n != FIELD_NULL)
		return reader_blob32(r, out);
	*out = (struct bytes){NULL, 0};
	*r = ahead;
	return true;
}

static bool
field_decode(
    struct ledger_row *row, const struct field *field, struct reader *r)
{
	uint8_t *p = (uint8_t *)row + field->offset;
	int64_t v = 0;

	switch (field->type) {
	case FIELD_FIXED:
		return reader_copy(r, p, field->size);
	case FIELD_OPTIONAL:
		return optional_decode(r, (struct bytes *)p);
	case FIELD_TEXT:
	case FIELD_BLOB:
	case FIELD_CHAIN:
		return reader_blob32(r, (struct bytes *)p);
	default:
		return number_decode(r, field, &v) &&
		       field_set_number(row, field, v);
	}
}

bool
ledger_row_decode(struct ledger_row *out, struct bytes encoded)
{
	struct reader r = reader_of(encoded.p, encoded.n);
	struct ledger_row row = {0};

	if (encoded.n > LEDGER_ROW_MAX)
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!field_decode(&row, &fields[i], &r))
			return false;
	}
	if (!reader_done(&r) || fields_wrong(&row) != NULL)
		return false;
	*out = row;
	return true;
}

void
ledger_row_quote(struct writer *w, const struct ledger_row *row)
{
	writer_put(w, row->quote.p, row->quote.n);
	writer_put(w, row->pck_chain.p, row->pck_chain.n);
	for (uint32_t i = 0; i < row->quote_padding && !w->failed; i++)
		writer_u8(w, 0);
}
