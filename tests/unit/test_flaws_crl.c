/* SPDX-License-Identifier: BSD-3-Clause */
/* Revocation lists that are not what they should be, and names: spec dcap.md,
 * sections 12 (generic) and 14. */
#include <openssl/ec.h>

#include "tests/unit/flaws.h"

CLEANUP_TYPE(cleanup_crl, X509_CRL, X509_CRL_free)

static struct scene s;
static struct sim_spec spec;

static int
setup(void **state)
{
	(void)state;
	sim_spec_default(&spec, NOW);
	scene_make(&s, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scene_free(&s);
	return 0;
}

static X509_CRL *
crl_of(const struct scene *from, enum dci_document d)
{
	const uint8_t *p = from->doc[d].data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)from->doc[d].n);

	assert_non_null(crl);
	return crl;
}

static void
crl_put(enum dci_document d, X509_CRL *crl, EVP_PKEY *key, const EVP_MD *md)
{
	uint8_t *der = NULL;

	assert_true(X509_CRL_sign(crl, key, md) > 0);
	int n = i2d_X509_CRL(crl, &der);
	assert_true(n > 0);
	put(&s.doc[d], der, (size_t)n);
	OPENSSL_free(der);
}

/* Another CA that the same root has certified; of the same name unless it is
 * the Processor CA. */
static void
other_ca(struct scene *out, bool processor)
{
	struct sim_spec other = spec;
	struct sim_pki pki;
	struct dci_failure f;

	other.processor_ca = processor;
	assert_true(pki_share(&pki, &s.p->pki));
	EVP_PKEY_free(pki.key[SIM_KEY_PCK_CA]);
	pki.key[SIM_KEY_PCK_CA] = NULL;
	*out = (struct scene){.now = NOW, .anchor = s.anchor};
	out->p = platform_make(&pki, &other, &f);
	assert_non_null(out->p);
	scene_collateral(out);
	scene_quote(out, 3);
	expect(out, DCI_STATUS_UP_TO_DATE);
}

static void
copy(enum dci_document d, const struct scene *from)
{
	put(&s.doc[d], from->doc[d].data, from->doc[d].n);
}

static void
list_of_another_ca(void **state)
{
	(void)state;
	for (int processor = 0; processor < 2; processor++) {
		struct scene other;

		other_ca(&other, processor);
		scene_collateral(&s);
		copy(DCI_DOC_PCK_CRL, &other);
		expect_invalid(&s, processor ? DCI_PCK_CRL_ISSUER_MISMATCH
					     : DCI_PCK_CRL_SIGNATURE_INVALID);
		copy(DCI_DOC_PCK_CRL_CHAIN, &other);
		expect_invalid(&s, DCI_PCK_CRL_OF_OTHER_CA);
		scene_free(&other);
	}
}

static void
list_signed_by_the_leaf(void **state)
{
	X509_CRL *crl CLEANUP(cleanup_crl) = crl_of(&s, DCI_DOC_PCK_CRL);

	(void)state;
	crl_put(DCI_DOC_PCK_CRL, crl, key_of(&s, SIM_KEY_PCK), EVP_sha256());
	expect_invalid(&s, DCI_PCK_CRL_SIGNATURE_INVALID);
	chain_put(&s.doc[DCI_DOC_PCK_CRL_CHAIN], cert_of(&s, SIM_KEY_PCK),
	    cert_of(&s, SIM_KEY_PCK_CA), NULL);
	expect_invalid(&s, DCI_PCK_CRL_CHAIN_UNACCEPTABLE);
	chain_put(&s.doc[DCI_DOC_PCK_CRL_CHAIN],
	    cert_of(&s, SIM_KEY_TCB_SIGNER), cert_of(&s, SIM_KEY_ROOT), NULL);
	expect_invalid(&s, DCI_PCK_CRL_CHAIN_UNACCEPTABLE);
}

static void
lists_in_each_others_place(void **state)
{
	struct writer t = s.doc[DCI_DOC_PCK_CRL];

	(void)state;
	s.doc[DCI_DOC_PCK_CRL] = s.doc[DCI_DOC_ROOT_CA_CRL];
	s.doc[DCI_DOC_ROOT_CA_CRL] = t;
	expect_invalid(&s, DCI_ROOT_CRL_SIGNATURE_INVALID);
	scene_collateral(&s);
	copy(DCI_DOC_PCK_CRL,
	    &(struct scene){
		.doc = {[DCI_DOC_PCK_CRL] = s.doc[DCI_DOC_ROOT_CA_CRL]}});
	expect_invalid(&s, DCI_PCK_CRL_ISSUER_MISMATCH);
}

static void
crl_extension(X509_CRL *crl, const char *oid, int critical)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	static const uint8_t der[] = {0x30, 0x00};

	assert_true(ASN1_OCTET_STRING_set(value, der, sizeof(der)));
	X509_EXTENSION *e =
	    X509_EXTENSION_create_by_OBJ(NULL, o, critical, value);
	assert_true(X509_CRL_add_ext(crl, e, -1));
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(o);
}

