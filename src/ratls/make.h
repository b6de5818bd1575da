/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making RA-TLS certificates: what Gramine's ra_tls_attest does, for our
 * clients.  X.509 version 3, serial 1, CN=RATLS as subject and issuer,
 * constant dates from 2001 to 2030 as Gramine's, basicConstraints and both key
 * identifiers, then the evidence; signed with SHA-256.
 */
#ifndef RATLS_MAKE_H
#define RATLS_MAKE_H

#include <openssl/evp.h>

#include "base/bytes.h"
#include "ratls/source.h"

/* The evidence that a certificate carries: one quote is made for each. */
struct ratls_options {
	bool dice, legacy; /* at least one; Gramine 1.8 and later: both */
	/* SubjectPublicKeyInfo (DER) that a certificate will be asked for,
	 * for the claim "dci-csr-key"; n = 0 for none.  Needs dice. */
	struct bytes csr_spki;
};

/*
 * Makes the certificate for a key pair on P-256 or P-384, with quotes from
 * that source.  On success *der is allocated for free() and *n is its length.
 * Returns 0, or -1 with *f.
 */
int ratls_make(uint8_t **der, size_t *n, EVP_PKEY *key,
    const struct ratls_options *, const struct quote_source *,
    struct dci_failure *f) MUST_CHECK;

/* An extension as it will stand in the certificate. */
struct ratls_extension {
	struct bytes oid; /* content octets */
	bool critical;
	struct bytes value;
};

/* The certificate around given evidence, as the last step of ratls_make(), for
 * any key that OpenSSL can sign with. */
int ratls_certificate_make(uint8_t **der, size_t *n, EVP_PKEY *key,
    const struct ratls_extension *, size_t count,
    struct dci_failure *f) MUST_CHECK;

#endif
