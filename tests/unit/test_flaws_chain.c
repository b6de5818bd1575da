/* SPDX-License-Identifier: BSD-3-Clause */
/* Forged chains, and certificates out of their place: spec dcap.md, the
 * generic part of section 12, and section 14.  Most are signed by whoever
 * should have signed them. */
#include "tests/unit/flaws.h"

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

static X509 *
issued(X509 *c, const X509 *by, enum sim_key key)
{
	assert_true(X509_set_issuer_name(c, X509_get_subject_name(by)));
	return cert_sign(c, key_of(&s, key));
}

static void
root_of_the_quote_is_not_trusted(void **state)
{
	(void)state;
	/* The same names, the same shape, other keys. */
	spec.tamper.foreign_root = true;
	scene_vary(&s, &spec);
	expect_invalid(&s, DCI_PCK_ROOT_UNTRUSTED);
	/* The genuine root beside the foreign chain. */
	struct dci_failure f;
	struct sim_platform *other = sim_build(&spec, &f);
	chain_put(&s.part[PART_CHAIN],
	    X509_dup(other->pki.certificate[SIM_KEY_PCK]),
	    X509_dup(other->pki.certificate[SIM_KEY_PCK_CA]),
	    cert_of(&s, SIM_KEY_ROOT), NULL);
	expect_invalid(&s, DCI_PCK_CHAIN_SIGNATURE_INVALID);
	sim_close(other);
	/* Everything simulated, and Intel's root asked for. */
	spec.tamper.foreign_root = false;
	scene_vary(&s, &spec);
	s.anchor = dci_anchor_intel;
	expect_invalid(&s, DCI_PCK_ROOT_UNTRUSTED);
}

/* Two certificates for one root key, as Intel has them. */
static void
the_key_is_pinned_and_not_the_certificate(void **state)
{
	X509 *root = cert_of(&s, SIM_KEY_ROOT);

	(void)state;
	assert_true(ASN1_TIME_set(X509_getm_notAfter(root), NOW + 9 * DAY));
	cert_sign(root, key_of(&s, SIM_KEY_ROOT));
	chain_put(&s.part[PART_CHAIN], cert_of(&s, SIM_KEY_PCK),
	    cert_of(&s, SIM_KEY_PCK_CA), X509_dup(root), NULL);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	/* Its own signature counts although its key is pinned. */
	X509 *forged = cert_sign(X509_dup(root), key_of(&s, SIM_KEY_PCK));
	chain_put(&s.part[PART_CHAIN], cert_of(&s, SIM_KEY_PCK),
	    cert_of(&s, SIM_KEY_PCK_CA), forged, NULL);
	expect_invalid(&s, DCI_PCK_CHAIN_SIGNATURE_INVALID);
	X509_free(root);
}

static void
leaf_signed_by_the_root(void **state)
{
	X509 *root = cert_of(&s, SIM_KEY_ROOT);

	(void)state;
	leaf_put(&s, issued(cert_of(&s, SIM_KEY_PCK), root, SIM_KEY_ROOT));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	chain_put(&s.part[PART_CHAIN],
	    issued(cert_of(&s, SIM_KEY_PCK), root, SIM_KEY_ROOT),
	    X509_dup(root), NULL);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
	/* The right names, and the root's signature. */
	leaf_put(
	    &s, cert_sign(cert_of(&s, SIM_KEY_PCK), key_of(&s, SIM_KEY_ROOT)));
	expect_invalid(&s, DCI_PCK_CHAIN_SIGNATURE_INVALID);
	X509_free(root);
}

static void
intermediate_as_leaf(void **state)
{
	X509 *ca = cert_of(&s, SIM_KEY_PCK_CA);

	(void)state;
	qe_sign(&s, key_of(&s, SIM_KEY_PCK_CA));
	chain_put(&s.part[PART_CHAIN], X509_dup(ca), X509_dup(ca),
	    cert_of(&s, SIM_KEY_ROOT), NULL);
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	chain_put(
	    &s.part[PART_CHAIN], X509_dup(ca), cert_of(&s, SIM_KEY_ROOT), NULL);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
	/* A CA certificate below the CA. */
	leaf_put(&s, issued(X509_dup(ca), ca, SIM_KEY_PCK_CA));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	X509_free(ca);
}

