/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ECDSA keys and signatures on P-256 and P-384, over OpenSSL.  Public keys
 * come in as uncompressed points and are imported by the fast way (libraries
 * measured: 23 times faster than a SubjectPublicKeyInfo).  What can fail here,
 * spki_decode() apart, watches memory (base/memory.h).
 */
#ifndef BASE_ECDSA_H
#define BASE_ECDSA_H

#include <stdint.h>
#include <openssl/evp.h>

#include "base/bytes.h"

enum curve { CURVE_P256 = 1, CURVE_P384 = 2 };

#define P256_POINT_SIZE 65 /* 04 || X || Y, SEC 1 section 2.3.3 */
#define P384_POINT_SIZE 97
#define POINT_MAX       P384_POINT_SIZE

struct ec_point {
	enum curve curve;
	size_t n;
	uint8_t data[POINT_MAX];
};

const char *curve_name(enum curve); /* "P-256" or "P-384" */
size_t curve_point_size(enum curve);

/* The key with that public point; NULL if the point is malformed or not on
 * the curve.  Free with EVP_PKEY_free(). */
EVP_PKEY *ec_import(enum curve, const uint8_t *point, size_t n) MUST_CHECK;
/* The public point of a key; fails for keys that are not P-256 or P-384. */
bool ec_export(struct ec_point *out, EVP_PKEY *) MUST_CHECK;
/* A fresh key pair; NULL when OpenSSL fails. */
EVP_PKEY *ec_generate(enum curve) MUST_CHECK;

/* SubjectPublicKeyInfo (RFC 5480) of a point.  Encoding needs no OpenSSL
 * object: the prefix is constant for each curve. */
#define SPKI_MAX 120
size_t spki_encode(uint8_t out[static SPKI_MAX], const struct ec_point *);
/* Takes exactly the two encodings that spki_encode() makes: uncompressed,
 * named curve, nothing left over.  Does not check that the point lies on the
 * curve; ec_import() does. */
bool spki_decode(struct ec_point *out, struct bytes der) MUST_CHECK;

/* P-256 with SHA-256, signature r || s, 32 bytes big-endian each, as in
 * quotes and collateral.  r and s must be in 1..n-1. */
bool ecdsa_verify_raw(EVP_PKEY *, struct bytes message,
    const uint8_t signature[static 64]) MUST_CHECK;
/* For many signatures of one key: what does not depend on the signature is
 * done once.  NULL when OpenSSL fails.  Free with EVP_PKEY_CTX_free(). */
EVP_PKEY_CTX *ecdsa_verifier(EVP_PKEY *) MUST_CHECK;
/* The same as ecdsa_verify_raw(), for the SHA-256 digest of a message. */
bool ecdsa_verify_digest(EVP_PKEY_CTX *, const uint8_t digest[static 32],
    const uint8_t signature[static 64]) MUST_CHECK;
/* ECDSA-Sig-Value in DER, as in certificates (RFC 3279 2.2.3). */
bool ecdsa_verify_der(EVP_PKEY *, const EVP_MD *, struct bytes message,
    struct bytes signature) MUST_CHECK;
/* The other direction, for the simulator and the CA. */
bool ecdsa_sign_raw(
    EVP_PKEY *, struct bytes message, uint8_t out[static 64]) MUST_CHECK;

#endif
