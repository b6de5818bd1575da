/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/asn1t.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "sim/pck_extension.h"

#define SGX_OID "1.2.840.113741.1.13.1"

/* SEQUENCE { OBJECT IDENTIFIER, ANY }, and a sequence of those: the shape of
 * the extension and of its two nested parts. */
typedef struct {
	ASN1_OBJECT *oid;
	ASN1_TYPE *value;
} SGX_ENTRY;

/* clang-format off */
ASN1_SEQUENCE(SGX_ENTRY) = {
	ASN1_SIMPLE(SGX_ENTRY, oid, ASN1_OBJECT),
	ASN1_SIMPLE(SGX_ENTRY, value, ASN1_ANY),
} static_ASN1_SEQUENCE_END(SGX_ENTRY)

IMPLEMENT_STATIC_ASN1_ALLOC_FUNCTIONS(SGX_ENTRY)

DEFINE_STACK_OF(SGX_ENTRY)
typedef STACK_OF(SGX_ENTRY) SGX_ENTRIES;

ASN1_ITEM_TEMPLATE(SGX_ENTRIES) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, SGX_ENTRIES, SGX_ENTRY)
static_ASN1_ITEM_TEMPLATE_END(SGX_ENTRIES);
/* clang-format on */

static void
entries_free(SGX_ENTRIES **list)
{
	sk_SGX_ENTRY_pop_free(*list, SGX_ENTRY_free);
}

