/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks on what the simulator makes, with OpenSSL only: an opinion that does
 * not depend on our own verifier. */
#ifndef TEST_SIM_CHECK_H
#define TEST_SIM_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/ecdsa.h"
#include "sim/faults.h"
#include "sim/platform.h"

#define TEST_TIME INT64_C(1790000000) /* September 2026 */

CLEANUP_TYPE(cleanup_platform, struct sim_platform, sim_close)

static inline struct sim_platform *
test_platform(void)
{
	struct sim_spec spec;
	struct dci_failure f;

	sim_spec_default(&spec, TEST_TIME);
	struct sim_platform *p = sim_build(&spec, &f);
	assert_non_null(p);
	return p;
}

static inline struct sim_platform *
test_faulty(const struct sim_platform *p, const char *fault)
{
	struct dci_failure f;
	const struct sim_fault *found = sim_fault_find(fault);

	assert_non_null(found);
	struct sim_platform *with = sim_with_fault(p, found, &f);
	assert_non_null(with);
	return with;
}

/* Certificate number i of PEM text. */
static inline X509 *
test_certificate(const uint8_t *pem, size_t n, size_t i)
{
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(pem, (int)n);
	X509 *cert = NULL;

	for (size_t at = 0; at <= i; at++) {
		X509_free(cert);
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		assert_non_null(cert);
	}
	return cert;
}

/* The parts of a quote's signature data, found by offsets alone. */
struct test_quote {
	struct bytes signed_part, qe_report, auth, chain;
	const uint8_t *signature, *key, *qe_signature;
	size_t left; /* after the end */
};

static inline void
test_quote_split(struct test_quote *t, const uint8_t *quote, size_t n)
{
	struct reader r = reader_of(quote, n), data;
	struct bytes part;
	uint16_t version, type, auth_size;

	assert_true(reader_u16le(&r, &version));
	t->signed_part =
	    (struct bytes){quote, version == 5 ? 48 + 6 + 384 : 48 + 384};
	assert_true(reader_skip(&r, t->signed_part.n - 2));
	assert_true(reader_blob32(&r, &part));
	t->left = r.n;
	data = reader_of(part.p, part.n);
	assert_true(reader_take(&data, &part, 64));
	t->signature = part.p;
	assert_true(reader_take(&data, &part, 64));
	t->key = part.p;
	if (version > 3) {
		assert_true(reader_u16le(&data, &type));
		assert_int_equal(type, 6);
		assert_true(reader_blob32(&data, &part));
		assert_true(reader_done(&data));
		data = reader_of(part.p, part.n);
	}
	assert_true(reader_take(&data, &t->qe_report, 384));
	assert_true(reader_take(&data, &part, 64));
	t->qe_signature = part.p;
	assert_true(reader_u16le(&data, &auth_size));
	assert_true(reader_take(&data, &t->auth, auth_size));
	assert_true(reader_u16le(&data, &type));
	assert_int_equal(type, 5);
	assert_true(reader_blob32(&data, &t->chain));
	assert_true(reader_done(&data));
}

/* Whether the enclave's signature, the QE's vouching and the PCK's signature
 * hold. */
static inline bool
test_quote_signature(const struct test_quote *t)
{
	uint8_t point[65] = {4};

	memcpy(point + 1, t->key, 64);
	EVP_PKEY *key CLEANUP(cleanup_pkey) =
	    ec_import(CURVE_P256, point, sizeof(point));
	assert_non_null(key);
	return ecdsa_verify_raw(key, t->signed_part, t->signature);
}

static inline bool
test_qe_binding(const struct test_quote *t)
{
	uint8_t digest[SHA256_SIZE];

	sha256_two(digest, t->key, 64, t->auth.p, t->auth.n);
	return memcmp(digest, t->qe_report.p + 320, 32) == 0 &&
	       bytes_all_zero(t->qe_report.p + 352, 32);
}

static inline bool
test_qe_signature(const struct test_quote *t)
{
	X509 *leaf CLEANUP(cleanup_x509) =
	    test_certificate(t->chain.p, t->chain.n, 0);

	return ecdsa_verify_raw(
	    X509_get0_pubkey(leaf), t->qe_report, t->qe_signature);
}

#endif
