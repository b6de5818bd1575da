/* SPDX-License-Identifier: BSD-3-Clause */
/* Results whose certificates are not what they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "result_fixture.h"

#define NOW INT64_C(1790000000)

static struct maker maker, other_maker;
static struct dci_result out;

static void
expect(const struct dci_result_input *in, enum dci_code code)
{
	int status = dci_result_verify(&out, in);

	if (out.failure.code != code)
		fail_msg("%s instead of %s: %s",
		    dci_code_name(out.failure.code), dci_code_name(code),
		    out.failure.sentence);
	assert_int_equal(status, code == DCI_OK ? 0 : -1);
	assert_int_equal(out.trusted, code == DCI_OK);
	assert_string_equal(
	    dci_result_word(&out), code == DCI_OK ? "Trusted" : "Rejected");
	assert_int_equal(ERR_peek_error(), 0);
	if (code == DCI_OK) {
		assert_null(dci_checks_failed(&out.checks));
		return;
	}
	assert_non_null(dci_checks_failed(&out.checks));
	assert_int_equal(dci_checks_failed(&out.checks)->code, code);
	assert_true(strlen(out.failure.sentence) > 20);
}

static void
make(struct sample *s, struct spec spec)
{
	sample_make(s, &maker, &spec);
}

static int
setup(void **state)
{
	(void)state;
	maker_init(&maker, NOW);
	maker_init(&other_maker, NOW);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	maker_free(&maker);
	maker_free(&other_maker);
	return 0;
}

static void
an_expired_certificate_is_rejected(void **state)
{
	(void)state;
	struct spec spec = spec_at(NOW);
	struct sample s;

	spec.ttl = 3600;
	make(&s, spec);
	struct dci_result_input in = sample_input(&s, &maker, NOW + 3599);
	in.max_age = 0;
	expect(&in, DCI_OK);
	in.now = NOW + 3600; /* OpenSSL counts the last second as expired */
	expect(&in, DCI_RESULT_DELEGATION_EXPIRED);
	in.now = NOW - CA_BACKDATE_SECONDS - 1;
	expect(&in, DCI_RESULT_DELEGATION_NOT_YET_VALID);
	assert_false(out.has_delegation);
	sample_free(&s);
}

static void
certificates_of_another_purpose_are_rejected(void **state)
{
	(void)state;
	static const enum dci_code codes[] = {
	    [LEAF_TLS_SERVER] = DCI_DELEGATION_PURPOSE,
	    [LEAF_NO_PURPOSE] = DCI_DELEGATION_PURPOSE,
	    [LEAF_NO_SCOPE] = DCI_DELEGATION_MALFORMED,
	    [LEAF_CA] = DCI_DELEGATION_PURPOSE,
	};

	for (enum other_leaf k = LEAF_TLS_SERVER; k <= LEAF_CA; k++) {
		struct sample s;

		make(&s, spec_at(NOW));
		sample_other_leaf(&s, &maker, k);
		struct dci_result_input in = sample_input(&s, &maker, NOW);
		expect(&in, codes[k]);
		in = sample_jws_input(&s, &maker, NOW);
		expect(&in, codes[k]);
		sample_free(&s);
	}
}

/* The CA's own certificates are no delegation. */
static void
ca_certificates_are_rejected(void **state)
{
	(void)state;
	struct bytes cas[] = {ca_issuing_der(maker.ca), ca_root_der(maker.ca)};
	struct sample s;

	make(&s, spec_at(NOW));
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	for (size_t i = 0; i < 2; i++) {
		char *pem = sample_pem(&cas[i], 1);

		in.headers.certificate = pem;
		in.headers.certificate_size = strlen(pem);
		expect(&in,
		    i == 0 ? DCI_DELEGATION_PURPOSE : DCI_RESULT_CHAIN_INVALID);
		free(pem);
	}
	sample_free(&s);
}

static void
a_chain_to_another_root_is_rejected(void **state)
{
	(void)state;
	struct sample s;

	make(&s, spec_at(NOW));
	struct dci_result_input in = sample_input(&s, &other_maker, NOW);
	expect(&in, DCI_RESULT_CHAIN_UNTRUSTED);
	in = sample_jws_input(&s, &other_maker, NOW);
	expect(&in, DCI_RESULT_CHAIN_UNTRUSTED);
	/* the right root, and the other one's chain */
	struct sample t;
	struct spec spec = spec_at(NOW);
	sample_make(&t, &other_maker, &spec);
	in = sample_input(&s, &maker, NOW);
	in.headers.chain = t.chain;
	in.headers.chain_size = strlen(t.chain);
	expect(&in, DCI_RESULT_CHAIN_UNTRUSTED);
	sample_free(&s);
	sample_free(&t);
}

