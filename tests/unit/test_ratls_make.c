/* SPDX-License-Identifier: BSD-3-Clause */
/* Making certificates, and where the quotes come from. */
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/rsa.h>

#include "ratls_sample.h"

/* --- the certificate ------------------------------------------------------ */

static void
make(uint8_t **der, size_t *n, enum curve curve)
{
	const struct quote_source source = {sample_quote, NULL};
	const struct ratls_options options = {.dice = true, .legacy = true};
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(curve);
	struct dci_failure f;

	assert_non_null(key);
	if (ratls_make(der, n, key, &options, &source, &f) < 0)
		fail_msg("%s", f.sentence);
}

/* How OpenSSL shows a certificate. */
static char *
shown(const uint8_t *der, size_t n)
{
	const uint8_t *p = der;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)n);
	BIO *out CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char *text = NULL;

	assert_non_null(x);
	assert_ptr_equal(p, der + n);
	assert_true(X509_print(out, x) > 0);
	assert_true(BIO_write(out, "", 1) == 1);
	BIO_get_mem_data(out, &text);
	return strdup(text);
}

static void
test_shown_as_gramine(void **state)
{
	static const char *const parts[] = {"Version: 3 (0x2)",
	    "Serial Number: 1 (0x1)", "CN=RATLS", "ecdsa-with-SHA256",
	    "Not Before: Jan  1 00:00:00 2001 GMT",
	    "Not After : Dec 31 23:59:59 2030 GMT", "CA:FALSE",
	    "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier",
	    "            0.6.9.42.840.113741.1337.6: \n"};
	uint8_t *ours CLEANUP(cleanup_free) = NULL,
		      *theirs CLEANUP(cleanup_free) = NULL;
	size_t n, n_theirs;

	(void)state;
	make(&ours, &n, CURVE_P384);
	char *text CLEANUP(cleanup_free) = shown(ours, n);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strstr(text, parts[i]) == NULL)
			fail_msg("%s is not in %s", parts[i], text);
	}
	sample_vector("gramine.der", &theirs, &n_theirs);
	char *text_theirs CLEANUP(cleanup_free) = shown(theirs, n_theirs);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_non_null(strstr(text_theirs, parts[i]));
}

/* Byte for byte what Gramine's verifier searches for. */
static void
test_legacy_bytes(void **state)
{
	static const uint8_t legacy[] = {0x06, 0x0b, 0x06, 0x09, 0x2a, 0x86,
	    0x48, 0x86, 0xf8, 0x4d, 0x8a, 0x39, 0x06, 0x04, 0x82,
	    SAMPLE_QUOTE_SIZE >> 8, SAMPLE_QUOTE_SIZE & 0xff, 0x03};
	static const uint8_t dice[] = {0x06, 0x06, 0x67, 0x81, 0x05, 0x05, 0x04,
	    0x09, 0x04, 0x82, (SAMPLE_QUOTE_SIZE + 60) >> 8,
	    (SAMPLE_QUOTE_SIZE + 60) & 0xff, 0xd9, 0xea, 0x60, 0x82, 0x59,
	    SAMPLE_QUOTE_SIZE >> 8, SAMPLE_QUOTE_SIZE & 0xff, 0x03};

	(void)state;
	for (enum curve c = CURVE_P256; c <= CURVE_P384; c++) {
		uint8_t *der CLEANUP(cleanup_free) = NULL;
		size_t n;

		make(&der, &n, c);
		const uint8_t *first = memmem(der, n, legacy, sizeof(legacy));
		const uint8_t *second = memmem(der, n, dice, sizeof(dice));
		assert_non_null(first);
		assert_non_null(second);
		assert_true(first < second);
	}
}

static void
test_self_signed(void **state)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;

	(void)state;
	make(&der, &n, CURVE_P256);
	const uint8_t *p = der;
	X509 *x CLEANUP(cleanup_x509) = d2i_X509(NULL, &p, (long)n);
	assert_non_null(x);
	assert_int_equal(X509_self_signed(x, 1), 1);
}

static void
make_fails(EVP_PKEY *key, struct ratls_options options, enum dci_code code)
{
	const struct quote_source source = {sample_quote, NULL};
	uint8_t *der = NULL;
	size_t n;
	struct dci_failure f;

	assert_int_equal(ratls_make(&der, &n, key, &options, &source, &f), -1);
	assert_string_equal(dci_code_name(f.code), dci_code_name(code));
	assert_null(der);
}

static void
test_impossible_wishes(void **state)
{
	EVP_PKEY *key CLEANUP(cleanup_pkey) = ec_generate(CURVE_P256);
	EVP_PKEY *other CLEANUP(cleanup_pkey) = EVP_EC_gen("P-521");
	EVP_PKEY *rsa CLEANUP(cleanup_pkey) = EVP_RSA_gen(2048);
	struct bytes csr = {(const uint8_t *)"csr", 3};

	(void)state;
	make_fails(key, (struct ratls_options){0}, DCI_USAGE);
	make_fails(key, (struct ratls_options){.legacy = true, .csr_spki = csr},
	    DCI_USAGE);
	make_fails(
	    other, (struct ratls_options){.dice = true}, DCI_EVIDENCE_NOT_MADE);
	make_fails(
	    rsa, (struct ratls_options){.dice = true}, DCI_EVIDENCE_NOT_MADE);
}

