/* SPDX-License-Identifier: BSD-3-Clause */
/* The extensions of certificates and revocation lists (RFC 5280 4.2, 5.2). */
#ifndef DCAP_EXTENSION_H
#define DCAP_EXTENSION_H

#include "dcap/der.h"

#define EXTENSIONS_MAX 32

struct extension {
	struct bytes oid; /* content octets, as they stand there */
	struct bytes value;
	bool critical;
};

struct extensions {
	size_t n;
	struct extension item[EXTENSIONS_MAX];
};

/* Reads SEQUENCE OF Extension and ends exactly.  Refuses an empty list, more
 * than EXTENSIONS_MAX and the same OID twice. */
bool extensions_parse(struct extensions *, struct reader *) MUST_CHECK;

/* The extension with that OID, or NULL. */
const struct extension *extensions_find(
    const struct extensions *, struct bytes oid);

/* The first critical extension that is not among the known; NULL if none. */
const struct extension *extensions_unknown(
    const struct extensions *, const struct bytes *known, size_t n);

/* id-ce, 2.5.29.x (RFC 5280 4.2.1, 5.2). */
extern const struct bytes oid_subject_key_id, oid_key_usage,
    oid_basic_constraints, oid_crl_number, oid_delta_crl,
    oid_issuing_distribution_point, oid_crl_reason, oid_invalidity_date,
    oid_crl_distribution_points, oid_authority_key_id;

#endif