static void
without_the_chain_there_is_a_code_of_its_own(void **state)
{
	(void)state;
	struct bytes issuing = ca_issuing_der(maker.ca);
	struct sample s;

	make(&s, spec_at(NOW));
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	in.headers.chain = NULL;
	expect(&in, DCI_RESULT_CHAIN_MISSING);
	/* the issuing CA alone suffices */
	char *pem = sample_pem(&issuing, 1);
	in.headers.chain = pem;
	in.headers.chain_size = strlen(pem);
	expect(&in, DCI_OK);
	free(pem);
	sample_free(&s);
}

static void
the_root_itself_may_be_the_issuer(void **state)
{
	(void)state;
	struct sample s;

	make(&s, spec_at(NOW));
	sample_reissue(&s, &maker, maker.root, maker.root_key);
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	expect(&in, DCI_OK);
	in.headers.chain = NULL;
	expect(&in, DCI_OK);
	in = sample_input(&s, &other_maker, NOW);
	in.headers.chain = NULL;
	expect(&in, DCI_RESULT_CHAIN_MISSING);
	sample_free(&s);
}

/* Whoever got a delegation cannot delegate further. */
static void
a_delegation_is_no_ca(void **state)
{
	(void)state;
	struct sample a, b;

	make(&a, spec_at(NOW));
	make(&b, spec_at(NOW));
	struct bytes chain[] = {{a.leaf.der, a.leaf.n},
	    ca_issuing_der(maker.ca), ca_root_der(maker.ca)};
	X509 *delegation = maker_certificate(chain[0]);
	sample_reissue(&b, &maker, delegation, a.key);
	struct dci_result_input in = sample_input(&b, &maker, NOW);
	expect(&in, DCI_RESULT_CHAIN_UNTRUSTED);
	char *pem = sample_pem(chain, 3);
	in.headers.chain = pem;
	in.headers.chain_size = strlen(pem);
	expect(&in, DCI_RESULT_CHAIN_INVALID);
	/* nor can the name of the CA be borrowed */
	sample_reissue(&b, &maker, maker.issuing, a.key);
	in = sample_input(&b, &maker, NOW);
	expect(&in, DCI_RESULT_CHAIN_INVALID);
	sample_reissue(&b, &maker, maker.root, a.key);
	in = sample_input(&b, &maker, NOW);
	expect(&in, DCI_RESULT_CHAIN_INVALID);
	free(pem);
	X509_free(delegation);
	sample_free(&a);
	sample_free(&b);
}

static void
the_root_has_to_be_one_self_signed_certificate(void **state)
{
	(void)state;
	struct sample s;
	char *two =
	    text_make("%.*s%.*s", (int)maker.n[2], (const char *)maker.pem[2],
		(int)maker.n[2], (const char *)maker.pem[2]);

	make(&s, spec_at(NOW));
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	in.root = maker.pem[1]; /* the issuing CA is no anchor */
	in.root_size = maker.n[1];
	expect(&in, DCI_RESULT_ROOT_MALFORMED);
	in.root = (const uint8_t *)two;
	in.root_size = strlen(two);
	expect(&in, DCI_RESULT_ROOT_MALFORMED);
	in.root_size = maker.n[2] / 2;
	expect(&in, DCI_RESULT_ROOT_MALFORMED);
	in.root_size = 0;
	expect(&in, DCI_RESULT_ROOT_MALFORMED);
	free(two);
	sample_free(&s);
}

/* --- variants of the CAs, of the same names and keys --- */

static void
replace_extension(X509 *x, int nid, const char *value)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	if (value == NULL)
		return;
	CONF *none = NCONF_new(NULL);
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, none);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
	NCONF_free(none);
}

/* A certificate that ends at that time, 0: as it does. */
static X509 *
ending(const X509 *ca, time_t end)
{
	X509 *x = X509_dup(ca);

	assert_non_null(x);
	if (end != 0)
		assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), end));
	return x;
}

