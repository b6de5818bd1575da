/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulated platform's certificates, collateral and quotes are what they
 * claim to be. */
#include "sim_check.h"

#include <jansson.h>

#include "base/text.h"

static struct sim_platform *platform;
static struct sim_collateral collateral;

static int
setup(void **state)
{
	struct dci_failure f;

	(void)state;
	platform = test_platform();
	return sim_collateral_make(&collateral, platform, &f);
}

static int
teardown(void **state)
{
	(void)state;
	sim_collateral_free(&collateral);
	sim_close(platform);
	return 0;
}

static const uint8_t zeros[DCI_REPORT_DATA_SIZE];

static uint8_t *
quote_of(
    const struct sim_platform *p, const struct sim_quote_options *o, size_t *n)
{
	struct dci_failure f;
	uint8_t *quote;

	assert_int_equal(sim_quote(p, o, zeros, &quote, n, &f), 0);
	return quote;
}

/* chain[0] the leaf ... chain[n - 1] the root; strict, at the test's time. */
static void
assert_chain(X509 *const *chain, size_t n)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *between = sk_X509_new_null();

	assert_true(X509_STORE_add_cert(store, chain[n - 1]));
	for (size_t i = 1; i + 1 < n; i++)
		assert_true(sk_X509_push(between, chain[i]) > 0);
	assert_true(X509_STORE_CTX_init(ctx, store, chain[0], between));
	X509_STORE_CTX_set_time(ctx, 0, TEST_TIME);
	X509_STORE_CTX_set_flags(
	    ctx, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
	int ok = X509_verify_cert(ctx);
	if (ok != 1)
		fail_msg("%s", X509_verify_cert_error_string(
				   X509_STORE_CTX_get_error(ctx)));
	sk_X509_free(between);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
}

static void
assert_extensions(X509 *cert)
{
	static const struct {
		int nid, critical;
	} required[] = {{NID_authority_key_identifier, 0},
	    {NID_crl_distribution_points, 0}, {NID_subject_key_identifier, 0},
	    {NID_key_usage, 1}, {NID_basic_constraints, 1}};

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		int at = X509_get_ext_by_NID(cert, required[i].nid, -1);

		assert_true(at >= 0);
		assert_int_equal(
		    X509_EXTENSION_get_critical(X509_get_ext(cert, at)),
		    required[i].critical);
	}
	assert_int_equal(X509_get_version(cert), X509_VERSION_3);
	assert_int_equal(X509_get_signature_nid(cert), NID_ecdsa_with_SHA256);
}

static void
assert_subject(X509 *cert, const char *part)
{
	char name[256];

	X509_NAME_oneline(X509_get_subject_name(cert), name, sizeof(name));
	assert_non_null(strstr(name, part));
	assert_non_null(strstr(name, "SIMULATED"));
}

static void
pck_chain_verifies(void **state)
{
	static const char *const names[] = {
	    "SGX PCK Certificate", "SGX PCK Platform CA", "SGX Root CA"};
	struct test_quote t;
	X509 *chain[3];
	size_t n;

	(void)state;
	uint8_t *quote CLEANUP(cleanup_free) = quote_of(platform, NULL, &n);
	test_quote_split(&t, quote, n);
	assert_int_equal(t.chain.p[t.chain.n - 1], 0);
	for (size_t i = 0; i < 3; i++) {
		chain[i] = test_certificate(t.chain.p, t.chain.n, i);
		assert_extensions(chain[i]);
		assert_subject(chain[i], names[i]);
		assert_int_equal(X509_check_ca(chain[i]), i > 0);
	}
	assert_chain(chain, 3);
	for (size_t i = 0; i < 3; i++)
		X509_free(chain[i]);
}

static void
signer_chains_verify(void **state)
{
	static const enum dci_document documents[] = {
	    DCI_DOC_TCB_INFO_CHAIN, DCI_DOC_QE_IDENTITY_CHAIN};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *pem = collateral.doc[documents[i]].data;
		size_t n = collateral.doc[documents[i]].n;
		X509 *chain[2] = {
		    test_certificate(pem, n, 0), test_certificate(pem, n, 1)};

		assert_subject(chain[0], "SGX TCB Signing");
		assert_extensions(chain[0]);
		assert_int_equal(X509_check_ca(chain[0]), 0);
		assert_chain(chain, 2);
		X509_free(chain[0]);
		X509_free(chain[1]);
	}
}