static void
leaf_that_is_a_ca(void **state)
{
	X509 *leaf = cert_of(&s, SIM_KEY_PCK);

	(void)state;
	cert_replace_text(leaf, NID_basic_constraints, "critical,CA:TRUE");
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	leaf = cert_of(&s, SIM_KEY_PCK);
	cert_replace_text(
	    leaf, NID_key_usage, "critical,digitalSignature,keyCertSign");
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
}

static void
signer_as_intermediate(void **state)
{
	X509 *signer = cert_of(&s, SIM_KEY_TCB_SIGNER);

	(void)state;
	chain_put(&s.part[PART_CHAIN],
	    issued(cert_of(&s, SIM_KEY_PCK), signer, SIM_KEY_TCB_SIGNER),
	    X509_dup(signer), cert_of(&s, SIM_KEY_ROOT), NULL);
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	X509_free(signer);
}

static void
pck_as_signer(void **state)
{
	X509 *root = cert_of(&s, SIM_KEY_ROOT);

	(void)state;
	doc_sign(&s, DCI_DOC_TCB_INFO, inner_of(&s, DCI_DOC_TCB_INFO),
	    key_of(&s, SIM_KEY_PCK));
	chain_put(&s.doc[DCI_DOC_TCB_INFO_CHAIN], cert_of(&s, SIM_KEY_PCK),
	    cert_of(&s, SIM_KEY_PCK_CA), NULL);
	expect_invalid(&s, DCI_TCB_INFO_CHAIN_UNACCEPTABLE);
	chain_put(&s.doc[DCI_DOC_TCB_INFO_CHAIN], cert_of(&s, SIM_KEY_PCK),
	    cert_of(&s, SIM_KEY_PCK_CA), X509_dup(root), NULL);
	expect_invalid(&s, DCI_TCB_INFO_CHAIN_MALFORMED);
	/* Even if the root had issued it. */
	chain_put(&s.doc[DCI_DOC_TCB_INFO_CHAIN],
	    issued(cert_of(&s, SIM_KEY_PCK), root, SIM_KEY_ROOT),
	    X509_dup(root), NULL);
	expect_invalid(&s, DCI_TCB_INFO_CHAIN_UNACCEPTABLE);
	/* The CA as the signer. */
	chain_put(&s.doc[DCI_DOC_TCB_INFO_CHAIN], cert_of(&s, SIM_KEY_PCK_CA),
	    X509_dup(root), NULL);
	expect_invalid(&s, DCI_TCB_INFO_CHAIN_UNACCEPTABLE);
	X509_free(root);
}

static void
pem_text(const char *before, const char *between, size_t between_n,
    const char *after, size_t after_n)
{
	struct writer w = writer_new(LIMIT_QUOTE), one = writer_new(0);
	static const enum sim_key order[] = {
	    SIM_KEY_PCK, SIM_KEY_PCK_CA, SIM_KEY_ROOT};

	writer_text(&w, before);
	for (size_t i = 0; i < 3; i++) {
		chain_put(&one, cert_of(&s, order[i]), NULL);
		writer_put(&w, one.data, one.n);
		if (i < 2)
			writer_put(&w, between, between_n);
	}
	writer_put(&w, after, after_n);
	put(&s.part[PART_CHAIN], w.data, w.n);
	writer_free(&w);
	writer_free(&one);
}

static void
text_around_pem(void **state)
{
	(void)state;
	pem_text("", "", 0, "", 0);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	pem_text("\n", " \r\n\t", 4, "\0", 1);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	pem_text("", "\0", 1, "", 0);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
	pem_text("", "", 0, "\0\0", 2);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
	pem_text("", "", 0, "\0\n", 2);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
	pem_text("subject=x\n", "", 0, "", 0);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
	pem_text("", "x", 1, "", 0);
	expect_invalid(&s, DCI_PCK_CHAIN_MALFORMED);
}

static void
pem_with_crlf(void **state)
{
	struct writer w = writer_new(LIMIT_QUOTE);

	(void)state;
	for (size_t i = 0; i < s.part[PART_CHAIN].n; i++) {
		if (s.part[PART_CHAIN].data[i] == '\n')
			writer_u8(&w, '\r');
		writer_u8(&w, s.part[PART_CHAIN].data[i]);
	}
	put(&s.part[PART_CHAIN], w.data, w.n);
	writer_free(&w);
	expect(&s, DCI_STATUS_UP_TO_DATE);
}

