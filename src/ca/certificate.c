/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/rand.h>

#include "base/digest.h"
#include "ca/certificate.h"

CLEANUP_TYPE(cleanup_octets, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
CLEANUP_TYPE(cleanup_bits, ASN1_BIT_STRING, ASN1_BIT_STRING_free)
CLEANUP_TYPE(cleanup_ca, BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free)
CLEANUP_TYPE(cleanup_akid, AUTHORITY_KEYID, AUTHORITY_KEYID_free)
CLEANUP_TYPE(cleanup_policy, POLICYINFO, POLICYINFO_free)
CLEANUP_TYPE(cleanup_names, GENERAL_NAMES, GENERAL_NAMES_free)
CLEANUP_TYPE(cleanup_general, GENERAL_NAME, GENERAL_NAME_free)
CLEANUP_TYPE(cleanup_object, ASN1_OBJECT, ASN1_OBJECT_free)
CLEANUP_TYPE(cleanup_bn, BIGNUM, BN_free)

bool
encodes_to(const void *object, const ASN1_ITEM *item, struct bytes der)
{
	uint8_t *again = NULL;
	int n = ASN1_item_i2d(object, &again, item);
	bool same =
	    n >= 0 && bytes_equal(der, (struct bytes){again, (size_t)n});

	OPENSSL_free(again);
	return same;
}

void
key_identifier(uint8_t out[static KEY_ID_SIZE], const struct ec_point *point)
{
	uint8_t digest[SHA256_SIZE];

	sha256(digest, point->data, point->n);
	memcpy(out, digest, KEY_ID_SIZE);
}

bool
serial_draw(uint8_t out[static CA_SERIAL_SIZE])
{
	do {
		if (RAND_bytes(out, CA_SERIAL_SIZE) != 1)
			return false;
		out[0] &= 0x7f;
	} while (out[0] == 0);
	return true;
}

X509 *
certificate_new(const uint8_t serial[static CA_SERIAL_SIZE], int64_t not_before,
    int64_t not_after)
{
	X509 *x CLEANUP(cleanup_x509) = X509_new();
	BIGNUM *n CLEANUP(cleanup_bn) = BN_bin2bn(serial, CA_SERIAL_SIZE, NULL);

	if (x == NULL || n == NULL || !X509_set_version(x, X509_VERSION_3) ||
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) == NULL ||
	    ASN1_TIME_set(X509_getm_notBefore(x), not_before) == NULL ||
	    ASN1_TIME_set(X509_getm_notAfter(x), not_after) == NULL)
		return NULL;
	return TAKE(x);
}

bool
certificate_set_key(X509 *x, const struct ec_point *point)
{
	int curve =
	    point->curve == CURVE_P384 ? NID_secp384r1 : NID_X9_62_prime256v1;
	uint8_t *copy = OPENSSL_memdup(point->data, point->n);

	/* X509_set_pubkey() would call the encoders: 6.8 times slower. */
	if (copy == NULL ||
	    !X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x),
		OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
		OBJ_nid2obj(curve), copy, (int)point->n)) {
		OPENSSL_free(copy);
		return false;
	}
	return true;
}

bool
certificate_add(X509 *x, X509_EXTENSION *e)
{
	return e != NULL && X509_add_ext(x, e, -1);
}

bool
certificate_add_new(X509 *x, X509_EXTENSION *new)
{
	X509_EXTENSION *e CLEANUP(cleanup_extension) = new;

	return certificate_add(x, e);
}

X509_EXTENSION *
extension_of_item(enum oid oid, const void *value, const ASN1_ITEM *item)
{
	ASN1_OCTET_STRING *der CLEANUP(cleanup_octets) =
	    ASN1_item_pack((void *)value, item, NULL);

	if (der == NULL || oid_object(oid) == NULL)
		return NULL;
	return X509_EXTENSION_create_by_OBJ(NULL, oid_object(oid), 0, der);
}