static void
assert_crl(
    enum dci_document which, enum dci_document chain, size_t ca, int revoked)
{
	const uint8_t *p = collateral.doc[which].data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)collateral.doc[which].n);
	X509 *issuer CLEANUP(cleanup_x509) = test_certificate(
	    collateral.doc[chain].data, collateral.doc[chain].n, ca);

	assert_non_null(crl);
	assert_ptr_equal(
	    p, collateral.doc[which].data + collateral.doc[which].n);
	assert_int_equal(X509_CRL_verify(crl, X509_get0_pubkey(issuer)), 1);
	assert_int_equal(X509_CRL_get_version(crl), X509_CRL_VERSION_2);
	assert_int_equal(X509_NAME_cmp(X509_CRL_get_issuer(crl),
			     X509_get_subject_name(issuer)),
	    0);
	assert_true(X509_CRL_get_ext_by_NID(crl, NID_crl_number, -1) >= 0);
	assert_true(X509_CRL_get_ext_by_NID(
			crl, NID_authority_key_identifier, -1) >= 0);
	assert_int_equal(
	    sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), revoked);
	X509_CRL_free(crl);
}

static void
crls_verify(void **state)
{
	(void)state;
	assert_crl(DCI_DOC_PCK_CRL, DCI_DOC_PCK_CRL_CHAIN, 0, 3);
	assert_crl(DCI_DOC_ROOT_CA_CRL, DCI_DOC_PCK_CRL_CHAIN, 1, -1);
}

/* The signature is over the bytes between the member's colon and the comma
 * before "signature". */
static bool
json_signature_holds(
    const struct sim_collateral *c, enum dci_document which, const char *name)
{
	const char *text = (const char *)c->doc[which].data;
	char head[64], tail[] = ",\"signature\":\"";
	uint8_t signature[64];

	snprintf(head, sizeof(head), "{\"%s\":", name);
	assert_memory_equal(text, head, strlen(head));
	const char *inner = text + strlen(head), *end = strstr(inner, tail);
	assert_non_null(end);
	assert_true(hex_decode(signature, 64, end + strlen(tail), 128));
	assert_string_equal(end + strlen(tail) + 128, "\"}");
	X509 *signer CLEANUP(cleanup_x509) =
	    test_certificate(c->doc[DCI_DOC_TCB_INFO_CHAIN].data,
		c->doc[DCI_DOC_TCB_INFO_CHAIN].n, 0);
	return ecdsa_verify_raw(X509_get0_pubkey(signer),
	    (struct bytes){(const uint8_t *)inner, (size_t)(end - inner)},
	    signature);
}

static void
json_documents_verify(void **state)
{
	(void)state;
	assert_true(
	    json_signature_holds(&collateral, DCI_DOC_TCB_INFO, "tcbInfo"));
	assert_true(json_signature_holds(
	    &collateral, DCI_DOC_QE_IDENTITY, "enclaveIdentity"));
}

static void
json_tampering_breaks_the_signature(void **state)
{
	struct sim_collateral c = {0};
	struct dci_failure f;
	struct sim_platform *p CLEANUP(cleanup_platform) =
	    test_faulty(platform, "wrong-tcb-signature");

	(void)state;
	assert_int_equal(sim_collateral_make(&c, p, &f), 0);
	assert_false(json_signature_holds(&c, DCI_DOC_TCB_INFO, "tcbInfo"));
	assert_true(
	    json_signature_holds(&c, DCI_DOC_QE_IDENTITY, "enclaveIdentity"));
	sim_collateral_free(&c);
}

/* All statuses, in Intel's order, 16 components each. */
static void
tcb_info_has_every_status_in_order(void **state)
{
	static const char *const statuses[] = {"UpToDate", "SWHardeningNeeded",
	    "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
	    "OutOfDate", "OutOfDateConfigurationNeeded", "Revoked"};
	json_t *json = json_loadb(
	    (const char *)collateral.doc[DCI_DOC_TCB_INFO].data,
	    collateral.doc[DCI_DOC_TCB_INFO].n, JSON_REJECT_DUPLICATES, NULL);
	json_t *info = json_object_get(json, "tcbInfo"), *level;
	json_t *levels = json_object_get(info, "tcbLevels");
	size_t i, seen = 0;
	json_int_t before[17];

	(void)state;
	assert_string_equal(
	    json_string_value(json_object_get(info, "fmspc")), "53494D000001");
	json_array_foreach (levels, i, level) {
		json_t *tcb = json_object_get(level, "tcb");
		json_t *list = json_object_get(tcb, "sgxtcbcomponents");
		json_int_t now[17];

		assert_int_equal(json_array_size(list), 16);
		for (size_t c = 0; c < 16; c++)
			now[c] = json_integer_value(
			    json_object_get(json_array_get(list, c), "svn"));
		now[16] = json_integer_value(json_object_get(tcb, "pcesvn"));
		size_t at = 0;
		while (i > 0 && at < 17 && now[at] == before[at])
			at++;
		assert_true(i == 0 || (at < 17 && now[at] < before[at]));
		memcpy(before, now, sizeof(before));
		const char *status =
		    json_string_value(json_object_get(level, "tcbStatus"));
		for (size_t s = 0; s < 7; s++)
			seen |= (size_t)(strcmp(status, statuses[s]) == 0) << s;
	}
	assert_int_equal(seen, 0x7f);
	json_decref(json);
}

