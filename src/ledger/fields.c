/* SPDX-License-Identifier: BSD-3-Clause */
#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "ledger/fields.h"

#define FIELD(column, type, member, size)                                  \
	{                                                                  \
		column, FIELD_##type, offsetof(struct ledger_row, member), \
		    size                                                   \
	}

const struct field fields[FIELDS] = {
    FIELD("kind", KIND, kind, 0),
    FIELD("request_id", FIXED, request_id, LEDGER_REQUEST_SIZE),
    FIELD("evaluated", TIME, evaluated, 0),
    FIELD("newest_issued", TIME, newest_issued, 0),
    FIELD("tee", U8, tee, UINT8_MAX),
    FIELD("status", U8, status, UINT8_MAX),
    FIELD("binding", U8, binding, UINT8_MAX),
    FIELD("assurance", U8, assurance, UINT8_MAX),
    FIELD("debug", U8, debug, 1),
    FIELD("mrenclave", FIXED, mrenclave, 32),
    FIELD("mrsigner", FIXED, mrsigner, 32),
    FIELD("isv_prod_id", U16, isv_prod_id, UINT16_MAX),
    FIELD("isv_svn", U16, isv_svn, UINT16_MAX),
    FIELD("evidence", FIXED, evidence_digest, 32),
    FIELD("policy", FIXED, policy_digest, 32),
    FIELD("snapshot", FIXED, snapshot_digest, 32),
    FIELD("peer", TEXT, peer, FIELD_TEXT_SHORT),
    FIELD("entry", TEXT, entry, FIELD_TEXT_SHORT),
    FIELD("verdict", TEXT, verdict, FIELD_TEXT_SHORT),
    FIELD("quote", BLOB, quote, LIMIT_QUOTE),
    FIELD("chain", CHAIN, pck_chain, LIMIT_QUOTE),
    FIELD("quote_padding", U32, quote_padding, LIMIT_QUOTE),
    FIELD("claims", OPTIONAL, claims, LIMIT_CERTIFICATE),
    FIELD("spki", BLOB, spki, LIMIT_CERTIFICATE),
    FIELD("csr", OPTIONAL, csr, LIMIT_CSR),
    FIELD("record", TEXT, record, LEDGER_ROW_MAX),
};

int64_t
field_number(const struct ledger_row *row, const struct field *field)
{
	const void *p = field_in(row, field);

	switch (field->type) {
	case FIELD_KIND:
		return *(const enum ledger_kind *)p;
	case FIELD_U8:
		return *(const uint8_t *)p;
	case FIELD_U16:
		return *(const uint16_t *)p;
	case FIELD_U32:
		return *(const uint32_t *)p;
	default:
		return *(const int64_t *)p;
	}
}

static bool
number_fits(const struct field *field, int64_t v)
{
	switch (field->type) {
	case FIELD_KIND:
		return v == LEDGER_SECRET || v == LEDGER_CERTIFICATE;
	case FIELD_TIME:
		return v >= 0 && v <= FIELD_TIME_MAX;
	default:
		return v >= 0 && v <= (int64_t)field->size;
	}
}

bool
field_set_number(struct ledger_row *row, const struct field *field, int64_t v)
{
	void *p = (uint8_t *)row + field->offset;

	if (!number_fits(field, v))
		return false;
	switch (field->type) {
	case FIELD_KIND:
		*(enum ledger_kind *)p = (enum ledger_kind)v;
		break;
	case FIELD_U8:
		*(uint8_t *)p = (uint8_t)v;
		break;
	case FIELD_U16:
		*(uint16_t *)p = (uint16_t)v;
		break;
	case FIELD_U32:
		*(uint32_t *)p = (uint32_t)v;
		break;
	default:
		*(int64_t *)p = v;
		break;
	}
	return true;
}

/* UTF-8 without NUL. */
static bool
text_good(struct bytes text)
{
	return text.n == 0 ||
	       (memchr(text.p, 0, text.n) == NULL &&
		   utf8_valid(text.p, text.n));
}

static bool
field_good(const struct ledger_row *row, const struct field *field)
{
	const struct bytes *b = field_in(row, field);

	switch (field->type) {
	case FIELD_FIXED:
		return true;
	case FIELD_TEXT:
		return b->n <= field->size && text_good(*b);
	case FIELD_BLOB:
	case FIELD_CHAIN:
	case FIELD_OPTIONAL:
		return b->n <= field->size && (b->n == 0 || b->p != NULL);
	default:
		return number_fits(field, field_number(row, field));
	}
}

const struct field *
fields_wrong(const struct ledger_row *row)
{
	for (size_t i = 0; i < FIELDS; i++) {
		if (!field_good(row, &fields[i]))
			return &fields[i];
		/* A CSR is what makes a certificate of it. */
		if (fields[i].offset == offsetof(struct ledger_row, csr) &&
		    (row->csr.p == NULL) != (row->kind == LEDGER_SECRET))
			return &fields[i];
	}
	return NULL;
}
