/* SPDX-License-Identifier: BSD-3-Clause */
/* Collateral from folders and bundles. */
#include "folder.h"
#include "sim_check.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "collateral/bundle.h"
#include "collateral/crl_form.h"

static char base[] = "/tmp/dci-test-collateral.XXXXXX";
static struct sim_collateral made;

static int
setup(void **state)
{
	struct dci_failure f;
	struct sim_platform *p CLEANUP(cleanup_platform) = test_platform();

	(void)state;
	if (mkdtemp(base) == NULL)
		return -1;
	return sim_collateral_make(&made, p, &f);
}

static int
teardown(void **state)
{
	(void)state;
	sim_collateral_free(&made);
	return folder_remove(base);
}

static const char *
in_base(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

static void
write_text(const char *name, const void *text, size_t n)
{
	struct dci_failure f;

	assert_int_equal(file_write(in_base(name), text, n, 0644, &f), 0);
}

static void
assert_same(const struct collateral_files *c)
{
	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		assert_int_equal(c->doc[i].n, made.doc[i].n);
		assert_memory_equal(
		    c->doc[i].data, made.doc[i].data, made.doc[i].n);
	}
}

static char *
bundle_of_made(size_t *n)
{
	struct dci_collateral view = sim_collateral_view(&made);
	struct dci_failure f;
	char *text;

	assert_int_equal(collateral_write_bundle(&view, &text, n, &f), 0);
	return text;
}

static void
read_bundle(struct collateral_files *c, const char *text)
{
	struct dci_failure f;

	write_text("bundle.json", text, strlen(text));
	assert_int_equal(collateral_load(c, in_base("bundle.json"), &f), 0);
}

static void
folder_with_everything(void **state)
{
	struct collateral_files c;
	struct dci_failure f;
	char name[256];

	(void)state;
	assert_int_equal(folder_make(in_base("full"), 0755, &f), 0);
	for (enum dci_document i = 0; i < DCI_DOCUMENTS; i++) {
		snprintf(
		    name, sizeof(name), "full/%s", collateral_file_name(i));
		write_text(name, made.doc[i].data, made.doc[i].n);
	}
	assert_int_equal(collateral_load(&c, in_base("full"), &f), 0);
	assert_same(&c);
	struct dci_collateral view = collateral_view(&c);
	assert_ptr_equal(view.doc[0].data, c.doc[0].data);
	collateral_free(&c);
}

static void
missing_and_empty_files_differ(void **state)
{
	struct collateral_files c;
	struct dci_failure f;

	(void)state;
	assert_int_equal(folder_make(in_base("sparse"), 0755, &f), 0);
	write_text("sparse/tcb_info.json", "", 0);
	assert_int_equal(symlink("nowhere", in_base("sparse/pck_crl.der")), 0);
	assert_int_equal(collateral_load(&c, in_base("sparse"), &f), 0);
	assert_non_null(c.doc[DCI_DOC_TCB_INFO].data);
	assert_int_equal(c.doc[DCI_DOC_TCB_INFO].n, 0);
	assert_null(c.doc[DCI_DOC_PCK_CRL].data);
	assert_null(c.doc[DCI_DOC_QE_IDENTITY].data);
	collateral_free(&c);
}

static void
symbolic_links_are_followed(void **state)
{
	struct collateral_files c;
	struct dci_failure f;

	(void)state;
	assert_int_equal(folder_make(in_base("links"), 0755, &f), 0);
	write_text("target", made.doc[DCI_DOC_TCB_INFO].data,
	    made.doc[DCI_DOC_TCB_INFO].n);
	assert_int_equal(
	    symlink("../target", in_base("links/tcb_info.json")), 0);
	assert_int_equal(collateral_load(&c, in_base("links"), &f), 0);
	assert_int_equal(
	    c.doc[DCI_DOC_TCB_INFO].n, made.doc[DCI_DOC_TCB_INFO].n);
	collateral_free(&c);
}

