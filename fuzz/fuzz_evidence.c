/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Evidence from hostile bytes, three ways, so that the inner formats do not
 * hide behind a certificate's lengths: the first byte says whether the rest is
 * a certificate, the value of a DICE extension, or a claims map.  Whatever is
 * taken has to be inside of the input, and libcbor's own parser has to agree
 * about it.
 */
#include <stdlib.h>
#include <string.h>
#include <cbor.h>

#include "base/limits.h"
#include "dci/evidence.h"
#include "ratls/cbor_walk.h"
#include "ratls/claims.h"
#include "ratls/dice.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
must_be_inside(struct bytes part, const uint8_t *data, size_t n)
{
	must(part.n == 0 || (part.p >= data && part.n <= n &&
				(size_t)(part.p - data) <= n - part.n));
}

/* A refusal has exactly one failed check, the last one, with its code. */
static void
must_tell(int rc, const struct dci_checks *checks, const struct dci_failure *f)
{
	const struct dci_check *failed = dci_checks_failed(checks);

	if (rc == 0) {
		must(failed == NULL);
		return;
	}
	must(failed == &checks->item[checks->n - 1]);
	must(failed->code == f->code && f->code != DCI_OK);
	must(f->sentence[0] != '\0');
}

static void
certificate(const uint8_t *data, size_t n)
{
	struct dci_evidence e;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};
	struct dci_quote q = {.version = 3};

	int rc = dci_evidence_parse(&e, data, n, &checks, &f);
	must_tell(rc, &checks, &f);
	if (rc < 0)
		return;
	must(e.quote_size > 0 && e.quote_size <= LIMIT_QUOTE);
	must((e.source == DCI_EVIDENCE_DICE) == (e.claims != NULL));
	must_be_inside((struct bytes){e.quote, e.quote_size}, data, n);
	must_be_inside((struct bytes){e.claims, e.claims_size}, data, n);
	must_be_inside((struct bytes){e.spki, e.spki_size}, data, n);
	must(dci_evidence_bound(&e, &q, &checks, &f) < 0);
}

static void
dice(const uint8_t *data, size_t n)
{
	struct dice d;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};
	struct writer w CLEANUP(writer_free) = writer_new(n + 16);

	int rc = dice_parse(&d, (struct bytes){data, n}, &checks, &f);
	must_tell(rc, &checks, &f);
	if (rc < 0)
		return;
	must_be_inside(d.quote, data, n);
	must_be_inside(d.claims, data, n);
	/* There is only one way to write it. */
	dice_encode(&w, d.quote, d.claims);
	must(!w.failed && w.n == n && memcmp(w.data, data, n) == 0);
}

/* cbor_load() wants UTF-8 in text, and NaNs do not keep their bits in it. */
static bool
libcbor_comparable(struct bytes b)
{
	struct cbor_walk w = cbor_walk_of(b);
	struct cbor_item item;

	while (!reader_done(&w.in)) {
		must(cbor_next(&w, &item));
		if (item.kind == CBOR_KIND_OTHER)
			return false;
		for (size_t i = 0; i < item.content.n; i++) {
			if (item.kind == CBOR_KIND_TEXT &&
			    item.content.p[i] >= 0x80)
				return false;
		}
	}
	return true;
}

/* To be tried only on what the walk has taken. */
static void
libcbor_agrees(struct bytes b)
{
	struct cbor_load_result result;
	unsigned char *again = NULL;
	size_t size;

	cbor_item_t *item = cbor_load(b.p, b.n, &result);
	must(item != NULL && result.read == b.n);
	must(cbor_serialize_alloc(item, &again, &size) == b.n);
	must(memcmp(again, b.p, b.n) == 0);
	free(again);
	cbor_decref(&item);
}

static void
claims(const uint8_t *data, size_t n)
{
	struct claims c;
	struct dci_checks checks = {.n = 0};
	struct dci_failure f = {.code = DCI_OK};
	struct bytes b = {data, n};
	struct cbor_walk w = cbor_walk_of(b);
	bool well_formed = cbor_skip(&w, 0) && cbor_end(&w);

	int rc = claims_parse(&c, b, &checks, &f);
	must_tell(rc, &checks, &f);
	must(rc < 0 || well_formed);
	if (well_formed && libcbor_comparable(b))
		libcbor_agrees(b);
	if (rc < 0)
		return;
	must_be_inside(c.pubkey_hash, data, n);
	must_be_inside(c.csr_key, data, n);
	must(!c.has_csr_key || c.csr_key.n == 32);
	checks.n = 0;
	must(claims_bind_key(&c, (struct bytes){data, 0}, &checks, &f) < 0 ||
	     c.has_pubkey_hash);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	switch (data[0]) {
	case 'd':
		dice(data + 1, n - 1);
		break;
	case 'c':
		claims(data + 1, n - 1);
		break;
	default:
		/* 0x30: a certificate as it is. */
		certificate(data, n);
	}
	return 0;
}
