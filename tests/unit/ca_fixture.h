/* SPDX-License-Identifier: BSD-3-Clause */
/* A CA in a temporary folder, and what the tests of src/ca ask of it. */
#ifndef CA_FIXTURE_H
#define CA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "ca/ca.h"
#include "folder.h"

#define NOW  INT64_C(1790000000)
#define YEAR INT64_C(31556952)

struct fixture {
	char base[64], folder[96];
	uint8_t *pem[3]; /* issuing.key, issuing.crt, root.crt */
	size_t n[3];
};

static inline void
fixture_path(char out[static 256], const struct fixture *x, const char *name)
{
	snprintf(out, 256, "%s/%s", x->folder, name);
}

static inline void
fixture_folder(struct fixture *x)
{
	memset(x, 0, sizeof(*x));
	snprintf(x->base, sizeof(x->base), "/tmp/dci-ca-test.XXXXXX");
	assert_non_null(mkdtemp(x->base));
	snprintf(x->folder, sizeof(x->folder), "%s/ca", x->base);
}

static inline void
fixture_read(struct fixture *x)
{
	static const char *const names[] = {
	    "issuing.key", "issuing.crt", "root.crt"};
	char path[256];

	for (size_t i = 0; i < 3; i++) {
		free(x->pem[i]);
		fixture_path(path, x, names[i]);
		assert_int_equal(
		    file_read(path, LIMIT_PEM, &x->pem[i], &x->n[i], NULL), 0);
	}
}

static inline void
fixture_make(struct fixture *x, bool simulated, int64_t now)
{
	struct dci_failure f = {0};
	bool made;

	fixture_folder(x);
	if (ca_create(x->folder, simulated, now, &made, &f) != 0)
		fail_msg("%s", f.sentence);
	assert_true(made);
	fixture_read(x);
}

static inline struct bytes
fixture_pem(const struct fixture *x, size_t i)
{
	return (struct bytes){x->pem[i], x->n[i]};
}

static inline struct ca *
fixture_open(const struct fixture *x, int64_t now, struct dci_failure *f)
{
	return ca_open(
	    fixture_pem(x, 0), fixture_pem(x, 1), fixture_pem(x, 2), now, f);
}

static inline void
fixture_free(struct fixture *x)
{
	for (size_t i = 0; i < 3; i++)
		free(x->pem[i]);
	folder_remove(x->base);
	memset(x, 0, sizeof(*x));
}

/* A leaf whose every field differs from the others. */
static inline struct ca_leaf
leaf_example(enum curve curve)
{
	struct ca_leaf leaf = {.name = "proxy-verifier",
	    .isv_svn = 515,
	    .binding = CA_EVIDENCE,
	    .assurance = CA_HARDWARE,
	    .ttl = 24 * 3600,
	    .not_after = INT64_MAX};
	EVP_PKEY *key = ec_generate(curve);

	assert_non_null(key);
	assert_true(ec_export(&leaf.key, key));
	EVP_PKEY_free(key);
	for (uint8_t i = 0; i < 32; i++) {
		leaf.mrenclave[i] = i;
		leaf.mrsigner[i] = (uint8_t)(0x40 + i);
		leaf.evidence_digest[i] = (uint8_t)(0x80 + i);
		leaf.policy_digest[i] = (uint8_t)(0xc0 + i);
	}
	return leaf;
}

#endif