CLEANUP_TYPE(cleanup_entry, SGX_ENTRY, SGX_ENTRY_free)
CLEANUP_TYPE(cleanup_integer, ASN1_INTEGER, ASN1_INTEGER_free)
CLEANUP_TYPE(cleanup_octets, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
CLEANUP_TYPE(cleanup_object, ASN1_OBJECT, ASN1_OBJECT_free)

/* Appends an entry with an OID below the extension's own, "2.17" for one. */
static ASN1_TYPE *
entry_add(SGX_ENTRIES *list, const char *suffix)
{
	SGX_ENTRY *entry CLEANUP(cleanup_entry) = SGX_ENTRY_new();
	char oid[64];

	snprintf(oid, sizeof(oid), "%s.%s", SGX_OID, suffix);
	if (list == NULL || entry == NULL)
		return NULL;
	ASN1_OBJECT_free(entry->oid);
	entry->oid = OBJ_txt2obj(oid, 1);
	if (entry->oid == NULL || sk_SGX_ENTRY_push(list, entry) <= 0)
		return NULL;
	return TAKE(entry)->value;
}

static bool
add_octets(SGX_ENTRIES *list, const char *suffix, const uint8_t *p, size_t n)
{
	ASN1_TYPE *value = entry_add(list, suffix);
	ASN1_OCTET_STRING *s CLEANUP(cleanup_octets) = ASN1_OCTET_STRING_new();

	if (value == NULL || s == NULL || !ASN1_STRING_set(s, p, (int)n))
		return false;
	ASN1_TYPE_set(value, V_ASN1_OCTET_STRING, TAKE(s));
	return true;
}

static bool
add_number(SGX_ENTRIES *list, const char *suffix, int type, long number)
{
	ASN1_TYPE *value = entry_add(list, suffix);
	ASN1_INTEGER *i CLEANUP(cleanup_integer) = ASN1_INTEGER_new();

	if (value == NULL || i == NULL)
		return false;
	int ok = type == V_ASN1_ENUMERATED ? ASN1_ENUMERATED_set(i, number)
					   : ASN1_INTEGER_set(i, number);
	if (!ok)
		return false;
	ASN1_TYPE_set(value, type, TAKE(i));
	return true;
}

static bool
add_boolean(SGX_ENTRIES *list, const char *suffix, bool truth)
{
	ASN1_TYPE *value = entry_add(list, suffix);

	if (value == NULL)
		return false;
	ASN1_TYPE_set(value, V_ASN1_BOOLEAN, truth ? value : NULL);
	return true;
}

/* The DER of a list as a string of the given type (SEQUENCE or OCTET STRING
 * hold it as it is). */
static ASN1_STRING *
entries_der(SGX_ENTRIES *list, int type)
{
	ASN1_STRING *s = ASN1_STRING_type_new(type);
	unsigned char *der = NULL;
	int n = ASN1_item_i2d(
	    (ASN1_VALUE *)list, &der, ASN1_ITEM_rptr(SGX_ENTRIES));

	if (s == NULL || n <= 0) {
		ASN1_STRING_free(s);
		OPENSSL_free(der);
		return NULL;
	}
	ASN1_STRING_set0(s, der, n);
	return s;
}

static bool
add_sequence(SGX_ENTRIES *list, const char *suffix, SGX_ENTRIES *inner)
{
	ASN1_TYPE *value = entry_add(list, suffix);
	ASN1_STRING *s = entries_der(inner, V_ASN1_SEQUENCE);

	if (value == NULL || s == NULL) {
		ASN1_STRING_free(s);
		return false;
	}
	ASN1_TYPE_set(value, V_ASN1_SEQUENCE, s);
	return true;
}

static bool
add_tcb(SGX_ENTRIES *list, const struct sim_tcb *tcb)
{
	SGX_ENTRIES *inner CLEANUP(entries_free) = sk_SGX_ENTRY_new_null();
	char suffix[16];

	for (int i = 0; i < 16; i++) {
		snprintf(suffix, sizeof(suffix), "2.%d", i + 1);
		if (!add_number(
			inner, suffix, V_ASN1_INTEGER, tcb->component[i]))
			return false;
	}
	/* CPUSVN is opaque; here, as on most platforms, it is the same 16
	 * bytes. */
	return add_number(inner, "2.17", V_ASN1_INTEGER, tcb->pce_svn) &&
	       add_octets(inner, "2.18", tcb->component, 16) &&
	       add_sequence(list, "2", inner);
}

static bool
add_configuration(SGX_ENTRIES *list, const struct sim_spec *spec)
{
	SGX_ENTRIES *inner CLEANUP(entries_free) = sk_SGX_ENTRY_new_null();

	return add_boolean(inner, "7.1", spec->dynamic_platform) &&
	       add_boolean(inner, "7.2", spec->cached_keys) &&
	       add_boolean(inner, "7.3", spec->smt_enabled) &&
	       add_sequence(list, "7", inner);
}

/* 16 bytes that differ from platform to platform. */
static void
derive_id(uint8_t out[static SHA256_SIZE], const char *label,
    const struct ec_point *key)
{
	sha256_two(out, label, strlen(label), key->data, key->n);
}

static bool
add_all(
    SGX_ENTRIES *list, const struct sim_spec *spec, const struct ec_point *key)
{
	uint8_t ppid[SHA256_SIZE], instance[SHA256_SIZE];

	derive_id(ppid, "SIMULATED PPID", key);
	derive_id(instance, "SIMULATED platform instance", key);
	if (!add_octets(list, "1", ppid, 16) || !add_tcb(list, &spec->tcb) ||
	    !add_octets(list, "3", spec->pce_id, sizeof(spec->pce_id)) ||
	    !add_octets(list, "4", spec->fmspc, sizeof(spec->fmspc)) ||
	    !add_number(list, "5", V_ASN1_ENUMERATED, spec->sgx_type))
		return false;
	return spec->processor_ca || (add_octets(list, "6", instance, 16) &&
					 add_configuration(list, spec));
}

bool
pck_extension_add(X509 *cert, const struct sim_spec *spec)
{
	SGX_ENTRIES *list CLEANUP(entries_free) = sk_SGX_ENTRY_new_null();
	struct ec_point key;

	if (!ec_export(&key, X509_get0_pubkey(cert)) ||
	    !add_all(list, spec, &key))
		return false;
	ASN1_OCTET_STRING *der CLEANUP(cleanup_octets) =
	    entries_der(list, V_ASN1_OCTET_STRING);
	ASN1_OBJECT *oid CLEANUP(cleanup_object) = OBJ_txt2obj(SGX_OID, 1);
	if (der == NULL || oid == NULL)
		return false;
	X509_EXTENSION *ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, der);
	bool ok = ext != NULL && X509_add_ext(cert, ext, -1) > 0;
	X509_EXTENSION_free(ext);
	return ok;
}
