/* SPDX-License-Identifier: BSD-3-Clause */
/* For result_fixture.h: a CA of src/ca, in memory only.  Ends the program where
 * anything fails. */
#ifndef RESULT_MAKER_H
#define RESULT_MAKER_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "base/limits.h"
#include "ca/ca.h"

static inline void
insist(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "result_fixture.h: %s failed\n", what);
	abort();
}

static inline char *text_make(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

static inline char *
text_make(const char *fmt, ...)
{
	va_list ap;
	char *out;

	va_start(ap, fmt);
	insist(vasprintf(&out, fmt, ap) >= 0, "vasprintf");
	va_end(ap);
	return out;
}

struct maker {
	char base[64];
	uint8_t *pem[4]; /* issuing.key, issuing.crt, root.crt, root.key */
	size_t n[4];
	struct ca *ca;
	EVP_PKEY *issuing_key, *root_key;
	X509 *issuing, *root;
};

static inline EVP_PKEY *
maker_key(const struct maker *m, size_t i)
{
	BIO *bio = BIO_new_mem_buf(m->pem[i], (int)m->n[i]);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	insist(key != NULL, "key");
	BIO_free(bio);
	return key;
}

static inline X509 *
maker_certificate(struct bytes der)
{
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	insist(x != NULL, "certificate");
	return x;
}

/* A CA made at that time; nothing of it stays on the disk. */
static inline void
maker_init(struct maker *m, int64_t now)
{
	static const char *const names[] = {
	    "issuing.key", "issuing.crt", "root.crt", "root.key"};
	char path[128];
	bool made;

	memset(m, 0, sizeof(*m));
	snprintf(m->base, sizeof(m->base), "/tmp/dci-result-test.XXXXXX");
	insist(mkdtemp(m->base) != NULL, "mkdtemp");
	snprintf(path, sizeof(path), "%s/ca", m->base);
	insist(ca_create(path, false, now, &made, NULL) == 0, "ca_create");
	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/ca/%s", m->base, names[i]);
		insist(
		    file_read(path, LIMIT_PEM, &m->pem[i], &m->n[i], NULL) == 0,
		    path);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/ca", m->base);
	rmdir(path);
	rmdir(m->base);
	m->ca = ca_open((struct bytes){m->pem[0], m->n[0]},
	    (struct bytes){m->pem[1], m->n[1]},
	    (struct bytes){m->pem[2], m->n[2]}, now, NULL);
	insist(m->ca != NULL, "ca_open");
	m->issuing_key = maker_key(m, 0);
	m->root_key = maker_key(m, 3);
	m->issuing = maker_certificate(ca_issuing_der(m->ca));
	m->root = maker_certificate(ca_root_der(m->ca));
}

static inline void
maker_free(struct maker *m)
{
	for (size_t i = 0; i < 4; i++)
		free(m->pem[i]);
	ca_close(m->ca);
	EVP_PKEY_free(m->issuing_key);
	EVP_PKEY_free(m->root_key);
	X509_free(m->issuing);
	X509_free(m->root);
	memset(m, 0, sizeof(*m));
}

#endif
