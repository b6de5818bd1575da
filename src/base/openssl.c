/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <string.h>
#include <openssl/core_dispatch.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "base/log.h"
#include "base/openssl.h"

EVP_MD *openssl_sha1, *openssl_sha256, *openssl_sha384, *openssl_sha512;
struct openssl_digest openssl_sha256_provided;

/* Asked first, OpenSSL says that it cannot start; a fetch would crash. */
static bool
started(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) &&
	       OSSL_LIB_CTX_get0_global_default() != NULL;
}

static bool
digests_fetch(void)
{
	openssl_sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	openssl_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	openssl_sha384 = EVP_MD_fetch(NULL, "SHA384", NULL);
	openssl_sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	return openssl_sha1 != NULL && openssl_sha256 != NULL &&
	       openssl_sha384 != NULL && openssl_sha512 != NULL;
}

/* OpenSSL's own store keeps them, for whoever uses such a key. */
static bool
keys_fetch(void)
{
	EVP_KEYMGMT *ec = EVP_KEYMGMT_fetch(NULL, "EC", NULL);
	EVP_SIGNATURE *ecdsa = EVP_SIGNATURE_fetch(NULL, "ECDSA", NULL);
	bool ok = ec != NULL && ecdsa != NULL;

	EVP_KEYMGMT_free(ec);
	EVP_SIGNATURE_free(ecdsa);
	return ok;
}

static bool
random_start(void)
{
	return RAND_get0_primary(NULL) != NULL &&
	       RAND_get0_public(NULL) != NULL &&
	       RAND_get0_private(NULL) != NULL;
}

/* The names of an algorithm are separated by colons. */
static bool
is_sha256(const OSSL_ALGORITHM *a)
{
	const char *name = EVP_MD_get0_name(openssl_sha256);
	size_t n = strlen(name);

	return strncmp(a->algorithm_names, name, n) == 0 &&
	       (a->algorithm_names[n] == ':' || a->algorithm_names[n] == '\0');
}

static bool
provided_make(const OSSL_DISPATCH *functions, const OSSL_PROVIDER *provider)
{
	struct openssl_digest *d = &openssl_sha256_provided;
	OSSL_FUNC_digest_newctx_fn *newctx = NULL;

	for (; functions->function_id != 0; functions++) {
		switch (functions->function_id) {
		case OSSL_FUNC_DIGEST_NEWCTX:
			newctx = OSSL_FUNC_digest_newctx(functions);
			break;
		case OSSL_FUNC_DIGEST_INIT:
			d->init = OSSL_FUNC_digest_init(functions);
			break;
		case OSSL_FUNC_DIGEST_UPDATE:
			d->update = OSSL_FUNC_digest_update(functions);
			break;
		case OSSL_FUNC_DIGEST_FINAL:
			d->final = OSSL_FUNC_digest_final(functions);
			break;
		default:
			break;
		}
	}
	if (newctx != NULL)
		d->context = newctx(OSSL_PROVIDER_get0_provider_ctx(provider));
	return d->context != NULL && d->init != NULL && d->update != NULL &&
	       d->final != NULL;
}

/* The provider stays loaded for as long as the fetched algorithm does. */
static bool
provided_find(void)
{
	const OSSL_PROVIDER *provider = EVP_MD_get0_provider(openssl_sha256);
	bool found = false;
	int no_store;

	const OSSL_ALGORITHM *all =
	    OSSL_PROVIDER_query_operation(provider, OSSL_OP_DIGEST, &no_store);
	for (const OSSL_ALGORITHM *a = all;
	     a != NULL && a->algorithm_names != NULL && !found; a++)
		found =
		    is_sha256(a) && provided_make(a->implementation, provider);
	OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_DIGEST, all);
	return found;
}

__attribute__((constructor)) static void
openssl_start(void)
{
	if (!started() || !digests_fetch() || !keys_fetch() ||
	    !random_start() || !provided_find())
		log_fatal("start-failed",
		    "OpenSSL has no SHA-2, no ECDSA or no random numbers: no "
		    "memory, or a configuration without them");
}