static void
unreadable_path_is_an_error(void **state)
{
	struct collateral_files c;
	struct dci_failure f;

	(void)state;
	assert_int_equal(collateral_load(&c, in_base("absent"), &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNREADABLE);
	/* A folder where a file should be. */
	assert_int_equal(
	    folder_make(in_base("odd/tcb_info.json"), 0755, &f), 0);
	assert_int_equal(collateral_load(&c, in_base("odd"), &f), -1);
	assert_int_equal(f.code, DCI_FILE_UNREADABLE);
}

static void
document_over_the_limit_is_an_error(void **state)
{
	struct collateral_files c;
	struct dci_failure f;
	char *big = calloc(1, LIMIT_COLLATERAL + 1);

	(void)state;
	assert_non_null(big);
	assert_int_equal(folder_make(in_base("big"), 0755, &f), 0);
	write_text("big/tcb_info.json", big, LIMIT_COLLATERAL + 1);
	assert_int_equal(collateral_load(&c, in_base("big"), &f), -1);
	assert_int_equal(f.code, DCI_FILE_TOO_LARGE);
	write_text("big/tcb_info.json", big, LIMIT_COLLATERAL);
	assert_int_equal(collateral_load(&c, in_base("big"), &f), 0);
	collateral_free(&c);
	free(big);
}

static void
bundle_survives_a_round_trip(void **state)
{
	struct collateral_files c;
	size_t n;
	char *text CLEANUP(cleanup_free) = bundle_of_made(&n);

	(void)state;
	assert_int_equal(strlen(text), n);
	read_bundle(&c, text);
	assert_same(&c);
	collateral_free(&c);
}

static void
bundle_without_a_member_lacks_that_document(void **state)
{
	struct collateral_files c;

	(void)state;
	read_bundle(&c, "{\"version\":\"3\",\"tee_type\":\"0\",\"extra\":[1],"
			"\"qe_identity\":null,\"tcb_info\":\"x\"}");
	assert_int_equal(c.doc[DCI_DOC_TCB_INFO].n, 1);
	for (enum dci_document i = 1; i < DCI_DOCUMENTS; i++)
		assert_null(c.doc[i].data);
	collateral_free(&c);
}

static void
split_documents_are_put_together(void **state)
{
	struct collateral_files c;

	(void)state;
	read_bundle(&c,
	    "{\"tcb_info\":\"{\\\"a\\\":1}\",\"tcb_info_signature\":\"00Ff\","
	    "\"qe_identity\":\"{}\",\"qe_identity_signature\":\"ab\"}");
	assert_string_equal((char *)c.doc[DCI_DOC_TCB_INFO].data,
	    "{\"tcbInfo\":{\"a\":1},\"signature\":\"00Ff\"}");
	assert_string_equal((char *)c.doc[DCI_DOC_QE_IDENTITY].data,
	    "{\"enclaveIdentity\":{},\"signature\":\"ab\"}");
	collateral_free(&c);
}

static void
malformed_bundles_are_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "not json",
	    "[]",
	    "\"tcb_info\"",
	    "{\"tcb_info\":1}",
	    "{\"tcb_info\":{}}",
	    "{\"tcb_info\":\"a\",\"tcb_info\":\"b\"}",
	    "{\"tcb_info\":\"a\"} trailing",
	    "{\"tcb_info\":\"a\\u0000b\"}",
	    "{\"tcb_info\":\"\xff\"}",
	    "{\"tcb_info\":\"{}\",\"tcb_info_signature\":\"0g\"}",
	    "{\"tcb_info\":\"{}\",\"tcb_info_signature\":\"\\\"}\"}",
	    "{\"tcb_info\":\"{}\",\"tcb_info_signature\":7}",
	};
	struct collateral_files c;
	struct dci_failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_text("bad.json", bad[i], strlen(bad[i]));
		assert_int_equal(
		    collateral_load(&c, in_base("bad.json"), &f), -1);
		assert_int_equal(f.code, DCI_COLLATERAL_MALFORMED);
	}
}