static void
crl_without(X509_CRL *crl, int nid)
{
	int at = X509_CRL_get_ext_by_NID(crl, nid, -1);

	X509_EXTENSION_free(X509_CRL_delete_ext(crl, at));
}

/* What a CRL may be told to be, and how the verdict comes out. */
static const struct {
	const char *add; /* an extension */
	int critical, without;
	bool fine;
} forms[] = {
    {NULL, 0, 0, true},
    {"1.2.3.4", 0, 0, true},
    {"1.2.3.4", 1, 0, false},
    {"2.5.29.27", 1, 0, false}, /* deltaCRLIndicator */
    {"2.5.29.27", 0, 0, false},
    {"2.5.29.28", 1, 0, false}, /* issuingDistributionPoint */
    {"2.5.29.28", 0, 0, false},
    {"2.5.29.20", 0, 0, false}, /* crlNumber twice */
    {NULL, 0, NID_crl_number, false},
    {NULL, 0, NID_authority_key_identifier, false},
};

static void
forms_of_lists(void **state)
{
	static const struct {
		enum dci_document document;
		enum sim_key key;
		enum dci_code code;
	} lists[] = {
	    {DCI_DOC_ROOT_CA_CRL, SIM_KEY_ROOT, DCI_ROOT_CRL_MALFORMED},
	    {DCI_DOC_PCK_CRL, SIM_KEY_PCK_CA, DCI_PCK_CRL_MALFORMED},
	};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		for (size_t i = 0; i < COUNT(forms); i++) {
			scene_collateral(&s);
			X509_CRL *crl CLEANUP(cleanup_crl) =
			    crl_of(&s, lists[l].document);
			if (forms[i].add != NULL)
				crl_extension(
				    crl, forms[i].add, forms[i].critical);
			if (forms[i].without != 0)
				crl_without(crl, forms[i].without);
			crl_put(lists[l].document, crl,
			    key_of(&s, lists[l].key), EVP_sha256());
			if (forms[i].fine)
				expect(&s, DCI_STATUS_UP_TO_DATE);
			else
				expect_invalid(&s, lists[l].code);
		}
	}
}

static void
other_versions_digests_and_tails(void **state)
{
	X509_CRL *crl CLEANUP(cleanup_crl) = crl_of(&s, DCI_DOC_PCK_CRL);
	EVP_PKEY *ca = key_of(&s, SIM_KEY_PCK_CA);

	(void)state;
	crl_put(DCI_DOC_PCK_CRL, crl, ca, EVP_sha384());
	expect_invalid(&s, DCI_PCK_CRL_MALFORMED);
	assert_true(X509_CRL_set_version(crl, X509_CRL_VERSION_1));
	crl_put(DCI_DOC_PCK_CRL, crl, ca, EVP_sha256());
	expect_invalid(&s, DCI_PCK_CRL_MALFORMED);
	scene_collateral(&s);
	writer_u8(&s.doc[DCI_DOC_PCK_CRL], 0);
	expect_invalid(&s, DCI_PCK_CRL_MALFORMED);
}

/* removeFromCRL and the like do not make it less revoked. */
static void
any_entry_revokes(void **state)
{
	static const long reasons[] = {CRL_REASON_UNSPECIFIED,
	    CRL_REASON_CERTIFICATE_HOLD, CRL_REASON_REMOVE_FROM_CRL};

	(void)state;
	for (size_t i = 0; i < COUNT(reasons); i++) {
		scene_collateral(&s);
		X509_CRL *crl CLEANUP(cleanup_crl) =
		    crl_of(&s, DCI_DOC_PCK_CRL);
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
		ASN1_TIME *later = ASN1_TIME_set(NULL, NOW + 100 * DAY);
		X509 *pck = cert_of(&s, SIM_KEY_PCK);

		assert_true(ASN1_ENUMERATED_set(why, reasons[i]));
		assert_true(X509_REVOKED_set_serialNumber(
		    r, X509_get_serialNumber(pck)));
		assert_true(X509_REVOKED_set_revocationDate(r, later));
		assert_true(X509_REVOKED_add1_ext_i2d(
		    r, NID_crl_reason, why, 0, X509V3_ADD_APPEND));
		assert_true(X509_CRL_add0_revoked(crl, r));
		crl_put(DCI_DOC_PCK_CRL, crl, key_of(&s, SIM_KEY_PCK_CA),
		    EVP_sha256());
		expect_revoked(&s, DCI_PCK_REVOKED);
		ASN1_ENUMERATED_free(why);
		ASN1_TIME_free(later);
		X509_free(pck);
	}
}