/* --- sources -------------------------------------------------------------- */

static int
source_without(void *ctx, const uint8_t report_data[static 64], uint8_t **out,
    size_t *n, struct dci_failure *f)
{
	(void)ctx, (void)report_data, (void)out, (void)n;
	return dci_fail(f, DCI_ATTESTATION_UNAVAILABLE, "none here");
}

/* A quote of as many bytes as ctx says. */
static int
source_sized(void *ctx, const uint8_t report_data[static 64], uint8_t **out,
    size_t *n, struct dci_failure *f)
{
	(void)report_data, (void)f;
	*n = *(size_t *)ctx;
	*out = calloc(1, *n + 1);
	return 0;
}

static void
source_expect(const struct quote_source *source, enum dci_code code)
{
	static const uint8_t report_data[DCI_REPORT_DATA_SIZE];
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t n = 0;
	struct dci_failure f = {.code = DCI_OK};

	int rc = quote_source_ask(source, report_data, &quote, &n, &f);
	assert_string_equal(dci_code_name(f.code), dci_code_name(code));
	assert_int_equal(rc, code == DCI_OK ? 0 : -1);
	assert_int_equal(quote != NULL, code == DCI_OK);
}

static void
test_failing_sources(void **state)
{
	size_t n = 0;
	struct quote_source source = {source_without, NULL};

	(void)state;
	source_expect(&source, DCI_ATTESTATION_UNAVAILABLE);
	source = (struct quote_source){source_sized, &n};
	source_expect(&source, DCI_QUOTE_UNAVAILABLE);
	n = LIMIT_QUOTE;
	source_expect(&source, DCI_OK);
	n = LIMIT_QUOTE + 1;
	source_expect(&source, DCI_QUOTE_UNAVAILABLE);
}

/* --- Gramine's pseudo-files ----------------------------------------------- */

static char folder[] = "/tmp/test-ratls-XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const void *data, size_t n)
{
	FILE *file = fopen(in_folder(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

static int
folder_new(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
folder_remove(void **state)
{
	static const char *const names[] = {
	    "user_report_data", "quote", "attestation_type"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_folder(names[i]));
	return rmdir(folder);
}

static void
present_expect(const char *where, enum dci_code code)
{
	struct dci_failure f = {.code = DCI_OK};

	int rc = attestation_present(where, &f);
	assert_string_equal(dci_code_name(f.code), dci_code_name(code));
	assert_int_equal(rc, code == DCI_OK ? 0 : -1);
	if (rc < 0)
		assert_non_null(strstr(f.sentence, "sgx.remote_attestation"));
	const struct quote_source source = quote_source_attestation(where);
	source_expect(&source, code);
}

static void
test_attestation_files(void **state)
{
	static const uint8_t report_data[DCI_REPORT_DATA_SIZE] = {1, 2, 3};
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	uint8_t *left CLEANUP(cleanup_free) = NULL;
	size_t n, n_left;
	struct dci_failure f;

	(void)state;
	present_expect("/nowhere", DCI_ATTESTATION_UNAVAILABLE);
	present_expect(folder, DCI_ATTESTATION_UNAVAILABLE);
	put("user_report_data", "", 0);
	present_expect(folder, DCI_ATTESTATION_UNAVAILABLE);
	put("quote", "a quote", 7);
	/* Old versions of Gramine have no attestation_type. */
	present_expect(folder, DCI_OK);
	put("attestation_type", "none", 4);
	present_expect(folder, DCI_ATTESTATION_UNAVAILABLE);
	put("attestation_type", "epid", 4);
	present_expect(folder, DCI_ATTESTATION_UNAVAILABLE);
	put("attestation_type", "dcap", 4);
	present_expect(folder, DCI_OK);
	put("attestation_type", "dcap\n", 5);
	present_expect(folder, DCI_OK);

	const struct quote_source source = quote_source_attestation(folder);
	assert_int_equal(
	    quote_source_ask(&source, report_data, &quote, &n, &f), 0);
	assert_int_equal(n, 7);
	assert_memory_equal(quote, "a quote", 7);
	assert_int_equal(
	    file_read(in_folder("user_report_data"), 100, &left, &n_left, &f),
	    0);
	assert_int_equal(n_left, sizeof(report_data));
	assert_memory_equal(left, report_data, sizeof(report_data));
}

static void
test_attestation_troubles(void **state)
{
	static uint8_t large[LIMIT_QUOTE + 1];
	const struct quote_source source = quote_source_attestation(folder);

	(void)state;
	put("user_report_data", "", 0);
	put("quote", "", 0);
	source_expect(&source, DCI_QUOTE_UNAVAILABLE);
	put("quote", large, sizeof(large));
	source_expect(&source, DCI_QUOTE_UNAVAILABLE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shown_as_gramine),
	    cmocka_unit_test(test_legacy_bytes),
	    cmocka_unit_test(test_self_signed),
	    cmocka_unit_test(test_impossible_wishes),
	    cmocka_unit_test(test_failing_sources),
	    cmocka_unit_test(test_attestation_files),
	    cmocka_unit_test(test_attestation_troubles),
	};

	return cmocka_run_group_tests(tests, folder_new, folder_remove);
}
