/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "sim/pck_extension.h"
#include "sim/pki.h"

#define SHA1_SIZE   20
#define ROOT_CRL    "URI:" SIM_ROOT_CRL_URL
#define PCK_CRL(ca) "URI:" SIM_PCK_CRL_URL(ca)

CLEANUP_TYPE(cleanup_akid, AUTHORITY_KEYID, AUTHORITY_KEYID_free)
CLEANUP_TYPE(cleanup_octets, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
CLEANUP_TYPE(cleanup_name, X509_NAME, X509_NAME_free)
CLEANUP_TYPE(cleanup_extension, X509_EXTENSION, X509_EXTENSION_free)
CLEANUP_TYPE(cleanup_bignum, BIGNUM, BN_free)

/* What distinguishes the five certificates from each other. */
static const struct profile {
	const char *common_name;
	const char *key_usage, *basic_constraints, *distribution_point;
} profiles[SIM_CERTIFICATES] = {
    [SIM_KEY_ROOT] = {"SIMULATED SGX Root CA", "critical,keyCertSign,cRLSign",
	"critical,CA:TRUE,pathlen:1", ROOT_CRL},
    [SIM_KEY_PCK_CA] = {"SIMULATED SGX PCK Platform CA",
	"critical,keyCertSign,cRLSign", "critical,CA:TRUE,pathlen:0", ROOT_CRL},
    [SIM_KEY_PROCESSOR_CA] = {"SIMULATED SGX PCK Processor CA",
	"critical,keyCertSign,cRLSign", "critical,CA:TRUE,pathlen:0", ROOT_CRL},
    [SIM_KEY_TCB_SIGNER] = {"SIMULATED SGX TCB Signing",
	"critical,digitalSignature,nonRepudiation", "critical,CA:FALSE",
	ROOT_CRL},
    [SIM_KEY_PCK] = {"SIMULATED SGX PCK Certificate",
	"critical,digitalSignature,nonRepudiation", "critical,CA:FALSE",
	PCK_CRL("platform")},
};

const char *
sim_key_name(enum sim_key key)
{
	static const char *const names[SIM_KEYS] = {"root", "pck_ca",
	    "processor_ca", "tcb_signer", "pck", "attestation"};

	return names[key];
}

enum sim_key
pki_pck_ca(const struct sim_spec *spec)
{
	return spec->processor_ca ? SIM_KEY_PROCESSOR_CA : SIM_KEY_PCK_CA;
}

static enum sim_key
issuer_of(enum sim_key which, const struct sim_spec *spec)
{
	return which == SIM_KEY_PCK ? pki_pck_ca(spec) : SIM_KEY_ROOT;
}

/* The key identifier of RFC 5280, 4.2.1.2, method 1: SHA-1 of the point. */
static ASN1_OCTET_STRING *
key_id(EVP_PKEY *key)
{
	struct ec_point point;
	uint8_t id[SHA1_SIZE];
	size_t n = sizeof(id);

	if (!ec_export(&point, key) ||
	    !EVP_Q_digest(NULL, "SHA1", NULL, point.data, point.n, id, &n))
		return NULL;
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	if (s != NULL && !ASN1_OCTET_STRING_set(s, id, (int)n)) {
		ASN1_OCTET_STRING_free(s);
		return NULL;
	}
	return s;
}

bool
pki_authority_key_id(AUTHORITY_KEYID **out, EVP_PKEY *ca)
{
	AUTHORITY_KEYID *akid CLEANUP(cleanup_akid) = AUTHORITY_KEYID_new();

	if (akid == NULL || (akid->keyid = key_id(ca)) == NULL)
		return false;
	*out = TAKE(akid);
	return true;
}

static X509_NAME *
make_name(const char *common_name)
{
	/* The order and the string types of Intel's names. */
	const struct {
		int nid, type;
		const char *value;
	} parts[] = {
	    {NID_commonName, V_ASN1_UTF8STRING, common_name},
	    {NID_organizationName, V_ASN1_UTF8STRING, "SIMULATED (not Intel)"},
	    {NID_localityName, V_ASN1_UTF8STRING, "Nowhere"},
	    {NID_stateOrProvinceName, V_ASN1_UTF8STRING, "CA"},
	    {NID_countryName, V_ASN1_PRINTABLESTRING, "US"},
	};
	X509_NAME *name CLEANUP(cleanup_name) = X509_NAME_new();

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (name == NULL ||
		    !X509_NAME_add_entry_by_NID(name, parts[i].nid,
			parts[i].type, (const unsigned char *)parts[i].value,
			-1, -1, 0))
			return NULL;
	}
	return TAKE(name);
}