static void
number_and_order_of_certificates(void **state)
{
	static const struct {
		const char *order; /* l, c, r, s: leaf, CA, root, signer */
		enum dci_code code;
	} cases[] = {
	    {"lcr", DCI_OK},
	    {"rcl", DCI_OK},
	    {"crl", DCI_OK},
	    {"rlc", DCI_OK},
	    {"", DCI_PCK_CHAIN_MALFORMED},
	    {"l", DCI_PCK_CHAIN_MALFORMED},
	    {"lc", DCI_PCK_CHAIN_MALFORMED},
	    {"lcrr", DCI_PCK_CHAIN_MALFORMED},
	    {"lcrs", DCI_PCK_CHAIN_MALFORMED},
	    {"llcr", DCI_PCK_CHAIN_MALFORMED},
	    {"lcc", DCI_PCK_CHAIN_UNACCEPTABLE},
	    {"lrr", DCI_PCK_CHAIN_UNACCEPTABLE},
	    {"llr", DCI_PCK_CHAIN_UNACCEPTABLE},
	    {"rrr", DCI_PCK_CHAIN_UNACCEPTABLE},
	    {"scr", DCI_PCK_CHAIN_UNACCEPTABLE},
	};
	static const char letters[] = "lcrs";
	static const enum sim_key keys[] = {
	    SIM_KEY_PCK, SIM_KEY_PCK_CA, SIM_KEY_ROOT, SIM_KEY_TCB_SIGNER};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct writer w = writer_new(LIMIT_QUOTE), one = writer_new(0);

		for (const char *c = cases[i].order; *c != '\0'; c++) {
			const char *at = strchr(letters, *c);

			chain_put(&one, cert_of(&s, keys[at - letters]), NULL);
			writer_put(&w, one.data, one.n);
		}
		put(&s.part[PART_CHAIN], w.data, w.n);
		judge(&s, NULL);
		expect_verdict(cases[i].code == DCI_OK ? DCI_STATUS_UP_TO_DATE
						       : DCI_STATUS_INVALID,
		    cases[i].code);
		writer_free(&w);
		writer_free(&one);
	}
}

static void
late_dates(void **state)
{
	/* Beyond 2038 and 2049, up to the last that X.509 has. */
	static const int64_t last = INT64_C(253402300799);
	struct sim_validity *const all[] = {&spec.root, &spec.pck_ca,
	    &spec.tcb_signer, &spec.pck, &spec.tcb_info, &spec.qe_identity,
	    &spec.root_crl, &spec.pck_crl};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		all[i]->to = last;
	scene_vary(&s, &spec);
	for (int64_t at = NOW; at < last; at += 100 * 365 * DAY) {
		s.now = at;
		expect(&s, DCI_STATUS_UP_TO_DATE);
	}
	s.now = last;
	expect(&s, DCI_STATUS_UP_TO_DATE);
	s.now = last + 1;
	expect_invalid(&s, DCI_PCK_CHAIN_EXPIRED);
	s.now = INT64_C(2147483648);
	expect(&s, DCI_STATUS_UP_TO_DATE);
}

/* Each chain of the collateral has its own dates, although the same
 * certificates stand in several. */
