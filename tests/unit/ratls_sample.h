/* SPDX-License-Identifier: BSD-3-Clause */
/* RA-TLS certificates for tests: real ones, and made ones of every kind. */
#ifndef TESTS_RATLS_SAMPLE_H
#define TESTS_RATLS_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/ecdsa.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "dci/evidence.h"
#include "ratls/certificate.h"
#include "ratls/claims.h"
#include "ratls/dice.h"
#include "ratls/make.h"

#define UNUSED __attribute__((unused))

/* Of a quote of version 3: header of 48 bytes, report data at 320 of the
 * report of 384. */
#define QUOTE_REPORT_DATA 368
#define SAMPLE_QUOTE_SIZE 700

/* A stand-in for a platform: bytes with report data in the right place. */
static UNUSED int
sample_quote(void *ctx, const uint8_t report_data[static DCI_REPORT_DATA_SIZE],
    uint8_t **out, size_t *n, struct dci_failure *f)
{
	(void)f;
	if (ctx != NULL)
		++*(int *)ctx;
	*n = SAMPLE_QUOTE_SIZE;
	*out = calloc(1, *n);
	assert_non_null(*out);
	(*out)[0] = 3;
	memcpy(*out + QUOTE_REPORT_DATA, report_data, DCI_REPORT_DATA_SIZE);
	return 0;
}

/* What the quote parser would say about the report data. */
static UNUSED struct dci_quote
sample_quote_view(const uint8_t *quote, size_t n)
{
	struct dci_quote q = {.version = 3};

	assert_true(n >= QUOTE_REPORT_DATA + DCI_REPORT_DATA_SIZE);
	memcpy(q.report.report_data, quote + QUOTE_REPORT_DATA,
	    DCI_REPORT_DATA_SIZE);
	return q;
}

/* The SubjectPublicKeyInfo of a key. */
struct sample_spki {
	uint8_t data[SPKI_MAX];
	size_t n;
};

static UNUSED struct sample_spki
sample_spki(EVP_PKEY *key)
{
	struct sample_spki s;
	struct ec_point point;

	assert_true(ec_export(&point, key));
	s.n = spki_encode(s.data, &point);
	return s;
}

/* A file of the test vectors, or the test is skipped. */
static UNUSED void
sample_vector(const char *name, uint8_t **data, size_t *n)
{
	const char *folder = getenv("DCI_VECTORS");
	char path[512];
	struct dci_failure f;

	snprintf(path, sizeof(path), "%s/ratls/%s",
	    folder != NULL ? folder : "../shared/vectors", name);
	if (file_read(path, LIMIT_CERTIFICATE, data, n, &f) < 0) {
		print_message("# %s\n", f.sentence);
		skip();
	}
}

/* The check with that id, or NULL. */
static UNUSED const struct dci_check *
sample_check(const struct dci_checks *checks, enum dci_check_id id)
{
	for (size_t i = 0; i < checks->n; i++) {
		if (checks->item[i].id == id)
			return &checks->item[i];
	}
	return NULL;
}

/* Parses, and wants that code: DCI_OK for success.  The record has to agree
 * with the verdict. */
static UNUSED void
sample_expect(const uint8_t *der, size_t n, enum dci_code code)
{
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};

	int rc = dci_evidence_parse(&e, der, n, &checks, &f);
	if (rc != 0 && f.code != code)
		print_message("# %s\n", f.sentence);
	assert_string_equal(dci_code_name(f.code), dci_code_name(code));
	assert_int_equal(rc, code == DCI_OK ? 0 : -1);
	const struct dci_check *failed = dci_checks_failed(&checks);
	if (code == DCI_OK) {
		assert_null(failed);
		return;
	}
	assert_non_null(failed);
	assert_int_equal(failed->code, code);
	assert_ptr_equal(failed, &checks.item[checks.n - 1]);
	assert_null(e.quote);
	assert_true(strlen(f.sentence) > 40);
}

/* Makes a certificate with these extensions and parses it. */
static UNUSED void
sample_expect_made(EVP_PKEY *key, const struct ratls_extension *e, size_t count,
    enum dci_code code)
{
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;
	struct dci_failure f;

	assert_int_equal(
	    ratls_certificate_make(&der, &n, key, e, count, &f), 0);
	sample_expect(der, n, code);
}

#endif
