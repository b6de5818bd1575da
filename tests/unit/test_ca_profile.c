/* SPDX-License-Identifier: BSD-3-Clause */
#include "ca_fixture.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "ca/certificate.h"
#include "ca/profile.h"

static struct bytes
value_of(X509_EXTENSION *e)
{
	const ASN1_OCTET_STRING *s = X509_EXTENSION_get_data(e);

	return (struct bytes){
	    ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
}

/* What a changed encoding decodes to is something else, or nothing: there is
 * one encoding for each value. */
static void
every_value_has_one_encoding(void **state)
{
	(void)state;
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	X509_EXTENSION *both[] = {
	    profile_scope_extension(&leaf), profile_tcb_extension(&leaf)};
	struct profile_scope scope, scope2;
	struct profile_tcb tcb, tcb2;

	for (size_t k = 0; k < 2; k++) {
		struct bytes der = value_of(both[k]);
		uint8_t *copy = malloc(der.n + 1);

		/* padding is compared too */
		memset(&scope2, 0, sizeof(scope2));
		memset(&tcb2, 0, sizeof(tcb2));
		assert_int_equal(profile_scope_decode(&scope, der), k == 0);
		assert_int_equal(profile_tcb_decode(&tcb, der), k == 1);
		memcpy(copy, der.p, der.n);
		for (size_t i = 0; i < der.n * 8; i++) {
			struct bytes bad = {copy, der.n};

			copy[i / 8] ^= (uint8_t)(1 << i % 8);
			if (profile_scope_decode(&scope2, bad))
				assert_true(
				    scope2.binding != scope.binding ||
				    scope2.assurance != scope.assurance ||
				    scope2.tee[0] != scope.tee[0] ||
				    memcmp(scope2.evidence_digest,
					scope.evidence_digest, 64) != 0);
			if (profile_tcb_decode(&tcb2, bad))
				assert_memory_not_equal(
				    &tcb2, &tcb, sizeof(tcb));
			copy[i / 8] ^= (uint8_t)(1 << i % 8);
		}
		for (size_t n = 0; n < der.n; n++) {
			uint8_t *exact = malloc(n + 1);

			memcpy(exact, der.p, n);
			assert_false(profile_scope_decode(
			    &scope2, (struct bytes){exact, n}));
			assert_false(profile_tcb_decode(
			    &tcb2, (struct bytes){exact, n}));
			free(exact);
		}
		copy[der.n] = 0;
		assert_false(profile_scope_decode(
		    &scope2, (struct bytes){copy, der.n + 1}));
		assert_false(
		    profile_tcb_decode(&tcb2, (struct bytes){copy, der.n + 1}));
		free(copy);
		X509_EXTENSION_free(both[k]);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

/* A scope with the given version and TEE types. */
static bool
decodes(long version, long assurance, size_t tees, const long *tee, int digest)
{
	DELEGATION_SCOPE *s = DELEGATION_SCOPE_new();
	struct profile_scope scope;
	uint8_t zero[64] = {0}, *der = NULL;

	ASN1_INTEGER_set(s->version, version);
	ASN1_ENUMERATED_set(s->binding, 0);
	ASN1_ENUMERATED_set(s->assurance, assurance);
	for (size_t i = 0; i < tees; i++) {
		ASN1_INTEGER *n = ASN1_INTEGER_new();

		ASN1_INTEGER_set(n, tee[i]);
		sk_ASN1_INTEGER_push(s->tee_types, n);
	}
	ASN1_OCTET_STRING_set(s->evidence_digest, zero, 32);
	ASN1_OCTET_STRING_set(s->policy_digest, zero, digest);
	int n = i2d_DELEGATION_SCOPE(s, &der);
	bool result =
	    profile_scope_decode(&scope, (struct bytes){der, (size_t)n});
	OPENSSL_free(der);
	DELEGATION_SCOPE_free(s);
	return result;
}

static void
takes_only_the_values_of_version_0(void **state)
{
	(void)state;
	const long tees[] = {0, 129, 1, 2, 3, 4, 5, 6, 7}, twice[] = {0, 0},
		   large[] = {256}, negative[] = {-1};

	assert_true(decodes(0, 0, 1, tees, 32));
	assert_true(decodes(0, 2, 2, tees, 32));
	assert_true(decodes(0, 0, 8, tees, 32));
	assert_false(decodes(0, 0, 9, tees, 32));
	assert_false(decodes(0, 0, 0, tees, 32));
	assert_false(decodes(0, 0, 2, twice, 32));
	assert_false(decodes(0, 0, 1, large, 32));
	assert_false(decodes(0, 0, 1, negative, 32));
	assert_false(decodes(1, 0, 1, tees, 32));
	assert_false(decodes(-1, 0, 1, tees, 32));
	assert_false(decodes(0, 3, 1, tees, 32));
	assert_false(decodes(0, -1, 1, tees, 32));
	assert_false(decodes(0, 0, 1, tees, 31));
	assert_false(decodes(0, 0, 1, tees, 33));
}

/* --- whole certificates, each with one thing wrong --- */

enum change {
	NOTHING,
	NO_USAGE,
	OTHER_USAGE,
	NO_PURPOSE,
	OTHER_PURPOSE,
	IS_CA,
	NO_SCOPE,
	TWO_SCOPES,
	CRITICAL_SCOPE,
	NO_TCB,
	TWO_TCBS,
	NO_POLICY,
	OTHER_POLICY,
	OTHER_ASSURANCE,
	TWO_POLICY_EXTENSIONS,
	CHANGES
};

static X509 *
changed(enum change change)
{
	static const uint8_t serial[CA_SERIAL_SIZE] = {1};
	struct ca_leaf leaf = leaf_example(CURVE_P256);
	X509 *x = certificate_new(serial, NOW, NOW + 1);
	bool ok = certificate_set_key(x, &leaf.key);

	if (change != NO_USAGE)
		ok = ok && certificate_add_new(x,
			       extension_key_usage(
				   change == OTHER_USAGE
				       ? KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT
				       : KU_DIGITAL_SIGNATURE));
	if (change != NO_PURPOSE)
		ok = ok &&
		     certificate_add_new(x,
			 extension_purpose(change == OTHER_PURPOSE
					       ? OBJ_nid2obj(NID_server_auth)
					       : oid_object(OID_EKU_RESULTS)));
	if (change == IS_CA)
		ok = ok && certificate_add_new(x, extension_ca(0));
	int scopes = change == NO_SCOPE ? 0 : change == TWO_SCOPES ? 2 : 1;
	for (int i = 0; i < scopes; i++) {
		X509_EXTENSION *e = profile_scope_extension(&leaf);

		ok = ok && e != NULL &&
		     X509_EXTENSION_set_critical(e, change == CRITICAL_SCOPE) &&
		     certificate_add_new(x, e);
	}
	for (int i = 0; i < (change == NO_TCB ? 0 : 1 + (change == TWO_TCBS));
	     i++)
		ok = ok && certificate_add_new(x, profile_tcb_extension(&leaf));
	int policies = change == NO_POLICY               ? 0
		       : change == TWO_POLICY_EXTENSIONS ? 2
							 : 1;
	for (int i = 0; i < policies; i++)
		ok = ok && certificate_add_new(
			       x, extension_policy(
				      change == OTHER_POLICY
					  ? OBJ_nid2obj(NID_any_policy)
				      : change == OTHER_ASSURANCE
					  ? oid_object(OID_POLICY_INSECURE)
					  : oid_object(OID_POLICY_HARDWARE)));
	assert_true(ok);
	return x;
}

static void
refuses_certificates_outside_of_the_profile(void **state)
{
	(void)state;
	static const enum dci_code expected[CHANGES] = {
	    [NOTHING] = DCI_OK,
	    [NO_USAGE] = DCI_DELEGATION_PURPOSE,
	    [OTHER_USAGE] = DCI_DELEGATION_PURPOSE,
	    [NO_PURPOSE] = DCI_DELEGATION_PURPOSE,
	    [OTHER_PURPOSE] = DCI_DELEGATION_PURPOSE,
	    [IS_CA] = DCI_DELEGATION_PURPOSE,
	    [NO_SCOPE] = DCI_DELEGATION_MALFORMED,
	    [TWO_SCOPES] = DCI_DELEGATION_MALFORMED,
	    [CRITICAL_SCOPE] = DCI_DELEGATION_MALFORMED,
	    [NO_TCB] = DCI_DELEGATION_MALFORMED,
	    [TWO_TCBS] = DCI_DELEGATION_MALFORMED,
	    [NO_POLICY] = DCI_DELEGATION_MALFORMED,
	    [OTHER_POLICY] = DCI_DELEGATION_MALFORMED,
	    [OTHER_ASSURANCE] = DCI_DELEGATION_ASSURANCE,
	    [TWO_POLICY_EXTENSIONS] = DCI_DELEGATION_MALFORMED,
	};

	for (enum change c = NOTHING; c < CHANGES; c++) {
		struct dci_failure f = {.code = DCI_OK};
		struct profile_leaf leaf;
		X509 *built = changed(c);
		EVP_PKEY *key = ec_generate(CURVE_P256);
		uint8_t *der = NULL;

		/* through DER, as a relying party gets it */
		assert_true(X509_sign(built, key, EVP_sha256()) > 0);
		int n = i2d_X509(built, &der);
		const uint8_t *p = der;
		X509 *x = d2i_X509(NULL, &p, n);
		assert_non_null(x);
		int result = profile_read(x, &leaf, &f);
		if (f.code != expected[c] || (result == 0) != (c == NOTHING))
			fail_msg("%d: %s: %s", (int)c, dci_code_name(f.code),
			    f.sentence);
		assert_int_equal(ERR_peek_error(), 0);
		OPENSSL_free(der);
		X509_free(x);
		X509_free(built);
		EVP_PKEY_free(key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_value_has_one_encoding),
	    cmocka_unit_test(takes_only_the_values_of_version_0),
	    cmocka_unit_test(refuses_certificates_outside_of_the_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
