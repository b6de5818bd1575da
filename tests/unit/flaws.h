/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scene for the tests of known flaws: one simulated platform, its collateral
 * and a quote, all of which can be altered and signed again with the keys that
 * an attacker would not have.
 */
#ifndef TESTS_FLAWS_H
#define TESTS_FLAWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/text.h"
#include "sim/document.h"
#include "sim/platform_impl.h"
#include "tests/unit/quote_parts.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW      INT64_C(1790000000) /* September 2026 */
#define DAY      (INT64_C(24) * 3600)

/* The test's name says which item of the list it is about. */
#define ITEM(text, fn)                      \
	{                                   \
		text, fn, NULL, NULL, NULL, \
	}

struct scene {
	struct sim_platform *p;
	struct dci_anchor anchor;
	/* data NULL: missing. */
	struct writer doc[DCI_DOCUMENTS];
	struct writer part[PARTS];
	int64_t now;
};

static struct dci_verification v; /* the newest verdict */

static inline EVP_PKEY *
key_of(const struct scene *s, enum sim_key key)
{
	return s->p->pki.key[key];
}

static inline void
put(struct writer *w, const void *p, size_t n)
{
	writer_free(w);
	*w = writer_new(4 * LIMIT_COLLATERAL);
	writer_put(w, p, n);
	assert_false(w->failed);
}

static inline void
scene_collateral(struct scene *s)
{
	struct sim_collateral c;
	struct dci_failure f;

	assert_int_equal(sim_collateral_make(&c, s->p, &f), 0);
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		put(&s->doc[i], c.doc[i].data, c.doc[i].n);
	sim_collateral_free(&c);
}

static inline void
scene_quote(struct scene *s, uint16_t version)
{
	static const uint8_t zeros[DCI_REPORT_DATA_SIZE];
	struct sim_quote_options o;
	struct quote_parts q;
	struct dci_failure f;
	uint8_t *quote;
	size_t n;

	sim_quote_options_default(&o);
	o.version = version;
	assert_int_equal(sim_quote(s->p, &o, zeros, &quote, &n, &f), 0);
	quote_split(&q, quote, n);
	for (unsigned i = 0; i < PARTS; i++)
		put(&s->part[i], q.part[i].p, q.part[i].n);
	free(quote);
}

/* NULL: the default platform. */
static inline void
scene_make(struct scene *s, const struct sim_spec *spec)
{
	struct sim_spec standard;
	struct dci_failure f;
	uint8_t *pem;
	size_t n;

	sim_spec_default(&standard, NOW);
	*s = (struct scene){.now = NOW};
	s->p = sim_build(spec != NULL ? spec : &standard, &f);
	assert_non_null(s->p);
	assert_int_equal(sim_root_pem(s->p, &pem, &n, &f), 0);
	assert_int_equal(dci_anchor_from_pem(&s->anchor, pem, n, &f), 0);
	free(pem);
	scene_collateral(s);
	scene_quote(s, 3);
}

static inline void
scene_free(struct scene *s)
{
	for (unsigned i = 0; i < DCI_DOCUMENTS; i++)
		writer_free(&s->doc[i]);
	for (unsigned i = 0; i < PARTS; i++)
		writer_free(&s->part[i]);
	sim_close(s->p);
}

/* The same keys with another spec; collateral and quote made anew. */
static inline void
scene_vary(struct scene *s, const struct sim_spec *spec)
{
	struct dci_failure f;
	struct sim_platform *p = sim_vary(s->p, spec, &f);

	assert_non_null(p);
	sim_close(s->p);
	s->p = p;
	scene_collateral(s);
	scene_quote(s, 3);
}

static inline void
judge_bytes(const struct scene *s, const uint8_t *quote, size_t n,
    const struct dci_tolerance *t)
{
	struct dci_collateral c;

	for (unsigned i = 0; i < DCI_DOCUMENTS; i++) {
		c.doc[i].data = s->doc[i].data;
		c.doc[i].n = s->doc[i].n;
	}
	struct dci_snapshot *snapshot = dci_snapshot_new(&c, &s->anchor);
	assert_non_null(snapshot);
	dci_verify_quote(&v, quote, n, snapshot, s->now, t, NULL);
	dci_snapshot_free(snapshot);
}

static inline void
judge(const struct scene *s, const struct dci_tolerance *t)
{
	struct quote_parts q;

	for (unsigned i = 0; i < PARTS; i++)
		q.part[i] = (struct bytes){s->part[i].data, s->part[i].n};
	struct writer w = quote_join(&q);
	judge_bytes(s, w.data, w.n, t);
	writer_free(&w);
}

static inline void
expect_verdict(enum dci_status status, enum dci_code code)
{
	if (v.failure.code != code || v.status != status)
		fail_msg("%s, %s instead of %s, %s: %s",
		    dci_status_name(v.status), dci_code_name(v.failure.code),
		    dci_status_name(status), dci_code_name(code),
		    v.failure.sentence);
}

static inline void
expect(const struct scene *s, enum dci_status status)
{
	judge(s, NULL);
	expect_verdict(status, DCI_OK);
}

