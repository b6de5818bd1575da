/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "sim/crl.h"

static void
crl_free(X509_CRL **crl)
{
	X509_CRL_free(*crl);
}

CLEANUP_TYPE(cleanup_akid, AUTHORITY_KEYID, AUTHORITY_KEYID_free)
CLEANUP_TYPE(cleanup_integer, ASN1_INTEGER, ASN1_INTEGER_free)
CLEANUP_TYPE(cleanup_time, ASN1_TIME, ASN1_TIME_free)
CLEANUP_TYPE(cleanup_revoked, X509_REVOKED, X509_REVOKED_free)
CLEANUP_TYPE(cleanup_enumerated, ASN1_ENUMERATED, ASN1_ENUMERATED_free)
CLEANUP_TYPE(cleanup_bignum, BIGNUM, BN_free)

static X509_CRL *
crl_new(X509 *ca, EVP_PKEY *key, const struct sim_validity *valid)
{
	X509_CRL *crl CLEANUP(crl_free) = X509_CRL_new();
	AUTHORITY_KEYID *akid CLEANUP(cleanup_akid) = NULL;
	ASN1_INTEGER *number CLEANUP(cleanup_integer) = ASN1_INTEGER_new();
	ASN1_TIME *from CLEANUP(cleanup_time) =
	    ASN1_TIME_set(NULL, valid->from);
	ASN1_TIME *to CLEANUP(cleanup_time) = ASN1_TIME_set(NULL, valid->to);

	if (crl == NULL || number == NULL || from == NULL || to == NULL ||
	    !ASN1_INTEGER_set(number, 1) ||
	    !X509_CRL_set_version(crl, X509_CRL_VERSION_2) ||
	    !X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) ||
	    !X509_CRL_set1_lastUpdate(crl, from) ||
	    !X509_CRL_set1_nextUpdate(crl, to) ||
	    !X509_CRL_add1_ext_i2d(
		crl, NID_crl_number, number, 0, X509V3_ADD_APPEND) ||
	    !pki_authority_key_id(&akid, key) ||
	    !X509_CRL_add1_ext_i2d(
		crl, NID_authority_key_identifier, akid, 0, X509V3_ADD_APPEND))
		return NULL;
	return TAKE(crl);
}

static bool
crl_revoke(X509_CRL *crl, const ASN1_INTEGER *serial, int64_t when)
{
	X509_REVOKED *entry CLEANUP(cleanup_revoked) = X509_REVOKED_new();
	ASN1_ENUMERATED *reason CLEANUP(cleanup_enumerated) =
	    ASN1_ENUMERATED_new();
	ASN1_TIME *date CLEANUP(cleanup_time) = ASN1_TIME_set(NULL, when);

	if (entry == NULL || reason == NULL || date == NULL ||
	    !X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)serial) ||
	    !X509_REVOKED_set_revocationDate(entry, date) ||
	    !ASN1_ENUMERATED_set(reason, CRL_REASON_KEY_COMPROMISE) ||
	    !X509_REVOKED_add1_ext_i2d(
		entry, NID_crl_reason, reason, 0, X509V3_ADD_APPEND) ||
	    !X509_CRL_add0_revoked(crl, entry))
		return false;
	(void)TAKE(entry);
	return true;
}

static bool
crl_revoke_certificate(X509_CRL *crl, X509 *cert, int64_t when)
{
	return crl_revoke(crl, X509_get0_serialNumber(cert), when);
}

/* Serial numbers of platforms that do not exist, so that lists are searched
 * and not only tested for being empty. */
static bool
crl_revoke_strangers(X509_CRL *crl, int64_t when)
{
	for (unsigned i = 0; i < 3; i++) {
		uint8_t number[SHA256_SIZE];
		char label[32];

		snprintf(label, sizeof(label), "SIMULATED stranger %u", i);
		sha256(number, label, strlen(label));
		BIGNUM *bn CLEANUP(cleanup_bignum) =
		    BN_bin2bn(number, 20, NULL);
		ASN1_INTEGER *serial CLEANUP(cleanup_integer) =
		    bn != NULL ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
		if (serial == NULL || !crl_revoke(crl, serial, when))
			return false;
	}
	return true;
}

static bool
crl_finish(struct writer *w, X509_CRL *crl, EVP_PKEY *key, bool broken)
{
	unsigned char *der = NULL;

	if (!X509_CRL_sort(crl) || !X509_CRL_sign(crl, key, digest_sha256()))
		return false;
	int n = i2d_X509_CRL(crl, &der);
	if (n <= 0)
		return false;
	/* The last byte is the last of the signature's s. */
	der[n - 1] ^= broken ? 1 : 0;
	writer_put(w, der, (size_t)n);
	OPENSSL_free(der);
	return !w->failed;
}

bool
root_crl_write(
    struct writer *w, const struct sim_pki *pki, const struct sim_spec *spec)
{
	X509_CRL *crl CLEANUP(crl_free) =
	    crl_new(pki->certificate[SIM_KEY_ROOT], pki->key[SIM_KEY_ROOT],
		&spec->root_crl);
	int64_t when = spec->root_crl.from;

	if (crl == NULL ||
	    (spec->revoked_pck_ca &&
		!crl_revoke_certificate(
		    crl, pki->certificate[pki_pck_ca(spec)], when)) ||
	    (spec->revoked_tcb_signer &&
		!crl_revoke_certificate(
		    crl, pki->certificate[SIM_KEY_TCB_SIGNER], when)))
		return false;
	return crl_finish(
	    w, crl, pki->key[SIM_KEY_ROOT], spec->tamper.root_crl_signature);
}

bool
pck_crl_write(
    struct writer *w, const struct sim_pki *pki, const struct sim_spec *spec)
{
	enum sim_key ca = pki_pck_ca(spec);
	X509_CRL *crl CLEANUP(crl_free) =
	    crl_new(pki->certificate[ca], pki->key[ca], &spec->pck_crl);
	int64_t when = spec->pck_crl.from;

	if (crl == NULL || !crl_revoke_strangers(crl, when) ||
	    (spec->revoked_pck && !crl_revoke_certificate(crl,
				      pki->certificate[SIM_KEY_PCK], when)))
		return false;
	return crl_finish(w, crl, pki->key[ca], spec->tamper.pck_crl_signature);
}
