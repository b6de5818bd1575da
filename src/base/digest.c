/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"

static const EVP_MD *
fetch_once(EVP_MD **slot, const char *name)
{
	if (*slot == NULL)
		*slot = EVP_MD_fetch(NULL, name, NULL);
	if (*slot == NULL)
		abort();
	return *slot;
}

const EVP_MD *
digest_sha256(void)
{
	static EVP_MD *md;

	return fetch_once(&md, "SHA256");
}

const EVP_MD *
digest_sha384(void)
{
	static EVP_MD *md;

	return fetch_once(&md, "SHA384");
}

const EVP_MD *
digest_sha512(void)
{
	static EVP_MD *md;

	return fetch_once(&md, "SHA512");
}

void
sha256_two(uint8_t out[static SHA256_SIZE], const void *a, size_t na,
    const void *b, size_t nb)
{
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();

	if (ctx == NULL || !EVP_DigestInit_ex2(ctx, digest_sha256(), NULL) ||
	    !EVP_DigestUpdate(ctx, a, na) || !EVP_DigestUpdate(ctx, b, nb) ||
	    !EVP_DigestFinal_ex(ctx, out, NULL))
		abort();
}

void
sha256(uint8_t out[static SHA256_SIZE], const void *p, size_t n)
{
	sha256_two(out, p, n, NULL, 0);
}
