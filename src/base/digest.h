/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-2 over OpenSSL.  What needs memory is made before main()
 * (base/openssl.h); nothing here can fail, in any thread. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>
#include <openssl/evp.h>

#define SHA256_SIZE 32
#define SHA384_SIZE 48
#define SHA512_SIZE 64

/* The fetched algorithms, never NULL; they live as long as the process. */
const EVP_MD *digest_sha1(void); /* for key identifiers alone */
const EVP_MD *digest_sha256(void);
const EVP_MD *digest_sha384(void);
const EVP_MD *digest_sha512(void);

/* Allocates nothing. */
void sha256(uint8_t out[static SHA256_SIZE], const void *, size_t n);
/* The digest of two stretches, one after the other. */
void sha256_two(uint8_t out[static SHA256_SIZE], const void *a, size_t na,
    const void *b, size_t nb);

#endif
