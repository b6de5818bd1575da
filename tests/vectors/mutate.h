/* SPDX-License-Identifier: BSD-3-Clause */
/* Alterations of a genuine quote and its collateral, and their tools. */
#ifndef TESTS_MUTATE_H
#define TESTS_MUTATE_H

#include "tests/vectors/bundle.h"

struct mutation {
	const char *name;
	void (*apply)(struct bundle *);
	const char *code; /* "ok": the verdict stays as it was */
};

extern const struct mutation quote_mutations[], collateral_mutations[];
extern const size_t quote_mutations_n, collateral_mutations_n;

/* What is altered; documents of TDX of the same time; a row of the other of
 * Intel's two PCK CAs. */
extern struct bundle base, tdx, other_ca;

#define DOC(b, name) (&(b)->doc[DCI_DOC_##name])

void le32(uint8_t *, size_t);
void blob_set(struct blob *, const void *, size_t n);
/* Replaces cut bytes at a place. */
void splice(struct blob *, size_t at, size_t cut, const void *, size_t n);
void append(struct blob *, const void *, size_t n);
/* Replaces the first occurrence, which must be there. */
void replace(struct blob *, const char *from, const char *to);
/* The n-th PEM block of a text, with its line end. */
struct blob pem_block_of(struct blob pem, unsigned n);
/* A chain out of the blocks of another, by their numbers. */
struct blob reordered(struct blob pem, const char *order);
void chain_reorder(struct blob *pem, const char *order);
/* s becomes n - s, as good a signature as before. */
void high_s(uint8_t *s);

/* Mutations that others are put together of. */
void flip_body(struct bundle *);
void chain_leaf_altered(struct bundle *);
void tcb_of_tdx(struct bundle *);
void qe_of_tdx(struct bundle *);

#endif
