/* SPDX-License-Identifier: BSD-3-Clause */
/* Inspection takes any bytes, says the same in text and JSON, and reads each
 * field from its place. */
#include "sim_check.h"

#include <jansson.h>

#include "base/limits.h"
#include "inspect/inspect.h"
#include "ratls/make.h"

static struct sim_platform *platform;

static int
setup(void **state)
{
	(void)state;
	platform = test_platform();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	sim_close(platform);
	return 0;
}

/* Both forms; the JSON for a closer look. */
static json_t *
look(const void *data, size_t n, int expected)
{
	struct writer text CLEANUP(writer_free) =
	    writer_new(INSPECT_OUTPUT_MAX);
	struct writer json CLEANUP(writer_free) =
	    writer_new(INSPECT_OUTPUT_MAX);
	struct bytes input = {data, n};
	json_error_t e;

	int status = inspect(&text, input, false);
	assert_int_equal(inspect(&json, input, true), status);
	if (expected >= 0)
		assert_int_equal(status, expected);
	assert_false(text.failed || json.failed);
	for (size_t i = 0; i < text.n; i++)
		assert_true(text.data[i] == '\n' ||
			    (text.data[i] >= 0x20 && text.data[i] < 0x7f));
	assert_non_null(memmem(text.data, text.n, "NOTHING HERE IS VERIFIED",
	    strlen("NOTHING HERE IS VERIFIED")));
	json_t *root = json_loadb(
	    (const char *)json.data, json.n, JSON_REJECT_DUPLICATES, &e);
	if (root == NULL)
		print_error("%s\n", e.text);
	assert_non_null(root);
	assert_true(json_is_false(json_object_get(root, "verified")));
	return root;
}

static void
is_text(const json_t *o, const char *key, const char *want)
{
	const char *got = json_string_value(json_object_get(o, key));

	assert_non_null(got);
	assert_string_equal(got, want);
}

static uint8_t *
quote_of(uint16_t version, size_t *n)
{
	static const uint8_t data[DCI_REPORT_DATA_SIZE] = {1, 2, 3};
	struct sim_quote_options o;
	struct dci_failure f;
	uint8_t *quote;

	sim_quote_options_default(&o);
	o.version = version;
	assert_int_equal(sim_quote(platform, &o, data, &quote, n, &f), 0);
	return quote;
}

static void
a_quote_is_told_in_every_version_and_cut(void **state)
{
	(void)state;
	for (uint16_t version = 3; version <= 5; version++) {
		size_t n;
		uint8_t *quote CLEANUP(cleanup_free) = quote_of(version, &n);

		json_t *r = look(quote, n, 0);
		is_text(r, "kind", "quote");
		is_text(r, "tee", "SGX");
		assert_null(json_object_get(r, "refused"));
		json_decref(r);
		for (size_t cut = 0; cut < n; cut += cut < 1300 ? 1 : 97) {
			r = look(quote, cut, cut < 8 ? 1 : 0);
			assert_true(
			    cut < 8 || json_object_get(r, "refused") != NULL);
			json_decref(r);
		}
	}
}

/* Header, body, and the size of signature data that is not there. */
static size_t
td_quote(uint8_t out[static 2048], uint16_t version, uint16_t type, size_t size)
{
	size_t body = version == 5 ? 54 : 48;

	memset(out, 0, 2048);
	out[0] = (uint8_t)version;
	out[2] = 2;
	out[4] = 0x81;
	if (version == 5) {
		out[48] = (uint8_t)type;
		out[50] = (uint8_t)size;
		out[51] = (uint8_t)(size >> 8);
	}
	for (size_t i = 0; i < size; i++)
		out[body + i] = (uint8_t)(i / 4);
	return body + size + 4;
}

static void
has_byte(const json_t *o, const char *key, size_t n, uint8_t first)
{
	const char *got = json_string_value(json_object_get(o, key));
	char digits[3];

	assert_non_null(got);
	snprintf(digits, sizeof(digits), "%02x", first);
	assert_int_equal(strlen(got), 2 * n);
	assert_memory_equal(got, digits, 2);
}

static void
a_trust_domain_is_read_from_its_own_places(void **state)
{
	static const struct {
		uint16_t version, type;
		size_t size;
	} bodies[] = {{4, 0, 584}, {5, 2, 584}, {5, 3, 648}, {5, 4, 885}};
	uint8_t quote[2048];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		size_t n = td_quote(
		    quote, bodies[i].version, bodies[i].type, bodies[i].size);
		json_t *r = look(quote, n, 0);
		const json_t *td = json_object_get(r, "trust_domain");

		is_text(r, "tee", "TDX");
		assert_null(json_object_get(r, "enclave"));
		has_byte(td, "mrseam", 48, 16 / 4);
		has_byte(td, "td_attributes", 8, 120 / 4);
		has_byte(td, "mrtd", 48, 136 / 4);
		has_byte(td, "rtmr3", 48, 472 / 4);
		has_byte(td, "report_data", 64, 520 / 4);
		if (bodies[i].size >= 648)
			has_byte(td, "mrservicetd", 48, 600 / 4);
		if (bodies[i].size == 885) {
			has_byte(td, "init_tee_fmspc", 12, 817 / 4);
			has_byte(td, "cur_servtd_attributes", 8, 877 / 4);
		}
		assert_null(json_object_get(td, "cut_short"));
		json_decref(r);
	}
	size_t n = td_quote(quote, 5, 1, 384);
	json_t *r = look(quote, n, 0);
	assert_null(json_object_get(r, "enclave"));
	json_decref(r);
}