/* Signs it with the root's key; the header's value, which is the caller's. */
static char *
chain_of(X509 *issuing)
{
	uint8_t *der = NULL;

	assert_true(X509_sign(issuing, maker.root_key, digest_sha256()) > 0);
	int n = i2d_X509(issuing, &der);
	assert_true(n > 0);
	struct bytes one = {der, (size_t)n};
	char *chain = sample_pem(&one, 1);
	OPENSSL_free(der);
	return chain;
}

static void
expect_with_issuing(const struct sample *s, X509 *issuing, enum dci_code code)
{
	char *chain = chain_of(issuing);
	struct dci_result_input in = sample_input(s, &maker, NOW);

	in.headers.chain = chain;
	in.headers.chain_size = strlen(chain);
	expect(&in, code);
	free(chain);
}

static void
policies_of_the_issuing_ca_bind(void **state)
{
	(void)state;
	static const struct {
		const char *policies, *constraints, *inhibit, *mapping;
		enum dci_code code;
	} rows[] = {
	    {.policies = "2.5.29.32.0", .code = DCI_OK},
	    {.policies = OID_TEXT_POLICY_HARDWARE, .code = DCI_OK},
	    {.policies = OID_TEXT_POLICY_SIMULATED "," OID_TEXT_POLICY_HARDWARE,
		.code = DCI_OK},
	    {.policies = OID_TEXT_POLICY_SIMULATED,
		.code = DCI_RESULT_POLICY_NOT_ALLOWED},
	    {.policies = "1.2.3.4", .code = DCI_RESULT_POLICY_NOT_ALLOWED},
	    {.code = DCI_RESULT_POLICY_NOT_ALLOWED}, /* none */
	    {.constraints = "requireExplicitPolicy:0",
		.code = DCI_RESULT_POLICY_NOT_ALLOWED},
	    {.policies = OID_TEXT_POLICY_HARDWARE,
		.constraints = "requireExplicitPolicy:0",
		.code = DCI_OK},
	    /* binds those below: no delegation states any policy */
	    {.policies = "2.5.29.32.0", .inhibit = "0", .code = DCI_OK},
	    {.policies = OID_TEXT_POLICY_SIMULATED,
		.mapping =
		    OID_TEXT_POLICY_SIMULATED ":" OID_TEXT_POLICY_HARDWARE,
		.code = DCI_RESULT_POLICY_NOT_ALLOWED},
	};
	struct sample s;

	make(&s, spec_at(NOW));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *x = ending(maker.issuing, 0);

		replace_extension(
		    x, NID_certificate_policies, rows[i].policies);
		replace_extension(
		    x, NID_policy_constraints, rows[i].constraints);
		replace_extension(x, NID_inhibit_any_policy, rows[i].inhibit);
		replace_extension(x, NID_policy_mappings, rows[i].mapping);
		expect_with_issuing(&s, x, rows[i].code);
		X509_free(x);
	}
	sample_free(&s);
}

static void
an_expired_ca_is_told_from_an_expired_delegation(void **state)
{
	(void)state;
	struct sample s;
	X509 *issuing = ending(maker.issuing, NOW - 1);
	X509 *root = ending(maker.root, NOW - 1);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;

	make(&s, spec_at(NOW));
	expect_with_issuing(&s, issuing, DCI_RESULT_CA_EXPIRED);
	assert_true(X509_sign(root, maker.root_key, digest_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, root), 1);
	struct dci_result_input in = sample_input(&s, &maker, NOW);
	in.root_size = (size_t)BIO_get_mem_data(bio, &pem);
	in.root = (const uint8_t *)pem;
	expect(&in, DCI_RESULT_CA_EXPIRED);
	in.now = NOW - 2;
	expect(&in, DCI_OK);
	BIO_free(bio);
	X509_free(issuing);
	X509_free(root);
	sample_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_expired_certificate_is_rejected),
	    cmocka_unit_test(certificates_of_another_purpose_are_rejected),
	    cmocka_unit_test(ca_certificates_are_rejected),
	    cmocka_unit_test(a_chain_to_another_root_is_rejected),
	    cmocka_unit_test(without_the_chain_there_is_a_code_of_its_own),
	    cmocka_unit_test(the_root_itself_may_be_the_issuer),
	    cmocka_unit_test(a_delegation_is_no_ca),
	    cmocka_unit_test(the_root_has_to_be_one_self_signed_certificate),
	    cmocka_unit_test(policies_of_the_issuing_ca_bind),
	    cmocka_unit_test(an_expired_ca_is_told_from_an_expired_delegation),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
