/* SPDX-License-Identifier: BSD-3-Clause */
/* Ownership made visible: CLEANUP frees at the end of the scope, TAKE hands
 * over.  OpenSSL types get their cleanup functions here, once. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define MUST_CHECK __attribute__((warn_unused_result))

#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands the pointer p over to somebody else: yields it and clears p. */
#define TAKE(p)                      \
	({                           \
		__typeof__(p) t_ = (p); \
		(p) = NULL;          \
		t_;                  \
	})

#define CLEANUP_TYPE(name, type, free_fn)      \
	static inline void name(type **p)      \
	{                                      \
		if (*p != NULL)                \
			free_fn(*p);           \
	}

static inline void
cleanup_free(void *p)
{
	free(*(void **)p);
}

/* Closes a file descriptor unless it is negative. */
void cleanup_fd(int *fd);

CLEANUP_TYPE(cleanup_file, FILE, fclose)
CLEANUP_TYPE(cleanup_bio, BIO, BIO_free_all)
CLEANUP_TYPE(cleanup_pkey, EVP_PKEY, EVP_PKEY_free)
CLEANUP_TYPE(cleanup_pkey_ctx, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
CLEANUP_TYPE(cleanup_md_ctx, EVP_MD_CTX, EVP_MD_CTX_free)
CLEANUP_TYPE(cleanup_x509, X509, X509_free)
CLEANUP_TYPE(cleanup_x509_req, X509_REQ, X509_REQ_free)

/* Overwrites n bytes in a way that the compiler keeps. */
void wipe(void *p, size_t n);

#endif
