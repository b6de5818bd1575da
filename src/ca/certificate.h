/* SPDX-License-Identifier: BSD-3-Clause */
/* What all our certificates are built from: CA certificates and leaves. */
#ifndef CA_CERTIFICATE_H
#define CA_CERTIFICATE_H

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/ecdsa.h"
#include "ca/ca.h"
#include "ca/oid.h"

#define KEY_ID_SIZE 20

CLEANUP_TYPE(cleanup_extension, X509_EXTENSION, X509_EXTENSION_free)
CLEANUP_TYPE(cleanup_name, X509_NAME, X509_NAME_free)
CLEANUP_TYPE(cleanup_purposes, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
CLEANUP_TYPE(cleanup_policies, CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)

/* Whether der is, byte by byte, what the object encodes to: OpenSSL's decoder
 * takes much of BER, too. */
bool encodes_to(
    const void *object, const ASN1_ITEM *, struct bytes der) MUST_CHECK;

/* RFC 7093, section 2, method 1: the left 160 bits of SHA-256 of the point.
 * SHA-1, which RFC 5280 proposes, is not needed anywhere then. */
void key_identifier(uint8_t out[static KEY_ID_SIZE], const struct ec_point *);

/* 127 random bits: the first octet is 1 to 127, so that DER takes exactly 16
 * octets (RFC 5280, 4.1.2.2). */
bool serial_draw(uint8_t out[static CA_SERIAL_SIZE]) MUST_CHECK;

/* A version 3 certificate with serial and validity; NULL if OpenSSL fails. */
X509 *certificate_new(const uint8_t serial[static CA_SERIAL_SIZE],
    int64_t not_before, int64_t not_after) MUST_CHECK;
/* Takes the point as it is: see that it lies on its curve first. */
bool certificate_set_key(X509 *, const struct ec_point *) MUST_CHECK;

/* Adds a copy; false for NULL too, so that it can be nested. */
bool certificate_add(X509 *, X509_EXTENSION *) MUST_CHECK;
/* Adds and frees. */
bool certificate_add_new(X509 *, X509_EXTENSION *) MUST_CHECK;

/* Extensions; NULL if OpenSSL fails.  Owned by the caller. */
X509_EXTENSION *extension_of_item(
    enum oid, const void *value, const ASN1_ITEM *) MUST_CHECK;
X509_EXTENSION *extension_key_usage(unsigned bits) MUST_CHECK; /* KU_* */
X509_EXTENSION *extension_purpose(const ASN1_OBJECT *) MUST_CHECK;
X509_EXTENSION *extension_policy(const ASN1_OBJECT *) MUST_CHECK;
X509_EXTENSION *extension_ca(long path_length) MUST_CHECK;
X509_EXTENSION *extension_subject_key(
    const uint8_t id[static KEY_ID_SIZE]) MUST_CHECK;
X509_EXTENSION *extension_authority_key(struct bytes id) MUST_CHECK;
X509_EXTENSION *extension_uri(const char *uri) MUST_CHECK;

#endif