static inline void
expect_invalid(const struct scene *s, enum dci_code code)
{
	judge(s, NULL);
	expect_verdict(DCI_STATUS_INVALID, code);
}

static inline void
expect_revoked(const struct scene *s, enum dci_code code)
{
	judge(s, NULL);
	expect_verdict(DCI_STATUS_REVOKED, code);
}

/* --- documents ------------------------------------------------------------ */

/* Replaces the first occurrence, which must be there. */
static inline void
text_edit(struct writer *w, const char *from, const char *to)
{
	uint8_t *at = memmem(w->data, w->n, from, strlen(from));
	struct writer out = writer_new(4 * LIMIT_COLLATERAL);

	assert_non_null(at);
	size_t head = (size_t)(at - w->data);
	writer_put(&out, w->data, head);
	writer_text(&out, to);
	writer_put(&out, at + strlen(from), w->n - head - strlen(from));
	assert_false(out.failed);
	writer_free(w);
	*w = out;
}

static inline const char *
member_of(enum dci_document d)
{
	return d == DCI_DOC_TCB_INFO ? "tcbInfo" : "enclaveIdentity";
}

/* The inner object of a signed document of the simulator. */
static inline struct writer
inner_of(const struct scene *s, enum dci_document d)
{
	struct writer w = writer_new(4 * LIMIT_COLLATERAL);
	size_t head = strlen(member_of(d)) + strlen("{\"\":");
	size_t tail = strlen(",\"signature\":\"\"}") + 128;

	writer_put(&w, s->doc[d].data + head, s->doc[d].n - head - tail);
	return w;
}

/* Takes the inner object over. */
static inline void
doc_sign(
    struct scene *s, enum dci_document d, struct writer inner, EVP_PKEY *key)
{
	struct writer out = writer_new(4 * LIMIT_COLLATERAL);

	assert_true(document_sign(&out, member_of(d), &inner, key, false));
	put(&s->doc[d], out.data, out.n);
	writer_free(&out);
	writer_free(&inner);
}

/* An edit that Intel would have signed. */
static inline void
doc_edit(struct scene *s, enum dci_document d, const char *from, const char *to)
{
	struct writer inner = inner_of(s, d);

	text_edit(&inner, from, to);
	doc_sign(s, d, inner, key_of(s, SIM_KEY_TCB_SIGNER));
}

/* --- the quote ------------------------------------------------------------ */

static inline void
part_sign(
    struct scene *s, enum part message, enum part signature, EVP_PKEY *key)
{
	uint8_t raw[64];

	assert_true(ecdsa_sign_raw(key,
	    (struct bytes){s->part[message].data, s->part[message].n}, raw));
	put(&s->part[signature], raw, sizeof(raw));
}

/* Signs header and body anew, with the attestation key. */
static inline void
body_sign(struct scene *s)
{
	part_sign(
	    s, PART_SIGNED, PART_SIGNATURE, key_of(s, SIM_KEY_ATTESTATION));
}

/* Signs the QE's report anew. */
static inline void
qe_sign(struct scene *s, EVP_PKEY *pck)
{
	part_sign(s, PART_QE_REPORT, PART_QE_SIGNATURE, pck);
}

/* Has the QE vouch for the attestation key that is there. */
static inline void
qe_vouch(struct scene *s, EVP_PKEY *pck)
{
	sha256_two(s->part[PART_QE_REPORT].data + 320, s->part[PART_KEY].data,
	    64, s->part[PART_AUTH].data, s->part[PART_AUTH].n);
	qe_sign(s, pck);
}

/* --- certificates --------------------------------------------------------- */

static inline X509 *
cert_of(const struct scene *s, enum sim_key which)
{
	X509 *c = X509_dup(s->p->pki.certificate[which]);

	assert_non_null(c);
	return c;
}

static inline X509 *
cert_sign(X509 *c, EVP_PKEY *key)
{
	assert_true(X509_sign(c, key, EVP_sha256()) > 0);
	return c;
}

/* Takes the certificates over; ends in NULL. */
static inline void
chain_put(struct writer *out, X509 *first, ...)
{
	BIO *bio = BIO_new(BIO_s_mem());
	va_list ap;
	char *text;

	va_start(ap, first);
	for (X509 *c = first; c != NULL; c = va_arg(ap, X509 *)) {
		assert_true(PEM_write_bio_X509(bio, c));
		X509_free(c);
	}
	va_end(ap);
	long n = BIO_get_mem_data(bio, &text);
	put(out, text, (size_t)n);
	BIO_free(bio);
}

/* The sound chain with another leaf. */
static inline void
leaf_put(struct scene *s, X509 *leaf)
{
	chain_put(&s->part[PART_CHAIN], leaf,
	    cert_of(s, pki_pck_ca(&s->p->spec)), cert_of(s, SIM_KEY_ROOT),
	    NULL);
}

static inline void
cert_replace_text(X509 *c, int nid, const char *value)
{
	int at = X509_get_ext_by_NID(c, nid, -1);
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, NULL, c, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_EXTENSION_free(X509_delete_ext(c, at));
	assert_true(X509_add_ext(c, e, at) > 0);
	X509_EXTENSION_free(e);
}

#endif
