/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/digest.h"
#include "ledger/entry.h"

#define CELL_FIELD       2 /* the first field of the row */
#define CELL_CERTIFICATE (CELL_FIELD + FIELDS)
#define CELL_SERIAL      (CELL_CERTIFICATE + 1)
#define CELL_NOT_AFTER   (CELL_CERTIFICATE + 2)

static struct cell
cell_number(int64_t v)
{
	return (struct cell){.type = CELL_NUMBER, .number = v};
}

/* p NULL is NULL. */
static struct cell
cell_optional(const void *p, size_t n)
{
	return (struct cell){.type = p == NULL ? CELL_NULL : CELL_BLOB,
	    .bytes = {p, p == NULL ? 0 : n}};
}

static struct cell
cell_of_field(const struct ledger_row *row, const struct field *field,
    const uint8_t chain[static 32])
{
	const struct bytes *b = field_in(row, field);

	switch (field->type) {
	case FIELD_FIXED:
		return cell_optional(b, field->size);
	case FIELD_CHAIN:
		return cell_optional(chain, 32);
	case FIELD_OPTIONAL:
		return cell_optional(b->p, b->n);
	case FIELD_TEXT:
		return (struct cell){.type = CELL_TEXT, .bytes = *b};
	case FIELD_BLOB:
		return (struct cell){.type = CELL_BLOB, .bytes = *b};
	default:
		return cell_number(field_number(row, field));
	}
}

void
entry_cells(struct cell out[static ENTRY_CELLS], const struct ledger_entry *e,
    const uint8_t chain[static 32])
{
	bool certified = e->row.kind == LEDGER_CERTIFICATE;

	out[0] = cell_number(e->id);
	out[1] = cell_number(e->time);
	for (size_t i = 0; i < FIELDS; i++)
		out[CELL_FIELD + i] = cell_of_field(&e->row, &fields[i], chain);
	out[CELL_CERTIFICATE] =
	    cell_optional(e->certificate.p, e->certificate.n);
	out[CELL_SERIAL] = cell_optional(e->serial, 16);
	out[CELL_NOT_AFTER] =
	    certified ? cell_number(e->not_after) : (struct cell){0};
}

static bool
field_of_cell(struct ledger_row *row, const struct field *field,
    const struct cell *cell, struct bytes chain)
{
	uint8_t *p = (uint8_t *)row + field->offset;

	switch (field->type) {
	case FIELD_FIXED:
		if (cell->type != CELL_BLOB || cell->bytes.n != field->size)
			return false;
		memcpy(p, cell->bytes.p, field->size);
		return true;
	case FIELD_CHAIN:
		*(struct bytes *)p = chain;
		return cell->type == CELL_BLOB && cell->bytes.n == 32 &&
		       chain.p != NULL;
	case FIELD_TEXT:
	case FIELD_BLOB:
	case FIELD_OPTIONAL:
		*(struct bytes *)p = cell->bytes;
		if (cell->type == CELL_NULL)
			return field->type == FIELD_OPTIONAL;
		return cell->type ==
		       (field->type == FIELD_TEXT ? CELL_TEXT : CELL_BLOB);
	default:
		return cell->type == CELL_NUMBER &&
		       field_set_number(row, field, cell->number);
	}
}

const char *
entry_of_cells(struct ledger_entry *e,
    const struct cell cells[static ENTRY_CELLS], struct bytes chain)
{
	const struct cell *certificate = &cells[CELL_CERTIFICATE];
	const struct cell *serial = &cells[CELL_SERIAL];
	const struct cell *not_after = &cells[CELL_NOT_AFTER];

	*e = (struct ledger_entry){0};
	if (cells[0].type != CELL_NUMBER)
		return "id";
	if (cells[1].type != CELL_NUMBER)
		return "time";
	e->id = cells[0].number;
	e->time = cells[1].number;
	for (size_t i = 0; i < FIELDS; i++) {
		if (!field_of_cell(
			&e->row, &fields[i], &cells[CELL_FIELD + i], chain))
			return fields[i].column;
	}
	const struct field *wrong = fields_wrong(&e->row);
	if (wrong != NULL)
		return wrong->column;
	bool certified = e->row.kind == LEDGER_CERTIFICATE;
	if (certificate->type != (certified ? CELL_BLOB : CELL_NULL))
		return "certificate";
	if (serial->type != (certified ? CELL_BLOB : CELL_NULL) ||
	    (certified && serial->bytes.n != 16))
		return "serial";
	if (not_after->type != (certified ? CELL_NUMBER : CELL_NULL))
		return "not_after";
	e->certificate = certificate->bytes;
	e->serial = serial->bytes.p;
	e->not_after = not_after->number;
	return NULL;
}

/* --- hashing ------------------------------------------------------------- */

static void
put_le(uint8_t *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(v >> (8 * i));
}

static void
hash_update(EVP_MD_CTX *ctx, const void *p, size_t n)
{
	if (!EVP_DigestUpdate(ctx, p, n))
		abort();
}

static void
cell_hash(EVP_MD_CTX *ctx, const struct cell *cell)
{
	uint8_t head[12];

	switch (cell->type) {
	case CELL_NULL:
		put_le(head, FIELD_NULL, 4);
		hash_update(ctx, head, 4);
		break;
	case CELL_NUMBER:
		put_le(head, 8, 4);
		put_le(head + 4, (uint64_t)cell->number, 8);
		hash_update(ctx, head, 12);
		break;
	default:
		put_le(head, cell->bytes.n, 4);
		hash_update(ctx, head, 4);
		hash_update(ctx, cell->bytes.p, cell->bytes.n);
		break;
	}
}

void
cells_hash(uint8_t out[static 32], EVP_MD_CTX *ctx,
    const uint8_t previous[static 32], const struct cell *cells, size_t n)
{
	if (!EVP_DigestInit_ex2(ctx, digest_sha256(), NULL))
		abort();
	hash_update(ctx, previous, 32);
	for (size_t i = 0; i < n; i++)
		cell_hash(ctx, &cells[i]);
	if (!EVP_DigestFinal_ex(ctx, out, NULL))
		abort();
}

/* --- SQLite -------------------------------------------------------------- */

void
cells_bind(sqlite3_stmt *s, const struct cell cells[static ENTRY_CELLS])
{
	for (int i = 0; i < ENTRY_CELLS; i++) {
		switch (cells[i].type) {
		case CELL_NULL:
			sqlite3_bind_null(s, i + 1);
			break;
		case CELL_NUMBER:
			sqlite3_bind_int64(s, i + 1, cells[i].number);
			break;
		case CELL_TEXT:
			sql_bind_text(s, i + 1, cells[i].bytes);
			break;
		case CELL_BLOB:
			sql_bind_blob(s, i + 1, cells[i].bytes);
			break;
		}
	}
}

void
cells_read(struct cell out[static ENTRY_CELLS], sqlite3_stmt *s)
{
	for (int i = 0; i < ENTRY_CELLS; i++) {
		out[i] = (struct cell){0};
		switch (sqlite3_column_type(s, i)) {
		case SQLITE_INTEGER:
			out[i] = cell_number(sqlite3_column_int64(s, i));
			break;
		case SQLITE_NULL:
			break;
		case SQLITE_TEXT:
			out[i].type = CELL_TEXT;
			out[i].bytes = sql_column(s, i);
			break;
		default: /* there are no floats in STRICT tables */
			out[i].type = CELL_BLOB;
			out[i].bytes = sql_column(s, i);
			break;
		}
	}
}