static void
quotes_of_every_version_verify(void **state)
{
	struct sim_quote_options o;

	(void)state;
	sim_quote_options_default(&o);
	for (o.version = 3; o.version <= 5; o.version++) {
		struct test_quote t;
		size_t n;
		uint8_t *quote CLEANUP(cleanup_free) =
		    quote_of(platform, &o, &n);

		test_quote_split(&t, quote, n);
		assert_int_equal(quote[0], o.version);
		assert_int_equal(t.left, 0);
		assert_int_equal(t.auth.n, 32);
		assert_true(test_quote_signature(&t));
		assert_true(test_qe_binding(&t));
		assert_true(test_qe_signature(&t));
	}
}

static void
options_and_report_data_are_in_the_quote(void **state)
{
	struct sim_quote_options o = {.version = 3,
	    .isv_prod_id = 0x1234,
	    .isv_svn = 0xfedc,
	    .debug = true};
	uint8_t data[DCI_REPORT_DATA_SIZE], *quote CLEANUP(cleanup_free);
	struct dci_failure f;
	size_t n;

	(void)state;
	memset(o.mrenclave, 0xaa, 32);
	memset(o.mrsigner, 0xbb, 32);
	memset(data, 0xcc, sizeof(data));
	assert_int_equal(sim_quote(platform, &o, data, &quote, &n, &f), 0);
	const uint8_t *body = quote + 48;
	assert_int_equal(body[48], 7); /* INIT, DEBUG, MODE64 */
	assert_memory_equal(body + 64, o.mrenclave, 32);
	assert_memory_equal(body + 128, o.mrsigner, 32);
	assert_memory_equal(body + 256, "\x34\x12\xdc\xfe", 4);
	assert_memory_equal(body + 320, data, 64);
}

static void
unknown_version_is_refused(void **state)
{
	struct sim_quote_options o = {.version = 2};
	struct dci_failure f;
	uint8_t *quote;
	size_t n;

	(void)state;
	assert_int_equal(sim_quote(platform, &o, zeros, &quote, &n, &f), -1);
	assert_int_equal(f.code, DCI_USAGE);
}

/* A fault in the quote leaves leaf, CA and root as they were, unless it is
 * about them. */
static void
variations_keep_certificates(void **state)
{
	struct test_quote a, b;
	size_t na, nb, nc;
	struct sim_platform *bad CLEANUP(cleanup_platform) =
	    test_faulty(platform, "bad-signature");
	struct sim_platform *old CLEANUP(cleanup_platform) =
	    test_faulty(platform, "tcb-out-of-date");

	(void)state;
	uint8_t *qa CLEANUP(cleanup_free) = quote_of(platform, NULL, &na);
	uint8_t *qb CLEANUP(cleanup_free) = quote_of(bad, NULL, &nb);
	uint8_t *qc CLEANUP(cleanup_free) = quote_of(old, NULL, &nc);
	test_quote_split(&a, qa, na);
	test_quote_split(&b, qb, nb);
	assert_true(bytes_equal(a.chain, b.chain));
	test_quote_split(&b, qc, nc);
	X509 *leaf_a CLEANUP(cleanup_x509) =
	    test_certificate(a.chain.p, a.chain.n, 0);
	X509 *leaf_b CLEANUP(cleanup_x509) =
	    test_certificate(b.chain.p, b.chain.n, 0);
	X509 *ca_a CLEANUP(cleanup_x509) =
	    test_certificate(a.chain.p, a.chain.n, 1);
	X509 *ca_b CLEANUP(cleanup_x509) =
	    test_certificate(b.chain.p, b.chain.n, 1);
	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(leaf_a),
				 X509_get0_serialNumber(leaf_b)),
	    0);
	assert_int_equal(X509_cmp(ca_a, ca_b), 0);
	assert_true(test_qe_signature(&b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pck_chain_verifies),
	    cmocka_unit_test(signer_chains_verify),
	    cmocka_unit_test(crls_verify),
	    cmocka_unit_test(json_documents_verify),
	    cmocka_unit_test(json_tampering_breaks_the_signature),
	    cmocka_unit_test(tcb_info_has_every_status_in_order),
	    cmocka_unit_test(quotes_of_every_version_verify),
	    cmocka_unit_test(options_and_report_data_are_in_the_quote),
	    cmocka_unit_test(unknown_version_is_refused),
	    cmocka_unit_test(variations_keep_certificates),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