static void
dates_of_each_chain(void **state)
{
	static const struct {
		enum dci_document chain;
		enum sim_key key;
		enum dci_code expired, not_yet_valid;
	} cases[] = {
	    {DCI_DOC_PCK_CRL_CHAIN, SIM_KEY_PCK_CA, DCI_PCK_CRL_CHAIN_EXPIRED,
		DCI_PCK_CRL_CHAIN_NOT_YET_VALID},
	    {DCI_DOC_TCB_INFO_CHAIN, SIM_KEY_TCB_SIGNER,
		DCI_TCB_INFO_CHAIN_EXPIRED, DCI_TCB_INFO_CHAIN_NOT_YET_VALID},
	    {DCI_DOC_QE_IDENTITY_CHAIN, SIM_KEY_TCB_SIGNER,
		DCI_QE_IDENTITY_CHAIN_EXPIRED,
		DCI_QE_IDENTITY_CHAIN_NOT_YET_VALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		X509 *c = cert_of(&s, cases[i].key);

		assert_true(ASN1_TIME_set(X509_getm_notBefore(c), NOW - 9));
		assert_true(ASN1_TIME_set(X509_getm_notAfter(c), NOW + 9));
		scene_collateral(&s);
		chain_put(&s.doc[cases[i].chain],
		    cert_sign(c, key_of(&s, SIM_KEY_ROOT)),
		    cert_of(&s, SIM_KEY_ROOT), NULL);
		s.now = NOW - 10;
		expect_invalid(&s, cases[i].not_yet_valid);
		s.now = NOW - 9;
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.now = NOW + 9;
		expect(&s, DCI_STATUS_UP_TO_DATE);
		s.now = NOW + 10;
		expect_invalid(&s, cases[i].expired);
	}
	s.now = INT64_MIN;
	expect_invalid(&s, DCI_PCK_CHAIN_NOT_YET_VALID);
	s.now = INT64_MAX;
	expect_invalid(&s, DCI_PCK_CHAIN_EXPIRED);
}

/* The key in the leaf's DER as a compressed point. */
static void
compressed_key(void **state)
{
	X509 *leaf = cert_of(&s, SIM_KEY_PCK);
	EVP_PKEY *key = EVP_PKEY_dup(key_of(&s, SIM_KEY_PCK));

	(void)state;
	assert_true(EVP_PKEY_set_utf8_string_param(
	    key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"));
	assert_true(X509_set_pubkey(leaf, key));
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	EVP_PKEY_free(key);
}

static void
other_curve_or_digest(void **state)
{
	X509 *leaf = cert_of(&s, SIM_KEY_PCK);
	EVP_PKEY *key = ec_generate(CURVE_P384);

	(void)state;
	assert_true(X509_set_pubkey(leaf, key));
	leaf_put(&s, cert_sign(leaf, key_of(&s, SIM_KEY_PCK_CA)));
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	leaf = cert_of(&s, SIM_KEY_PCK);
	assert_true(
	    X509_sign(leaf, key_of(&s, SIM_KEY_PCK_CA), EVP_sha384()) > 0);
	leaf_put(&s, leaf);
	expect_invalid(&s, DCI_PCK_CHAIN_UNACCEPTABLE);
	EVP_PKEY_free(key);
}

static void
platform_and_processor_ca(void **state)
{
	(void)state;
	spec.processor_ca = true;
	scene_vary(&s, &spec);
	expect(&s, DCI_STATUS_UP_TO_DATE);
	assert_false(v.platform_ca || v.has_configuration);
	/* Its leaf under the Platform CA, and the other way round. */
	X509 *bare = cert_of(&s, SIM_KEY_PCK);
	spec.processor_ca = false;
	scene_vary(&s, &spec);
	X509 *ca = cert_of(&s, SIM_KEY_PCK_CA),
	     *full = cert_of(&s, SIM_KEY_PCK);
	leaf_put(&s, issued(bare, ca, SIM_KEY_PCK_CA));
	expect_invalid(&s, DCI_PCK_EXTENSION_MALFORMED);
	X509_free(ca);
	spec.processor_ca = true;
	scene_vary(&s, &spec);
	ca = cert_of(&s, SIM_KEY_PROCESSOR_CA);
	leaf_put(&s, issued(full, ca, SIM_KEY_PROCESSOR_CA));
	expect_invalid(&s, DCI_PCK_EXTENSION_MALFORMED);
	X509_free(ca);
}

#define GENERIC(text, fn)                                   \
	{                                                   \
		"generic: " text, fn, setup, teardown, NULL \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    GENERIC(
		"root taken from the quote", root_of_the_quote_is_not_trusted),
	    GENERIC("the anchor is a key",
		the_key_is_pinned_and_not_the_certificate),
	    GENERIC("leaf signed by the root", leaf_signed_by_the_root),
	    GENERIC("intermediate as leaf", intermediate_as_leaf),
	    GENERIC("leaf that is a CA", leaf_that_is_a_ca),
	    GENERIC("TCB signer as intermediate", signer_as_intermediate),
	    GENERIC("PCK as TCB signer", pck_as_signer),
	    GENERIC("text and NUL around PEM", text_around_pem),
	    GENERIC("PEM with CRLF", pem_with_crlf),
	    GENERIC("number and order of certificates",
		number_and_order_of_certificates),
	    GENERIC("2038, 2050, 9999", late_dates),
	    GENERIC("dates of each chain", dates_of_each_chain),
	    GENERIC("25: compressed key", compressed_key),
	    GENERIC("other curve or digest", other_curve_or_digest),
	    GENERIC("Platform and Processor CA", platform_and_processor_ca),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
