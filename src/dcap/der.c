/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dcap/der.h"

/* X.690 8.1.3 with the restrictions of 10.1; lengths up to 2^24 - 1, which is
 * more than any of our limits. */
static bool
der_length(struct reader *r, size_t *out)
{
	uint8_t first, octet;
	size_t n = 0;

	if (!reader_u8(r, &first))
		return false;
	if (first < 0x80) {
		*out = first;
		return true;
	}
	unsigned octets = first & 0x7f;
	if (octets < 1 || octets > 3)
		return false;
	for (unsigned i = 0; i < octets; i++) {
		if (!reader_u8(r, &octet) || (i == 0 && octet == 0))
			return false;
		n = n << 8 | octet;
	}
	*out = n;
	return n >= 0x80;
}

bool
der_any(struct reader *r, struct der *out)
{
	struct reader in = *r;
	size_t n;

	if (!reader_u8(&in, &out->tag) || (out->tag & 0x1f) == 0x1f ||
	    !der_length(&in, &n) || !reader_take(&in, &out->content, n))
		return false;
	out->whole = (struct bytes){r->p, r->n - in.n};
	*r = in;
	return true;
}

bool
der_next_is(const struct reader *r, uint8_t tag)
{
	return r->n > 0 && r->p[0] == tag;
}

static bool
der_tagged(struct reader *r, uint8_t tag, struct der *out)
{
	return der_next_is(r, tag) && der_any(r, out);
}

bool
der_take(struct reader *r, uint8_t tag, struct bytes *content)
{
	struct der d;

	if (!der_tagged(r, tag, &d))
		return false;
	*content = d.content;
	return true;
}

bool
der_whole(struct reader *r, uint8_t tag, struct bytes *whole)
{
	struct der d;

	if (!der_tagged(r, tag, &d))
		return false;
	*whole = d.whole;
	return true;
}

bool
der_enter(struct reader *r, uint8_t tag, struct reader *in)
{
	struct bytes content;

	if (!der_take(r, tag, &content))
		return false;
	*in = reader_of(content.p, content.n);
	return true;
}

bool
der_boolean(struct reader *r, bool *out)
{
	struct reader save = *r;
	struct bytes b;

	if (!der_take(r, DER_BOOLEAN, &b) || b.n != 1 ||
	    (b.p[0] != 0 && b.p[0] != 0xff)) {
		*r = save;
		return false;
	}
	*out = b.p[0] != 0;
	return true;
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool
shortest(struct bytes b)
{
	if (b.n < 2)
		return b.n == 1;
	return !(b.p[0] == 0 && b.p[1] < 0x80) &&
	       !(b.p[0] == 0xff && b.p[1] >= 0x80);
}

bool
der_integer(struct reader *r, struct bytes *content)
{
	struct reader save = *r;

	if (der_take(r, DER_INTEGER, content) && shortest(*content))
		return true;
	*r = save;
	return false;
}

bool
der_unsigned(struct reader *r, uint8_t tag, uint32_t max, uint32_t *out)
{
	struct reader save = *r;
	struct bytes b;
	uint64_t v = 0;

	if (der_take(r, tag, &b) && shortest(b) && b.n <= 5 && b.p[0] < 0x80) {
		for (size_t i = 0; i < b.n; i++)
			v = v << 8 | b.p[i];
		if (v <= max) {
			*out = (uint32_t)v;
			return true;
		}
	}
	*r = save;
	return false;
}

bool
der_oid(struct reader *r, struct bytes *content)
{
	struct reader save = *r;

	if (der_take(r, DER_OID, content) && content->n > 0)
		return true;
	*r = save;
	return false;
}

bool
der_octet_bits(struct reader *r, struct bytes *out)
{
	struct reader save = *r;
	struct bytes b;

	if (der_take(r, DER_BITSTRING, &b) && b.n > 0 && b.p[0] == 0) {
		*out = (struct bytes){b.p + 1, b.n - 1};
		return true;
	}
	*r = save;
	return false;
}

bool
der_time(struct reader *r, int64_t *out)
{
	struct reader save = *r;
	struct der d;
	char s[16], text[RFC3339_SIZE];

	if (der_any(r, &d) &&
	    ((d.tag == DER_UTCTIME && d.content.n == 13) ||
		(d.tag == DER_GENTIME && d.content.n == 15))) {
		/* RFC 5280 4.1.2.5.1: two digits mean 1950 to 2049. */
		size_t century = d.tag == DER_UTCTIME ? 2 : 0;
		memcpy(s, d.content.p[0] < '5' ? "20" : "19", 2);
		memcpy(s + century, d.content.p, d.content.n);
		snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%c",
		    s, s + 4, s + 6, s + 8, s + 10, s + 12, s[14]);
		if (rfc3339_decode(out, text, strlen(text)))
			return true;
	}
	*r = save;
	return false;
}