static const char *
distribution_point(enum sim_key which, const struct sim_spec *spec)
{
	if (which == SIM_KEY_PCK && spec->processor_ca)
		return PCK_CRL("processor");
	return profiles[which].distribution_point;
}

static const struct sim_validity *
validity_of(const struct sim_spec *spec, enum sim_key which)
{
	switch (which) {
	case SIM_KEY_ROOT:
		return &spec->root;
	case SIM_KEY_PCK_CA:
	case SIM_KEY_PROCESSOR_CA:
		return &spec->pck_ca;
	case SIM_KEY_TCB_SIGNER:
		return &spec->tcb_signer;
	default:
		return &spec->pck;
	}
}

static bool
add_text_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, NULL, cert, NULL, NULL, 0);
	X509_EXTENSION *ext CLEANUP(cleanup_extension) =
	    X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	return ext != NULL && X509_add_ext(cert, ext, -1) > 0;
}

/* The five that every certificate must carry, in Intel's order, and for the
 * leaf the sixth. */
static bool
add_extensions(X509 *cert, enum sim_key which, EVP_PKEY *own, EVP_PKEY *issuer,
    const struct sim_spec *spec)
{
	const struct profile *profile = &profiles[which];
	AUTHORITY_KEYID *akid CLEANUP(cleanup_akid) = NULL;
	ASN1_OCTET_STRING *skid CLEANUP(cleanup_octets) = key_id(own);

	if (skid == NULL || !pki_authority_key_id(&akid, issuer) ||
	    !X509_add1_ext_i2d(cert, NID_authority_key_identifier, akid, 0,
		X509V3_ADD_APPEND) ||
	    !add_text_extension(cert, NID_crl_distribution_points,
		distribution_point(which, spec)) ||
	    !X509_add1_ext_i2d(
		cert, NID_subject_key_identifier, skid, 0, X509V3_ADD_APPEND) ||
	    !add_text_extension(cert, NID_key_usage, profile->key_usage) ||
	    !add_text_extension(
		cert, NID_basic_constraints, profile->basic_constraints))
		return false;
	return which != SIM_KEY_PCK || pck_extension_add(cert, spec);
}

static bool
set_serial(X509 *cert, const uint8_t number[static SHA1_SIZE])
{
	BIGNUM *bn CLEANUP(cleanup_bignum) = BN_bin2bn(number, SHA1_SIZE, NULL);

	return bn != NULL &&
	       BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
}

/* Serials are 20 bytes.  As with Intel's, those of the CAs and the signer come
 * from the key identifier; a PCK leaf may be one of many for one key, so its
 * serial is a digest of all else that it says. */
static bool
serial_of(uint8_t number[static SHA256_SIZE], X509 *cert, enum sim_key which,
    EVP_PKEY *own)
{
	if (which == SIM_KEY_PCK) {
		unsigned char *tbs = NULL;
		int n = i2d_re_X509_tbs(cert, &tbs);

		if (n <= 0)
			return false;
		sha256(number, tbs, (size_t)n);
		OPENSSL_free(tbs);
	} else {
		ASN1_OCTET_STRING *id CLEANUP(cleanup_octets) = key_id(own);

		if (id == NULL)
			return false;
		memcpy(number, ASN1_STRING_get0_data(id), SHA1_SIZE);
	}
	number[0] &= 0x7f;
	number[0] |= 0x40; /* never shorter than 20 bytes */
	return true;
}

/* Signs twice: the part to be signed cannot be encoded before the first time,
 * and the serial depends on it. */
static bool
sign(X509 *cert, enum sim_key which, EVP_PKEY *own, EVP_PKEY *issuer)
{
	uint8_t number[SHA256_SIZE];
	static const uint8_t one[SHA1_SIZE] = {[SHA1_SIZE - 1] = 1};

	return set_serial(cert, one) &&
	       X509_sign(cert, issuer, digest_sha256()) > 0 &&
	       serial_of(number, cert, which, own) &&
	       set_serial(cert, number) &&
	       X509_sign(cert, issuer, digest_sha256()) > 0;
}

