/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/openssl.h"

const EVP_MD *
digest_sha1(void)
{
	return openssl_sha1;
}

const EVP_MD *
digest_sha256(void)
{
	return openssl_sha256;
}

const EVP_MD *
digest_sha384(void)
{
	return openssl_sha384;
}

const EVP_MD *
digest_sha512(void)
{
	return openssl_sha512;
}

void
sha256_two(uint8_t out[static SHA256_SIZE], const void *a, size_t na,
    const void *b, size_t nb)
{
	/* Waiting for the one context costs less than one for each thread,
	 * which a new thread might not get. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	const struct openssl_digest *d = &openssl_sha256_provided;
	size_t n;

	pthread_mutex_lock(&lock);
	/* Nothing in them can fail but a self-test of the provider. */
	if (!d->init(d->context, NULL) || !d->update(d->context, a, na) ||
	    !d->update(d->context, b, nb) ||
	    !d->final(d->context, out, &n, SHA256_SIZE))
		abort();
	pthread_mutex_unlock(&lock);
}

void
sha256(uint8_t out[static SHA256_SIZE], const void *p, size_t n)
{
	sha256_two(out, p, n, NULL, 0);
}
