/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An RA-TLS certificate as a carrier: its key and its evidence extensions, of
 * which nothing has been read yet.
 */
#ifndef RATLS_CERTIFICATE_H
#define RATLS_CERTIFICATE_H

#include "base/bytes.h"
#include "dci/record.h"

/* Content octets of the object identifiers. */
extern const struct bytes ratls_oid_dice; /* 2.23.133.5.4.9 */
/* Gramine puts the DER of 1.2.840.113741.1337.6, header included, where the
 * content should be, and has to go on with it. */
extern const struct bytes ratls_oid_legacy;
/* 1.2.840.113741.1337.6 as it should be, which rats-tls writes. */
extern const struct bytes ratls_oid_legacy_proper;

/* Everything points into the certificate. */
struct ratls_certificate {
	struct bytes spki;
	bool has_dice, has_legacy;
	struct bytes dice, legacy; /* the extensions' values */
};

/*
 * Parses a certificate in DER of at most LIMIT_CERTIFICATE bytes.  Its key has
 * to be ECDSA on P-256 or P-384, as an uncompressed point (whether it lies on
 * the curve is for TLS to say), and there has to be evidence, at most one of
 * each kind.  Appends the checks tls-certificate to legacy-evidence.
 * Returns 0, or -1 with *f.
 */
int ratls_certificate_parse(struct ratls_certificate *, struct bytes der,
    struct dci_checks *, struct dci_failure *f) MUST_CHECK;

#endif