static X509 *
issue(
    const struct sim_pki *pki, enum sim_key which, const struct sim_spec *spec)
{
	enum sim_key by = issuer_of(which, spec);
	EVP_PKEY *own = pki->key[which], *issuer = pki->key[by];
	const struct sim_validity *valid = validity_of(spec, which);
	X509 *cert CLEANUP(cleanup_x509) = X509_new();
	X509_NAME *subject CLEANUP(cleanup_name) =
	    make_name(profiles[which].common_name);
	X509_NAME *issuer_name CLEANUP(cleanup_name) =
	    make_name(profiles[by].common_name);

	if (cert == NULL || subject == NULL || issuer_name == NULL ||
	    !X509_set_version(cert, X509_VERSION_3) ||
	    !X509_set_subject_name(cert, subject) ||
	    !X509_set_issuer_name(cert, issuer_name) ||
	    !ASN1_TIME_set(X509_getm_notBefore(cert), valid->from) ||
	    !ASN1_TIME_set(X509_getm_notAfter(cert), valid->to) ||
	    !X509_set_pubkey(cert, own) ||
	    !add_extensions(cert, which, own, issuer, spec) ||
	    !sign(cert, which, own, issuer))
		return NULL;
	return TAKE(cert);
}

/* Whether two certificates say the same: ECDSA signatures differ each time. */
static bool
says_the_same(X509 *a, X509 *b)
{
	unsigned char *da = NULL, *db = NULL;
	int na = i2d_re_X509_tbs(a, &da), nb = i2d_re_X509_tbs(b, &db);
	bool same = na > 0 && na == nb && memcmp(da, db, (size_t)na) == 0;

	OPENSSL_free(da);
	OPENSSL_free(db);
	return same;
}

bool
pki_certificates(struct sim_pki *pki, const struct sim_spec *spec)
{
	for (enum sim_key i = 0; i < SIM_CERTIFICATES; i++) {
		X509 *cert CLEANUP(cleanup_x509) = issue(pki, i, spec);

		if (cert == NULL)
			return false;
		if (pki->certificate[i] != NULL &&
		    says_the_same(cert, pki->certificate[i]))
			continue;
		X509_free(pki->certificate[i]);
		pki->certificate[i] = TAKE(cert);
	}
	return true;
}

bool
pki_keys(struct sim_pki *pki)
{
	for (size_t i = 0; i < SIM_KEYS; i++) {
		if (pki->key[i] == NULL &&
		    (pki->key[i] = ec_generate(CURVE_P256)) == NULL)
			return false;
	}
	return true;
}

bool
pki_share(struct sim_pki *out, const struct sim_pki *pki)
{
	*out = (struct sim_pki){0};
	for (size_t i = 0; i < SIM_KEYS; i++) {
		if (!EVP_PKEY_up_ref(pki->key[i]))
			return false;
		out->key[i] = pki->key[i];
	}
	for (size_t i = 0; i < SIM_CERTIFICATES; i++) {
		if (!X509_up_ref(pki->certificate[i]))
			return false;
		out->certificate[i] = pki->certificate[i];
	}
	return true;
}

void
pki_free(struct sim_pki *pki)
{
	for (size_t i = 0; i < SIM_KEYS; i++)
		EVP_PKEY_free(pki->key[i]);
	for (size_t i = 0; i < SIM_CERTIFICATES; i++)
		X509_free(pki->certificate[i]);
	*pki = (struct sim_pki){0};
}

bool
pki_write_chain(struct writer *w, const struct sim_pki *pki,
    const enum sim_key *list, size_t n)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *text;

	if (bio == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!PEM_write_bio_X509(bio, pki->certificate[list[i]]))
			return false;
	}
	long size = BIO_get_mem_data(bio, &text);
	writer_put(w, text, (size_t)size);
	return !w->failed;
}

bool
pki_write_pck_chain(
    struct writer *w, const struct sim_pki *pki, const struct sim_spec *spec)
{
	const enum sim_key order[] = {
	    SIM_KEY_PCK, pki_pck_ca(spec), SIM_KEY_ROOT};

	return pki_write_chain(w, pki, order, 3);
}

bool
pki_write_ca_chain(
    struct writer *w, const struct sim_pki *pki, const struct sim_spec *spec)
{
	const enum sim_key order[] = {pki_pck_ca(spec), SIM_KEY_ROOT};

	return pki_write_chain(w, pki, order, 2);
}

bool
pki_write_signer_chain(struct writer *w, const struct sim_pki *pki)
{
	static const enum sim_key order[] = {SIM_KEY_TCB_SIGNER, SIM_KEY_ROOT};

	return pki_write_chain(w, pki, order, 2);
}
