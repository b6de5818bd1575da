/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <time.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/text.h"
#include "verifier/sign.h"

CLEANUP_TYPE(cleanup_sig, ECDSA_SIG, ECDSA_SIG_free)
CLEANUP_TYPE(cleanup_delegation, struct delegation, delegation_free)

static X509 *
read_certificate(const struct writer *pem)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem->data, (int)pem->n);

	return bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
}

static EVP_PKEY *
read_key(const struct writer *pem)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem->data, (int)pem->n);

	return bio == NULL
		   ? NULL
		   : PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)"");
}

/* Set up once: preparing a signature in OpenSSL 3.0 costs nearly as much as
 * making one on P-256. */
static bool
prepare_signing(struct delegation *d, const struct writer *pem)
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = read_key(pem);
	struct ec_point point;

	if (key == NULL || !ec_export(&point, key))
		return false;
	d->curve = point.curve;
	d->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	return d->sign != NULL && EVP_PKEY_sign_init(d->sign) == 1;
}

static bool
put_der(struct writer *w, X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);
	char *text CLEANUP(cleanup_free) =
	    n > 0 ? base64_encode(der, (size_t)n) : NULL;

	OPENSSL_free(der);
	if (text != NULL)
		writer_printf(w, "\"%s\"", text);
	return text != NULL && !w->failed;
}

static bool
make_x5c(struct delegation *d, X509 *leaf, const struct writer *chain)
{
	X509 *issuing CLEANUP(cleanup_x509) = read_certificate(chain);
	struct writer w CLEANUP(writer_free) = writer_new(4 * LIMIT_PEM);

	writer_text(&w, "[");
	if (issuing == NULL || !put_der(&w, leaf))
		return false;
	writer_text(&w, ",");
	if (!put_der(&w, issuing))
		return false;
	writer_text(&w, "]");
	writer_u8(&w, 0);
	if (w.failed)
		return false;
	d->x5c = strdup((const char *)w.data);
	return d->x5c != NULL;
}

static bool
read_dates(struct delegation *d, const X509 *leaf)
{
	struct tm from, to;

	if (!ASN1_TIME_to_tm(X509_get0_notBefore(leaf), &from) ||
	    !ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &to))
		return false;
	d->not_before = timegm(&from);
	d->not_after = timegm(&to);
	return true;
}

static bool
fill(struct delegation *d, const struct client_result *r)
{
	X509 *leaf CLEANUP(cleanup_x509) = read_certificate(&r->certificate);

	if (leaf == NULL || !read_dates(d, leaf) ||
	    !make_x5c(d, leaf, &r->chain) || !prepare_signing(d, &r->key))
		return false;
	memcpy(d->serial, r->serial, sizeof(d->serial));
	d->certificate = base64_encode(r->certificate.data, r->certificate.n);
	d->chain = base64_encode(r->chain.data, r->chain.n);
	return d->certificate != NULL && d->chain != NULL;
}

struct delegation *
delegation_new(
    const struct client_result *r, int64_t now, struct dci_failure *f)
{
	struct delegation *d CLEANUP(cleanup_delegation) =
	    calloc(1, sizeof(*d));

	if (d == NULL || !fill(d, r)) {
		ERR_clear_error();
		dci_fail(f, DCI_RESULT_UNSIGNED,
		    "The delegation key or its certificate cannot be used.");
		return NULL;
	}
	if (!delegation_valid(d, now)) {
		char from[RFC3339_SIZE], to[RFC3339_SIZE];

		rfc3339_encode(from, d->not_before);
		rfc3339_encode(to, d->not_after);
		dci_fail(f, DCI_DELEGATION_EXPIRED,
		    "The delegation certificate is valid from %s to %s, which "
		    "is not now.",
		    from, to);
		return NULL;
	}
	return TAKE(d);
}

void
delegation_free(struct delegation *d)
{
	if (d == NULL)
		return;
	EVP_PKEY_CTX_free(d->sign);
	free(d->certificate);
	free(d->chain);
	free(d->x5c);
	free(d);
}

bool
delegation_valid(const struct delegation *d, int64_t now)
{
	return d != NULL && now >= d->not_before && now < d->not_after;
}

static size_t
sign_digest(const struct delegation *d, uint8_t out[static SIGN_DER_MAX],
    const uint8_t *digest, size_t digest_size)
{
	size_t n = SIGN_DER_MAX;

	if (EVP_PKEY_sign(d->sign, out, &n, digest, digest_size) == 1)
		return n;
	ERR_clear_error();
	return 0;
}

size_t
delegation_sign_der(const struct delegation *d,
    uint8_t out[static SIGN_DER_MAX], struct bytes message)
{
	uint8_t digest[SHA256_SIZE];

	sha256(digest, message.p, message.n);
	return sign_digest(d, out, digest, sizeof(digest));
}

size_t
delegation_sign_jws(const struct delegation *d,
    uint8_t out[static SIGN_RAW_MAX], struct bytes message)
{
	const EVP_MD *md =
	    d->curve == CURVE_P384 ? digest_sha384() : digest_sha256();
	int half = d->curve == CURVE_P384 ? 48 : 32;
	uint8_t digest[SHA384_SIZE], der[SIGN_DER_MAX];
	unsigned digest_size = 0;

	if (!EVP_Digest(message.p, message.n, digest, &digest_size, md, NULL))
		return 0;
	size_t n = sign_digest(d, der, digest, digest_size);
	const uint8_t *p = der;
	ECDSA_SIG *sig CLEANUP(cleanup_sig) =
	    n == 0 ? NULL : d2i_ECDSA_SIG(NULL, &p, (long)n);
	if (sig == NULL ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, half) != half ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, half) != half)
		return 0;
	return 2 * (size_t)half;
}
