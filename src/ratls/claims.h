/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The claims of DICE evidence: a CBOR map from text to anything (CCC
 * Interoperable RA-TLS, "Claims buffer").  "pubkey-hash" binds the TLS key and
 * has to be there; "dci-csr-key" is our own and binds the key that a
 * certificate will be asked for.  Both hold a byte string around the array
 * [hash id, hash], with IANA's ids of named information hash algorithms.
 */
#ifndef RATLS_CLAIMS_H
#define RATLS_CLAIMS_H

#include "base/bytes.h"
#include "dci/record.h"

#define CLAIM_PUBKEY_HASH "pubkey-hash"
#define CLAIM_CSR_KEY     "dci-csr-key"

enum hash_id {
	HASH_ID_SHA256 = 1,
	HASH_ID_SHA384 = 7,
	HASH_ID_SHA512 = 8,
};

struct claims {
	bool has_pubkey_hash, has_csr_key;
	enum hash_id pubkey_hash_id;
	struct bytes pubkey_hash; /* points into the buffer */
	struct bytes csr_key;     /* a SHA-256, in the buffer */
};

/*
 * Reads a claims buffer.  Other claims are taken whatever they hold, if it is
 * well-formed; a claim of ours that is malformed or repeated is refused.
 * Appends the checks claims-form, pubkey-hash (when it fails) and
 * csr-key-claim.  Returns 0, or -1 with *f.
 */
int claims_parse(struct claims *, struct bytes buffer, struct dci_checks *,
    struct dci_failure *f) MUST_CHECK;

/* Checks that "pubkey-hash" is there and is the hash of that
 * SubjectPublicKeyInfo in DER.  Appends the check pubkey-hash. */
int claims_bind_key(const struct claims *, struct bytes spki,
    struct dci_checks *, struct dci_failure *f) MUST_CHECK;

/* Appends the claims for a TLS key; csr_spki may be empty (n = 0), and then
 * there is no "dci-csr-key". */
void claims_encode(struct writer *, struct bytes spki, struct bytes csr_spki);

/* More than claims_encode() ever writes. */
#define CLAIMS_MAX 128

#endif
