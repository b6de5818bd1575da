/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <openssl/bn.h>

#include "tests/vectors/mutate.h"

struct bundle base, tdx, other_ca;

void
le32(uint8_t *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

void
blob_set(struct blob *b, const void *p, size_t n)
{
	struct blob copy = blob_copy(p, n);

	free(b->p);
	*b = copy;
}

void
splice(struct blob *b, size_t at, size_t cut, const void *in, size_t n)
{
	struct blob out = {.p = malloc(b->n - cut + n + 1), b->n - cut + n};

	memcpy(out.p, b->p, at);
	memcpy(out.p + at, in, n);
	memcpy(out.p + at + n, b->p + at + cut, b->n - at - cut);
	free(b->p);
	*b = out;
}

void
append(struct blob *b, const void *in, size_t n)
{
	splice(b, b->n, 0, in, n);
}

void
replace(struct blob *b, const char *from, const char *to)
{
	uint8_t *at = memmem(b->p, b->n, from, strlen(from));

	if (at == NULL)
		abort();
	splice(b, (size_t)(at - b->p), strlen(from), to, strlen(to));
}

struct blob
pem_block_of(struct blob pem, unsigned n)
{
	const char *end = "-----END CERTIFICATE-----\n";
	uint8_t *from = pem.p, *to;

	for (;; n--) {
		to = memmem(
		    from, pem.n - (size_t)(from - pem.p), end, strlen(end));
		if (to == NULL)
			abort();
		to += strlen(end);
		if (n == 0)
			return blob_copy(from, (size_t)(to - from));
		from = to;
	}
}

struct blob
reordered(struct blob pem, const char *order)
{
	struct blob out = {.p = malloc(1), 0};

	for (; *order != '\0'; order++) {
		struct blob block = pem_block_of(pem, (unsigned)(*order - '0'));

		append(&out, block.p, block.n);
		free(block.p);
	}
	return out;
}

void
chain_reorder(struct blob *pem, const char *order)
{
	struct blob out = reordered(*pem, order);

	free(pem->p);
	*pem = out;
}

void
high_s(uint8_t *s)
{
	BIGNUM *n = NULL, *v = BN_bin2bn(s, 32, NULL);

	BN_hex2bn(&n, "FFFFFFFF00000000FFFFFFFFFFFFFFFF"
		      "BCE6FAADA7179E84F3B9CAC2FC632551");
	BN_sub(v, n, v);
	BN_bn2binpad(v, s, 32);
	BN_free(n);
	BN_free(v);
}
