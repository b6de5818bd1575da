/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of a well-formed quote, to be taken apart and put together again
 * in any version; lengths are made anew. */
#ifndef TESTS_QUOTE_PARTS_H
#define TESTS_QUOTE_PARTS_H

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "dci/quote.h"
#include "base/bytes.h"

enum part {
	PART_SIGNED, /* header and body */
	PART_SIGNATURE,
	PART_KEY,
	PART_QE_REPORT,
	PART_QE_SIGNATURE,
	PART_AUTH,
	PART_CHAIN,
	PARTS
};

/* Borrowed from whatever they were taken from. */
struct quote_parts {
	struct bytes part[PARTS];
};

static inline void
quote_split(struct quote_parts *out, const uint8_t *quote, size_t n)
{
	struct dci_quote q;
	struct dci_failure f;

	if (dci_quote_parse(&q, quote, n, &f) != 0)
		abort();
	*out = (struct quote_parts){
	    .part = {
		[PART_SIGNED] = {q.signed_part, q.signed_size},
		[PART_SIGNATURE] = {q.signature, 64},
		[PART_KEY] = {q.attestation_key, 64},
		[PART_QE_REPORT] = {q.qe_report_bytes, 384},
		[PART_QE_SIGNATURE] = {q.qe_report_signature, 64},
		[PART_AUTH] = {q.qe_auth, q.qe_auth_size},
		[PART_CHAIN] = {q.cert_data, q.cert_data_size},
	    }};
}

static inline void
quote_put(struct writer *w, const struct quote_parts *q, enum part part)
{
	writer_put(w, q->part[part].p, q->part[part].n);
}

/* The version is that of the signed part.  Free the writer. */
static inline struct writer
quote_join(const struct quote_parts *q)
{
	struct writer w = writer_new(2 * LIMIT_QUOTE);
	size_t inner =
	    384 + 64 + 2 + q->part[PART_AUTH].n + 2 + 4 + q->part[PART_CHAIN].n;
	bool nested = q->part[PART_SIGNED].p[0] != 3;

	quote_put(&w, q, PART_SIGNED);
	writer_u32le(&w, (uint32_t)(128 + (nested ? 6 : 0) + inner));
	quote_put(&w, q, PART_SIGNATURE);
	quote_put(&w, q, PART_KEY);
	if (nested) {
		writer_u16le(&w, 6);
		writer_u32le(&w, (uint32_t)inner);
	}
	quote_put(&w, q, PART_QE_REPORT);
	quote_put(&w, q, PART_QE_SIGNATURE);
	writer_u16le(&w, (uint16_t)q->part[PART_AUTH].n);
	quote_put(&w, q, PART_AUTH);
	writer_u16le(&w, 5);
	writer_blob32(&w, q->part[PART_CHAIN].p, q->part[PART_CHAIN].n);
	if (w.failed)
		abort();
	return w;
}

#endif