static int
source_quote(void *ctx, const uint8_t data[static DCI_REPORT_DATA_SIZE],
    uint8_t **out, size_t *n, struct dci_failure *f)
{
	return sim_quote(ctx, NULL, data, out, n, f);
}

static uint8_t *
ratls_certificate(bool dice, size_t *n)
{
	struct quote_source source = {.quote = source_quote, .ctx = platform};
	struct ratls_options options = {.dice = dice, .legacy = !dice};
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(CURVE_P256);
	uint8_t spki[SPKI_MAX], *der;
	struct ec_point point;
	struct dci_failure f;

	assert_true(ec_export(&point, key));
	if (dice)
		options.csr_spki =
		    (struct bytes){spki, spki_encode(spki, &point)};
	assert_int_equal(ratls_make(&der, n, key, &options, &source, &f), 0);
	return der;
}

static void
evidence_is_shown_with_binding_claims_and_quote(void **state)
{
	size_t n;
	uint8_t *der CLEANUP(cleanup_free) = ratls_certificate(true, &n);

	(void)state;
	json_t *r = look(der, n, 0);
	const json_t *e = json_object_get(r, "evidence");
	const json_t *claims = json_object_get(e, "claims");
	is_text(r, "kind", "ra-tls-certificate");
	is_text(e, "source", "dice");
	assert_true(json_is_true(json_object_get(e, "bound_to_quote")));
	assert_int_equal(json_array_size(claims), 2);
	is_text(json_array_get(claims, 0), "name", "pubkey-hash");
	is_text(json_array_get(claims, 1), "name", "dci-csr-key");
	assert_non_null(json_object_get(e, "csr_key"));
	is_text(json_object_get(e, "quote"), "tee", "SGX");
	json_decref(r);
}

static void
legacy_evidence_too(void **state)
{
	size_t n;
	uint8_t *der CLEANUP(cleanup_free) = ratls_certificate(false, &n);

	(void)state;
	json_t *r = look(der, n, 0);
	const json_t *e = json_object_get(r, "evidence");
	is_text(e, "source", "legacy");
	assert_true(json_is_true(json_object_get(e, "bound_to_quote")));
	json_decref(r);
}

static void
a_changed_byte_is_no_trouble(void **state)
{
	size_t n;
	uint8_t *der CLEANUP(cleanup_free) = ratls_certificate(true, &n);

	(void)state;
	for (size_t i = 0; i < n; i += i < 300 || i + 300 > n ? 1 : 61) {
		der[i] ^= 0xff;
		json_decref(look(der, n, -1));
		der[i] ^= 0xff;
	}
}

static void
collateral_is_told_apart(void **state)
{
	static const char *const kinds[DCI_DOCUMENTS] = {
	    [DCI_DOC_TCB_INFO] = "tcb-info",
	    [DCI_DOC_TCB_INFO_CHAIN] = "certificate-chain",
	    [DCI_DOC_QE_IDENTITY] = "qe-identity",
	    [DCI_DOC_QE_IDENTITY_CHAIN] = "certificate-chain",
	    [DCI_DOC_PCK_CRL] = "crl",
	    [DCI_DOC_PCK_CRL_CHAIN] = "certificate-chain",
	    [DCI_DOC_ROOT_CA_CRL] = "crl",
	};
	struct sim_collateral c;
	struct dci_failure f;

	(void)state;
	assert_int_equal(sim_collateral_make(&c, platform, &f), 0);
	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		json_t *r = look(c.doc[i].data, c.doc[i].n, 0);

		is_text(r, "kind", kinds[i]);
		assert_null(json_object_get(r, "malformed"));
		json_decref(r);
		/* A document cut in half may be anything but trouble. */
		json_decref(look(c.doc[i].data, c.doc[i].n / 2, -1));
	}
	sim_collateral_free(&c);
}

static void
what_is_too_large_is_not_read(void **state)
{
	size_t n = LIMIT_BUNDLE + 1;
	uint8_t *data CLEANUP(cleanup_free) = calloc(1, n);

	(void)state;
	assert_non_null(data);
	memset(data, '0', n);
	json_decref(look(data, n, 1));
}

/* Each knob changes its own bytes and no others before the signatures. */
static void
each_knob_turns_one_field(void **state)
{
	static const size_t sizes[] = {48, 384, 384};
	size_t n;
	const struct sim_knob *knobs = sim_knobs(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct sim_patch patch = {.knob = &knobs[i]};
		uint8_t data[384] = {0};

		assert_true(knobs[i].size <= SIM_KNOB_MAX &&
			    (size_t)knobs[i].offset + knobs[i].size <=
				sizes[knobs[i].part]);
		memset(patch.value, 0xff, sizeof(patch.value));
		sim_patch_apply(data, knobs[i].part, &patch, 1);
		assert_true(bytes_all_zero(data, knobs[i].offset));
		for (size_t j = 0; j < knobs[i].size; j++)
			assert_int_equal(data[knobs[i].offset + j], 0xff);
		size_t end = (size_t)knobs[i].offset + knobs[i].size;
		assert_true(bytes_all_zero(data + end, sizeof(data) - end));
		assert_false(sim_patch_parse(&patch, &knobs[i], "x"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_quote_is_told_in_every_version_and_cut),
	    cmocka_unit_test(a_trust_domain_is_read_from_its_own_places),
	    cmocka_unit_test(evidence_is_shown_with_binding_claims_and_quote),
	    cmocka_unit_test(legacy_evidence_too),
	    cmocka_unit_test(a_changed_byte_is_no_trouble),
	    cmocka_unit_test(collateral_is_told_apart),
	    cmocka_unit_test(what_is_too_large_is_not_read),
	    cmocka_unit_test(each_knob_turns_one_field),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
