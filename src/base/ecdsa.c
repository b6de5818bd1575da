/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "base/digest.h"
#include "base/ecdsa.h"

CLEANUP_TYPE(cleanup_sig, ECDSA_SIG, ECDSA_SIG_free)

const char *
curve_name(enum curve curve)
{
	return curve == CURVE_P384 ? "P-384" : "P-256";
}

size_t
curve_point_size(enum curve curve)
{
	return curve == CURVE_P384 ? P384_POINT_SIZE : P256_POINT_SIZE;
}

static EVP_PKEY *
parameters_make(enum curve curve)
{
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(
		OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve_name(curve), 0),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *ctx CLEANUP(cleanup_pkey_ctx) =
	    EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) <= 0)
		return NULL;
	return key;
}

/* An EVP_PKEY that has the curve's parameters and nothing else, made once:
 * copying them is what makes ec_import() fast. */
static EVP_PKEY *
parameters(enum curve curve)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static EVP_PKEY *made[CURVE_P384 + 1];

	if (curve != CURVE_P256 && curve != CURVE_P384)
		return NULL;
	pthread_mutex_lock(&lock);
	if (made[curve] == NULL)
		made[curve] = parameters_make(curve);
	EVP_PKEY *key = made[curve];
	pthread_mutex_unlock(&lock);
	return key;
}

EVP_PKEY *
ec_import(enum curve curve, const uint8_t *point, size_t n)
{
	memory_watch();
	EVP_PKEY *from = parameters(curve);
	EVP_PKEY *key CLEANUP(cleanup_pkey) = EVP_PKEY_new();

	if (n != curve_point_size(curve) || point[0] != 4)
		return NULL;
	if (from == NULL || key == NULL ||
	    EVP_PKEY_copy_parameters(key, from) <= 0) {
		memory_lacking();
		return NULL;
	}
	if (EVP_PKEY_set1_encoded_public_key(key, point, n) <= 0)
		return NULL;
	return TAKE(key);
}

bool
ec_export(struct ec_point *out, EVP_PKEY *key)
{
	char group[32];
	uint8_t *point = NULL;

	memory_watch();
	if (!EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) <= 0)
		return false;
	if (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0)
		out->curve = CURVE_P256;
	else if (strcmp(group, "secp384r1") == 0 || strcmp(group, "P-384") == 0)
		out->curve = CURVE_P384;
	else
		return false;
	size_t n = EVP_PKEY_get1_encoded_public_key(key, &point);
	bool ok = n == curve_point_size(out->curve) && point[0] == 4;
	if (ok) {
		memcpy(out->data, point, n);
		out->n = n;
	}
	OPENSSL_free(point);
	return ok;
}

EVP_PKEY *
ec_generate(enum curve curve)
{
	memory_watch();
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve_name(curve));
}

static const uint8_t spki_p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t spki_p384[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00,
    0x22, 0x03, 0x62, 0x00};

static struct bytes
spki_prefix(enum curve curve)
{
	if (curve == CURVE_P384)
		return (struct bytes){spki_p384, sizeof(spki_p384)};
	return (struct bytes){spki_p256, sizeof(spki_p256)};
}

size_t
spki_encode(uint8_t out[static SPKI_MAX], const struct ec_point *point)
{
	struct bytes prefix = spki_prefix(point->curve);

	memcpy(out, prefix.p, prefix.n);
	memcpy(out + prefix.n, point->data, point->n);
	return prefix.n + point->n;
}

bool
spki_decode(struct ec_point *out, struct bytes der)
{
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		struct bytes prefix = spki_prefix(c);
		size_t n = curve_point_size(c);

		if (der.n != prefix.n + n ||
		    memcmp(der.p, prefix.p, prefix.n) != 0 ||
		    der.p[prefix.n] != 4)
			continue;
		out->curve = c;
		out->n = n;
		memcpy(out->data, der.p + prefix.n, n);
		return true;
	}
	return false;
}

bool
ecdsa_verify_der(EVP_PKEY *key, const EVP_MD *md, struct bytes message,
    struct bytes signature)
{
	memory_watch();
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();

	if (ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) <= 0) {
		memory_lacking();
		return false;
	}
	return EVP_DigestVerify(
		   ctx, signature.p, signature.n, message.p, message.n) == 1;
}

/* INTEGER of 32 big-endian bytes, minimal (X.690 8.3); returns its size. */
static size_t
der_integer(uint8_t out[static 35], const uint8_t v[static 32])
{
	size_t skip = 0;

	while (skip < 31 && v[skip] == 0)
		skip++;
	size_t sign = v[skip] >> 7, n = 32 - skip;
	out[0] = 0x02;
	out[1] = (uint8_t)(sign + n);
	out[2] = 0;
	memcpy(out + 2 + sign, v + skip, n);
	return 2 + sign + n;
}

EVP_PKEY_CTX *
ecdsa_verifier(EVP_PKEY *key)
{
	memory_watch();
	EVP_PKEY_CTX *ctx CLEANUP(cleanup_pkey_ctx) =
	    EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx == NULL || EVP_PKEY_verify_init(ctx) <= 0) {
		memory_lacking();
		return NULL;
	}
	return TAKE(ctx);
}

bool
ecdsa_verify_digest(EVP_PKEY_CTX *verifier, const uint8_t digest[static 32],
    const uint8_t signature[static 64])
{
	uint8_t der[2 + 2 * 35];
	size_t n = 2;

	memory_watch();
	/* OpenSSL itself refuses r or s outside of 1..n-1. */
	n += der_integer(der + n, signature);
	n += der_integer(der + n, signature + 32);
	der[0] = 0x30;
	der[1] = (uint8_t)(n - 2);
	return EVP_PKEY_verify(verifier, der, n, digest, SHA256_SIZE) == 1;
}

bool
ecdsa_verify_raw(
    EVP_PKEY *key, struct bytes message, const uint8_t signature[static 64])
{
	EVP_PKEY_CTX *verifier CLEANUP(cleanup_pkey_ctx) = ecdsa_verifier(key);
	uint8_t digest[SHA256_SIZE];

	if (verifier == NULL)
		return false;
	sha256(digest, message.p, message.n);
	return ecdsa_verify_digest(verifier, digest, signature);
}

bool
ecdsa_sign_raw(EVP_PKEY *key, struct bytes message, uint8_t out[static 64])
{
	memory_watch();
	EVP_MD_CTX *ctx CLEANUP(cleanup_md_ctx) = EVP_MD_CTX_new();
	uint8_t der[80];
	size_t n = sizeof(der);

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, NULL, digest_sha256(), NULL, key) <= 0 ||
	    EVP_DigestSign(ctx, der, &n, message.p, message.n) <= 0)
		return false;
	const uint8_t *p = der;
	ECDSA_SIG *sig CLEANUP(cleanup_sig) = d2i_ECDSA_SIG(NULL, &p, (long)n);
	return sig != NULL &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32) == 32 &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + 32, 32) == 32;
}
