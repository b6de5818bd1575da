/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/limits.h"
#include "ca/certificate.h"

/*
 * CertificationRequest (RFC 2986, section 4).  d2i_X509_REQ() would run the
 * key through OpenSSL's decoders: 97 microseconds, more than the signature
 * takes.  Here the key stays raw, and so does the part that is signed.
 */
typedef struct {
	ASN1_ENCODING enc; /* as it came: what the signature covers */
	ASN1_INTEGER *version;
	X509_NAME *subject;
	ASN1_STRING *spki; /* the whole SubjectPublicKeyInfo */
	STACK_OF(X509_ATTRIBUTE) * attributes;
} CSR_INFO;

/* The attributes are not optional, but OpenSSL itself takes requests without
 * them, and nothing is read from them here. */
ASN1_SEQUENCE_enc(CSR_INFO, enc, 0) =
    {
	ASN1_SIMPLE(CSR_INFO, version, ASN1_INTEGER),
	ASN1_SIMPLE(CSR_INFO, subject, X509_NAME),
	ASN1_SIMPLE(CSR_INFO, spki, ASN1_SEQUENCE),
	ASN1_IMP_SET_OF_OPT(CSR_INFO, attributes, X509_ATTRIBUTE, 0),
} static_ASN1_SEQUENCE_END_ref(CSR_INFO, CSR_INFO)

	typedef struct {
	CSR_INFO *info;
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *signature;
} CSR;

