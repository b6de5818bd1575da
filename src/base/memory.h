/* SPDX-License-Identifier: BSD-3-Clause */
/* Ownership made visible: CLEANUP frees at the end of the scope, TAKE hands
 * over.  OpenSSL types get their cleanup functions here, once. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define MUST_CHECK __attribute__((warn_unused_result))

#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands the pointer p over to somebody else: yields it and clears p. */
#define TAKE(p)                         \
	({                              \
		__typeof__(p) t_ = (p); \
		(p) = NULL;             \
		t_;                     \
	})

#define CLEANUP_TYPE(name, type, free_fn) \
	static inline void name(type **p) \
	{                                 \
		if (*p != NULL)           \
			free_fn(*p);      \
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

/*
 * Was it the input, or was it memory?  OpenSSL and jansson do not tell: without
 * memory a good signature looks like a wrong one, and good JSON like bad.  But
 * malloc() leaves ENOMEM in errno, and what they do after it keeps that.
 * A function that says so in its header watches; whoever is about to blame the
 * input for its failure asks first, before anything else can touch errno.
 */
void memory_watch(void);
/* Whether this thread has been refused memory since it began to watch. */
bool memory_short(void) MUST_CHECK;
/* For a failure that the input has no part in: memory it was, now or when the
 * library was set up. */
void memory_lacking(void);

/* Overwrites n bytes in a way that the compiler keeps. */
void wipe(void *p, size_t n);

#endif