X509_EXTENSION *
extension_key_usage(unsigned bits)
{
	ASN1_BIT_STRING *usage CLEANUP(cleanup_bits) = ASN1_BIT_STRING_new();

	if (usage == NULL)
		return NULL;
	/* KU_DIGITAL_SIGNATURE, 0x80, is bit 0 of the bit string. */
	for (int i = 0; i < 8; i++) {
		if ((bits & (0x80u >> i)) != 0 &&
		    !ASN1_BIT_STRING_set_bit(usage, i, 1))
			return NULL;
	}
	return X509V3_EXT_i2d(NID_key_usage, 1, usage);
}

X509_EXTENSION *
extension_purpose(const ASN1_OBJECT *purpose)
{
	EXTENDED_KEY_USAGE *list CLEANUP(cleanup_purposes) =
	    EXTENDED_KEY_USAGE_new();
	ASN1_OBJECT *copy CLEANUP(cleanup_object) = OBJ_dup(purpose);

	if (list == NULL || copy == NULL ||
	    sk_ASN1_OBJECT_push(list, copy) <= 0)
		return NULL;
	copy = NULL;
	return X509V3_EXT_i2d(NID_ext_key_usage, 0, list);
}

X509_EXTENSION *
extension_policy(const ASN1_OBJECT *policy)
{
	CERTIFICATEPOLICIES *list CLEANUP(cleanup_policies) =
	    CERTIFICATEPOLICIES_new();
	POLICYINFO *info CLEANUP(cleanup_policy) = POLICYINFO_new();

	if (list == NULL || info == NULL ||
	    (info->policyid = OBJ_dup(policy)) == NULL ||
	    sk_POLICYINFO_push(list, info) <= 0)
		return NULL;
	info = NULL;
	return X509V3_EXT_i2d(NID_certificate_policies, 0, list);
}

X509_EXTENSION *
extension_ca(long path_length)
{
	BASIC_CONSTRAINTS *ca CLEANUP(cleanup_ca) = BASIC_CONSTRAINTS_new();

	if (ca == NULL || (ca->pathlen = ASN1_INTEGER_new()) == NULL ||
	    !ASN1_INTEGER_set(ca->pathlen, path_length))
		return NULL;
	ca->ca = 0xff; /* DER's TRUE */
	return X509V3_EXT_i2d(NID_basic_constraints, 1, ca);
}

X509_EXTENSION *
extension_subject_key(const uint8_t id[static KEY_ID_SIZE])
{
	ASN1_OCTET_STRING *s CLEANUP(cleanup_octets) = ASN1_OCTET_STRING_new();

	if (s == NULL || !ASN1_OCTET_STRING_set(s, id, KEY_ID_SIZE))
		return NULL;
	return X509V3_EXT_i2d(NID_subject_key_identifier, 0, s);
}

X509_EXTENSION *
extension_authority_key(struct bytes id)
{
	AUTHORITY_KEYID *a CLEANUP(cleanup_akid) = AUTHORITY_KEYID_new();

	if (a == NULL || (a->keyid = ASN1_OCTET_STRING_new()) == NULL ||
	    !ASN1_OCTET_STRING_set(a->keyid, id.p, (int)id.n))
		return NULL;
	return X509V3_EXT_i2d(NID_authority_key_identifier, 0, a);
}

X509_EXTENSION *
extension_uri(const char *text)
{
	GENERAL_NAMES *list CLEANUP(cleanup_names) = GENERAL_NAMES_new();
	GENERAL_NAME *name CLEANUP(cleanup_general) = GENERAL_NAME_new();
	ASN1_IA5STRING *uri = ASN1_IA5STRING_new();

	if (name == NULL || uri == NULL) {
		ASN1_IA5STRING_free(uri);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, GEN_URI, uri);
	if (list == NULL || !ASN1_STRING_set(uri, text, -1) ||
	    sk_GENERAL_NAME_push(list, name) <= 0)
		return NULL;
	name = NULL;
	return X509V3_EXT_i2d(NID_subject_alt_name, 0, list);
}