ASN1_SEQUENCE(CSR) =
    {
	ASN1_SIMPLE(CSR, info, CSR_INFO),
	ASN1_SIMPLE(CSR, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CSR, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(CSR)

    /* SubjectPublicKeyInfo, only to name what was refused. */
    typedef struct {
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *key;
} CSR_KEY;

ASN1_SEQUENCE(CSR_KEY) =
    {
	ASN1_SIMPLE(CSR_KEY, algorithm, X509_ALGOR),
	ASN1_SIMPLE(CSR_KEY, key, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(CSR_KEY)

	static void csr_free(CSR * csr)
{
	ASN1_item_free((ASN1_VALUE *)csr, ASN1_ITEM_rptr(CSR));
}

static void
csr_key_free(CSR_KEY *key)
{
	ASN1_item_free((ASN1_VALUE *)key, ASN1_ITEM_rptr(CSR_KEY));
}

CLEANUP_TYPE(cleanup_csr, CSR, csr_free)
CLEANUP_TYPE(cleanup_csr_key, CSR_KEY, csr_key_free)

static struct bytes
string_bytes(const ASN1_STRING *s)
{
	return (struct bytes){
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

static CSR *
csr_decode(struct bytes der, struct dci_failure *f)
{
	const uint8_t *p = der.p;
	uint64_t version;

	if (der.n > LIMIT_CSR) {
		dci_fail(f, DCI_CSR_TOO_LARGE,
		    "The certificate request has %zu bytes; at most %u are "
		    "accepted.",
		    der.n, LIMIT_CSR);
		return NULL;
	}
	CSR *csr CLEANUP(cleanup_csr) =
	    (CSR *)ASN1_item_d2i(NULL, &p, (long)der.n, ASN1_ITEM_rptr(CSR));
	if (csr == NULL) {
		dci_fail(f, DCI_CSR_MALFORMED,
		    "The certificate request of %zu bytes is no "
		    "CertificationRequest in DER.",
		    der.n);
		return NULL;
	}
	if (p != der.p + der.n) {
		dci_fail(f, DCI_CSR_MALFORMED,
		    "The certificate request is followed by %zu bytes that do "
		    "not belong to it.",
		    (size_t)(der.p + der.n - p));
		return NULL;
	}
	if (!encodes_to(csr, ASN1_ITEM_rptr(CSR), der)) {
		dci_fail(f, DCI_CSR_MALFORMED,
		    "The certificate request is not encoded in DER.");
		return NULL;
	}
	if (!ASN1_INTEGER_get_uint64(&version, csr->info->version) ||
	    version != 0) {
		dci_fail(f, DCI_CSR_MALFORMED,
		    "The certificate request is not of version 1, which is "
		    "encoded as 0.");
		return NULL;
	}
	return TAKE(csr);
}

/* The raw SubjectPublicKeyInfo, where it lies in der: the info ends where
 * algorithm and signature begin, and the key follows version and subject. */
static bool
csr_locate_key(const CSR *csr, struct bytes der, struct bytes *out)
{
	struct bytes spki = string_bytes(csr->info->spki);
	const ASN1_ENCODING *enc = &csr->info->enc;
	int algorithm = i2d_X509_ALGOR(csr->algorithm, NULL);
	int signature = i2d_ASN1_BIT_STRING(csr->signature, NULL);
	int version = i2d_ASN1_INTEGER(csr->info->version, NULL);
	int subject = i2d_X509_NAME(csr->info->subject, NULL);
	struct reader r = reader_of(der.p, der.n), info;
	struct bytes part;
	long length;
	int tag, class;

	if (algorithm < 0 || signature < 0 || version < 0 || subject < 0 ||
	    der.n < (size_t)algorithm + (size_t)signature + (size_t)enc->len ||
	    !reader_skip(&r, der.n - (size_t)algorithm - (size_t)signature -
				 (size_t)enc->len) ||
	    !reader_take(&r, &part, (size_t)enc->len))
		return false;
	info = reader_of(part.p, part.n);
	const uint8_t *content = part.p;
	if ((ASN1_get_object(&content, &length, &tag, &class, enc->len) &
		0x80) != 0 ||
	    !reader_skip(&info, (size_t)(content - part.p)) ||
	    !reader_skip(&info, (size_t)version) ||
	    !reader_skip(&info, (size_t)subject) ||
	    !reader_take(&info, out, spki.n))
		return false;
	return bytes_equal(*out, spki);
}

/* Says what kind of key it is that is not certified. */
static int
csr_refuse_key(struct bytes spki, struct dci_failure *f)
{
	const uint8_t *p = spki.p;
	char kind[80] = "";
	const ASN1_OBJECT *algorithm;
	const void *parameter;
	int type;

	CSR_KEY *key CLEANUP(cleanup_csr_key) = (CSR_KEY *)ASN1_item_d2i(
	    NULL, &p, (long)spki.n, ASN1_ITEM_rptr(CSR_KEY));
	if (key == NULL || p != spki.p + spki.n)
		return dci_fail(f, DCI_CSR_MALFORMED,
		    "The certificate request's SubjectPublicKeyInfo cannot be "
		    "read.");
	X509_ALGOR_get0(&algorithm, &type, &parameter, key->algorithm);
	if (OBJ_obj2nid(algorithm) == NID_X9_62_id_ecPublicKey &&
	    type == V_ASN1_OBJECT)
		algorithm = parameter;
	OBJ_obj2txt(kind, sizeof(kind), algorithm, 0);
	return dci_fail(f, DCI_CSR_KEY_UNSUPPORTED,
	    "The certificate request is for a key of kind %s with %d bytes; "
	    "P-256 and P-384 keys are certified, with named curve and "
	    "uncompressed point.",
	    kind, ASN1_STRING_length(key->key));
}

/* The digest of an ecdsa-with-SHA2 algorithm (RFC 5758, 3.2: parameters
 * absent), or NULL. */
static const EVP_MD *
csr_digest(const X509_ALGOR *algorithm, struct dci_failure *f)
{
	char name[80] = "";
	const ASN1_OBJECT *oid;
	int type;

	X509_ALGOR_get0(&oid, &type, NULL, algorithm);
	int nid = OBJ_obj2nid(oid);
	if (type == V_ASN1_UNDEF && nid == NID_ecdsa_with_SHA256)
		return digest_sha256();
	if (type == V_ASN1_UNDEF && nid == NID_ecdsa_with_SHA384)
		return digest_sha384();
	if (type == V_ASN1_UNDEF && nid == NID_ecdsa_with_SHA512)
		return digest_sha512();
	OBJ_obj2txt(name, sizeof(name), oid, 0);
	dci_fail(f, DCI_CSR_ALGORITHM_UNSUPPORTED,
	    "The certificate request is signed with %s%s; ecdsa-with-SHA256, "
	    "-SHA384 and -SHA512 without parameters are accepted.",
	    name, type == V_ASN1_UNDEF ? "" : " with parameters");
	return NULL;
}

/* ECDSA-Sig-Value has whole octets: no unused bits in the last one.  Their
 * number stands right before the signature, and that at the end of der. */
static bool
csr_signature_whole(const CSR *csr, struct bytes der)
{
	size_t n = (size_t)ASN1_STRING_length(csr->signature) + 1;
	struct reader r = reader_of(der.p, der.n);
	uint8_t unused;

	return n <= der.n && reader_skip(&r, der.n - n) &&
	       reader_u8(&r, &unused) && unused == 0;
}

static int
csr_check_signature(const CSR *csr, EVP_PKEY *key, struct dci_failure *f)
{
	const ASN1_ENCODING *enc = &csr->info->enc;
	const EVP_MD *md = csr_digest(csr->algorithm, f);

	if (md == NULL)
		return -1;
	if (!ecdsa_verify_der(key, md,
		(struct bytes){enc->enc, (size_t)enc->len},
		string_bytes(csr->signature)))
		return dci_fail(f, DCI_CSR_SIGNATURE_INVALID,
		    "The certificate request's signature by %s does not verify "
		    "with the key that it names.",
		    OBJ_nid2ln(OBJ_obj2nid(csr->algorithm->algorithm)));
	return 0;
}

static int
csr_check(struct bytes der, struct ec_point *key, struct bytes *spki,
    struct dci_failure *f)
{
	struct ec_point point;
	struct bytes raw;

	CSR *csr CLEANUP(cleanup_csr) = csr_decode(der, f);
	if (csr == NULL)
		return -1;
	if (!csr_locate_key(csr, der, &raw) || !csr_signature_whole(csr, der))
		return dci_fail(f, DCI_CSR_MALFORMED,
		    "The certificate request is not encoded in DER.");
	if (!spki_decode(&point, raw))
		return csr_refuse_key(raw, f);
	EVP_PKEY *pkey CLEANUP(cleanup_pkey) =
	    ec_import(point.curve, point.data, point.n);
	if (pkey == NULL)
		return dci_fail(f, DCI_CSR_KEY_INVALID,
		    "The certificate request's public key is not a point on "
		    "%s.",
		    curve_name(point.curve));
	if (csr_check_signature(csr, pkey, f) != 0)
		return -1;
	*key = point;
	*spki = raw;
	return 0;
}

int
csr_verify(struct bytes der, struct ec_point *key, struct bytes *spki,
    struct dci_failure *f)
{
	/* What OpenSSL has to say about hostile bytes must not stay in the
	 * thread's queue, where SSL_get_error() would find it. */
	ERR_set_mark();
	int result = csr_check(der, key, spki, f);
	ERR_pop_to_mark();
	return result;
}
