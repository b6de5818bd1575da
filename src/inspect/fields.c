/* SPDX-License-Identifier: BSD-3-Clause */
#include "inspect/fields.h"

struct bit {
	unsigned number;
	const char *name;
};

/* Intel SDM volume 3D, 37.7.1. */
static const struct bit sgx_bits[] = {{0, "INIT"}, {1, "DEBUG"},
    {2, "MODE64BIT"}, {4, "PROVISIONKEY"}, {5, "EINITTOKEN_KEY"}, {6, "CET"},
    {7, "KSS"}, {10, "AEX_NOTIFY"}};

/* Intel TDX Module 1.5 ABI, "TD attributes". */
static const struct bit td_bits[] = {{0, "DEBUG"}, {28, "SEPT_VE_DISABLE"},
    {29, "MIGRATABLE"}, {30, "PKS"}, {31, "KL"}, {63, "PERFMON"}};

static uint64_t
number_of(struct bytes b)
{
	uint64_t number = 0;

	for (size_t i = b.n < 8 ? b.n : 8; i > 0; i--)
		number = number << 8 | b.p[i - 1];
	return number;
}

static void
bits_show(struct view *v, uint64_t set, const struct bit *bit, size_t n)
{
	const char *names[8];
	size_t count = 0;

	for (size_t i = 0; i < n && count < 8; i++) {
		if ((set >> bit[i].number & 1) != 0)
			names[count++] = bit[i].name;
	}
	view_words(v, "attribute_names", names, count);
}

static void
field_show(struct view *v, const struct field *field, struct bytes b)
{
	switch (field->kind) {
	case FIELD_NUMBER:
		view_number(v, field->name, (int64_t)number_of(b));
		return;
	case FIELD_RESERVED:
		if (!bytes_all_zero(b.p, b.n))
			view_hex(v, field->name, b.p, b.n);
		return;
	case FIELD_COMPONENTS:
		view_numbers(v, field->name, b.p, b.n);
		return;
	case FIELD_SGX_FLAGS:
		view_hex(v, field->name, b.p, b.n);
		bits_show(v, number_of(b), sgx_bits,
		    sizeof(sgx_bits) / sizeof(sgx_bits[0]));
		return;
	case FIELD_TD_FLAGS:
		view_hex(v, field->name, b.p, b.n);
		bits_show(v, number_of(b), td_bits,
		    sizeof(td_bits) / sizeof(td_bits[0]));
		return;
	default:
		view_hex(v, field->name, b.p, b.n);
		return;
	}
}

bool
fields_show(
    struct view *v, struct reader *r, const struct field *field, size_t n)
{
	struct bytes b;

	for (size_t i = 0; i < n; i++) {
		if (!reader_take(r, &b, field[i].size)) {
			view_text(v, "cut_short", field[i].name);
			return false;
		}
		field_show(v, &field[i], b);
	}
	return true;
}
