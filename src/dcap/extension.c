/* SPDX-License-Identifier: BSD-3-Clause */
#include "dcap/extension.h"

#define ID_CE(name, arc) \
	const struct bytes name = {(const uint8_t[]){0x55, 0x1d, arc}, 3}

ID_CE(oid_subject_key_id, 14);
ID_CE(oid_key_usage, 15);
ID_CE(oid_basic_constraints, 19);
ID_CE(oid_crl_number, 20);
ID_CE(oid_crl_reason, 21);
ID_CE(oid_invalidity_date, 24);
ID_CE(oid_delta_crl, 27);
ID_CE(oid_issuing_distribution_point, 28);
ID_CE(oid_crl_distribution_points, 31);
ID_CE(oid_authority_key_id, 35);

static bool
extension_parse(struct extension *e, struct reader *list)
{
	struct reader r;

	if (!der_enter(list, DER_SEQUENCE, &r) || !der_oid(&r, &e->oid))
		return false;
	e->critical = false;
	/* X.690 11.5: FALSE is the default and therefore left out. */
	if (der_next_is(&r, DER_BOOLEAN) &&
	    (!der_boolean(&r, &e->critical) || !e->critical))
		return false;
	return der_take(&r, DER_OCTETS, &e->value) && reader_done(&r);
}

bool
extensions_parse(struct extensions *list, struct reader *r)
{
	struct reader in;

	list->n = 0;
	if (!der_enter(r, DER_SEQUENCE, &in) || reader_done(&in))
		return false;
	while (!reader_done(&in)) {
		struct extension e;

		if (list->n == EXTENSIONS_MAX || !extension_parse(&e, &in) ||
		    extensions_find(list, e.oid) != NULL)
			return false;
		list->item[list->n++] = e;
	}
	return true;
}

const struct extension *
extensions_find(const struct extensions *list, struct bytes oid)
{
	for (size_t i = 0; i < list->n; i++) {
		if (bytes_equal(list->item[i].oid, oid))
			return &list->item[i];
	}
	return NULL;
}

static bool
among(struct bytes oid, const struct bytes *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes_equal(known[i], oid))
			return true;
	}
	return false;
}

const struct extension *
extensions_unknown(
    const struct extensions *list, const struct bytes *known, size_t n)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->item[i].critical &&
		    !among(list->item[i].oid, known, n))
			return &list->item[i];
	}
	return NULL;
}