/* An entry of another issuer makes a list an indirect one. */
static void
indirect_list(void **state)
{
	X509_CRL *crl CLEANUP(cleanup_crl) = crl_of(&s, DCI_DOC_PCK_CRL);
	X509_REVOKED *r = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
	GENERAL_NAMES *issuer = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	X509 *root = cert_of(&s, SIM_KEY_ROOT);

	(void)state;
	GENERAL_NAME_set0_value(
	    name, GEN_DIRNAME, X509_NAME_dup(X509_get_subject_name(root)));
	assert_true(sk_GENERAL_NAME_push(issuer, name));
	for (int critical = 0; critical < 2; critical++) {
		assert_true(X509_REVOKED_add1_ext_i2d(r, NID_certificate_issuer,
		    issuer, critical, X509V3_ADD_REPLACE));
		crl_put(DCI_DOC_PCK_CRL, crl, key_of(&s, SIM_KEY_PCK_CA),
		    EVP_sha256());
		expect_invalid(&s, DCI_PCK_CRL_MALFORMED);
	}
	GENERAL_NAMES_free(issuer);
	X509_free(root);
}

static const char order[] =
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

/* Writes a signature of these two numbers, in DER, into a signed object. */
static void
forge(const ASN1_BIT_STRING *where, const char *r, const char *s_hex)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *rn = NULL, *sn = NULL;
	uint8_t *der = NULL;

	assert_true(BN_hex2bn(&rn, r) && BN_hex2bn(&sn, s_hex) &&
		    ECDSA_SIG_set0(sig, rn, sn));
	int n = i2d_ECDSA_SIG(sig, &der);
	assert_true(ASN1_STRING_set((ASN1_STRING *)where, der, n));
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
}

static void
signatures_out_of_range(void **state)
{
	static const char *const bad[][2] = {
	    {"0", "0"}, {"0", "1"}, {"1", "0"}, {order, "1"}, {"1", order}};
	const ASN1_BIT_STRING *where;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		X509 *leaf = cert_of(&s, SIM_KEY_PCK);
		uint8_t *der = NULL;

		X509_get0_signature(&where, NULL, leaf);
		forge(where, bad[i][0], bad[i][1]);
		leaf_put(&s, leaf);
		expect_invalid(&s, DCI_PCK_CHAIN_SIGNATURE_INVALID);
		scene_quote(&s, 3);
		X509_CRL *crl CLEANUP(cleanup_crl) =
		    crl_of(&s, DCI_DOC_PCK_CRL);
		X509_CRL_get0_signature(crl, &where, NULL);
		forge(where, bad[i][0], bad[i][1]);
		int n = i2d_X509_CRL(crl, &der);
		put(&s.doc[DCI_DOC_PCK_CRL], der, (size_t)n);
		OPENSSL_free(der);
		expect_invalid(&s, DCI_PCK_CRL_SIGNATURE_INVALID);
		scene_collateral(&s);
	}
}

static void
revoked_outranks_expired(void **state)
{
	const struct {
		bool *revoked;
		enum dci_code code;
	} cases[] = {
	    {&spec.revoked_pck, DCI_PCK_REVOKED},
	    {&spec.revoked_pck_ca, DCI_PCK_INTERMEDIATE_REVOKED},
	    {&spec.revoked_tcb_signer, DCI_TCB_SIGNER_REVOKED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		sim_spec_default(&spec, NOW);
		*cases[i].revoked = true;
		scene_vary(&s, &spec);
		s.now = NOW + 20 * 365 * DAY; /* everything but the root */
		expect_revoked(&s, cases[i].code);
	}
}

/* The same text in another string type is another name. */
static void
names_are_compared_as_der(void **state)
{
	X509 *leaf = cert_of(&s, SIM_KEY_PCK);
	X509_NAME *name = X509_NAME_dup(X509_get_issuer_name(leaf));
	X509_NAME_ENTRY *cn = X509_NAME_delete_entry(name, 0);
	ASN1_STRING *text = ASN1_STRING_dup(X509_NAME_ENTRY_get_data(cn));

	(void)state;
	assert_true(X509_NAME_ENTRY_set_data(cn, V_ASN1_PRINTABLESTRING,
	    ASN1_STRING_get0_data(text), ASN1_STRING_length(text)));
	ASN1_STRING_free(text);
	assert_true(X509_NAME_add_entry(name, cn, 0, 0));
	assert_true(X509_set_issuer_name(leaf, name));
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	X509_NAME_ENTRY_free(cn);
	X509_NAME_free(name);
}

#define GENERIC(text, fn)                                   \
	{                                                   \
		"generic: " text, fn, setup, teardown, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GENERIC("CRL of another CA", list_of_another_ca),
	    GENERIC("CRL signed by the leaf", list_signed_by_the_leaf),
	    GENERIC("each CRL for the other", lists_in_each_others_place),
	    GENERIC("delta, partial, unnumbered lists", forms_of_lists),
	    GENERIC("CRL version 1, SHA-384, trailing byte",
		other_versions_digests_and_tails),
	    GENERIC("any entry revokes", any_entry_revokes),
	    GENERIC("indirect list", indirect_list),
	    GENERIC("certificates and lists with r or s 0, n",
		signatures_out_of_range),
	    GENERIC("revoked outranks expired", revoked_outranks_expired),
	    GENERIC("names as DER", names_are_compared_as_der),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
