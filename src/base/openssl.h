/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is needed of OpenSSL, fetched before main().  When memory is
 * short while OpenSSL 3.0 fetches an algorithm for the first time, it takes
 * that for missing until the process ends: no signature could be verified and
 * no key made any more.  A program that does not get all of it says so and
 * exits 70.
 */
#ifndef BASE_OPENSSL_H
#define BASE_OPENSSL_H

#include <openssl/evp.h>

extern EVP_MD *openssl_sha1, *openssl_sha256, *openssl_sha384, *openssl_sha512;

/* The provider's own functions for SHA-256 (provider-digest(7)), with one
 * context.  They allocate nothing; EVP_DigestInit_ex2() does, every time. */
struct openssl_digest {
	void *context;
	int (*init)(void *context, const OSSL_PARAM params[]);
	int (*update)(void *context, const unsigned char *, size_t n);
	int (*final)(void *context, unsigned char *out, size_t *n, size_t size);
};

extern struct openssl_digest openssl_sha256_provided;

#endif