/* What cannot be written is said, never written wrongly. */
static void
unwritable_documents_are_refused(void **state)
{
	static const uint8_t latin[] = {0xff, 'x'}, pem[] = "-----BEGIN",
			     nul[] = {'a', 0, 'b'};
	const struct {
		enum dci_document which;
		const uint8_t *data;
		size_t n;
	} cases[] = {
	    {DCI_DOC_TCB_INFO, latin, sizeof(latin)},
	    {DCI_DOC_TCB_INFO, nul, sizeof(nul)},
	    {DCI_DOC_PCK_CRL, pem, sizeof(pem) - 1},
	    {DCI_DOC_ROOT_CA_CRL, pem, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dci_collateral c = {0};
		struct dci_failure f;
		char *text;
		size_t n;

		c.doc[cases[i].which].data = cases[i].data;
		c.doc[cases[i].which].n = cases[i].n;
		assert_int_equal(
		    collateral_write_bundle(&c, &text, &n, &f), -1);
		assert_int_equal(f.code, DCI_COLLATERAL_MALFORMED);
	}
}

/* Runs crl_to_der() over text and says whether the simulated CRL came out. */
static bool
becomes_the_crl(const void *text, size_t n)
{
	uint8_t *data = malloc(n + 1);
	size_t size = n;

	assert_non_null(data);
	memcpy(data, text, n);
	assert_true(crl_to_der(&data, &size));
	bool same = size == made.doc[DCI_DOC_PCK_CRL].n &&
		    memcmp(data, made.doc[DCI_DOC_PCK_CRL].data, size) == 0;
	if (!same) {
		assert_int_equal(size, n);
		assert_memory_equal(data, text, n);
	}
	free(data);
	return same;
}

static void
assert_form(bool known, const char *head, const char *text, const char *tail)
{
	char *whole;

	assert_true(asprintf(&whole, "%s%s%s", head, text, tail) >= 0);
	assert_int_equal(becomes_the_crl(whole, strlen(whole)), known);
	/* As a C string with its NUL. */
	assert_int_equal(becomes_the_crl(whole, strlen(whole) + 1), known);
	free(whole);
}

static void
crl_forms_are_recognised(void **state)
{
	const uint8_t *der = made.doc[DCI_DOC_PCK_CRL].data;
	size_t n = made.doc[DCI_DOC_PCK_CRL].n;
	char *hex CLEANUP(cleanup_free) = malloc(2 * n + 1);
	char *base64 CLEANUP(cleanup_free) = base64_encode(der, n);
	BIO *bio CLEANUP(cleanup_bio) = BIO_new(BIO_s_mem());
	char pem[4096] = "";

	(void)state;
	hex_encode(hex, der, n);
	assert_true(PEM_write_bio(bio, "X509 CRL", "", der, (long)n) > 0);
	assert_true(BIO_read(bio, pem, sizeof(pem) - 1) > 0);
	assert_true(becomes_the_crl(der, n));
	assert_form(true, "", hex, "");
	assert_form(true, " ", hex, "\r\n");
	assert_form(true, "", base64, "\n");
	assert_form(true, "\n", pem, "\n");
	assert_form(false, "", hex, "0");
	assert_form(false, "", hex, "zz");
	assert_form(false, "text ", pem, "");
	assert_form(false, "", pem, "more");
	assert_form(false, "", pem, pem);
	assert_form(false, "-", base64, "");
	assert_form(false, "", "", "");
	assert_form(false, "0a", hex, "");
	assert_form(false, "", "-----BEGIN X509 CRL-----", "");
}

static void
missing_crl_stays_missing(void **state)
{
	uint8_t *data = NULL;
	size_t n = 0;

	(void)state;
	assert_true(crl_to_der(&data, &n));
	assert_null(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(folder_with_everything),
	    cmocka_unit_test(missing_and_empty_files_differ),
	    cmocka_unit_test(symbolic_links_are_followed),
	    cmocka_unit_test(unreadable_path_is_an_error),
	    cmocka_unit_test(document_over_the_limit_is_an_error),
	    cmocka_unit_test(bundle_survives_a_round_trip),
	    cmocka_unit_test(bundle_without_a_member_lacks_that_document),
	    cmocka_unit_test(split_documents_are_put_together),
	    cmocka_unit_test(malformed_bundles_are_refused),
	    cmocka_unit_test(unwritable_documents_are_refused),
	    cmocka_unit_test(crl_forms_are_recognised),
	    cmocka_unit_test(missing_crl_stays_missing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
