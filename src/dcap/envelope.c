/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "dcap/envelope.h"

static void
skip_space(struct reader *r)
{
	struct bytes one;

	/* RFC 8259, section 2. */
	while (r->n > 0 && memchr(" \t\r\n", r->p[0], 4) != NULL &&
	       reader_take(r, &one, 1))
		;
}

static bool
take_char(struct reader *r, char c)
{
	uint8_t got;

	return reader_u8(r, &got) && got == (uint8_t)c;
}

/* The rest of a string whose opening quote has been taken. */
static bool
string_rest(struct reader *r, struct bytes *content)
{
	const uint8_t *start = r->p;
	uint8_t c;

	while (reader_u8(r, &c)) {
		if (c == '"') {
			*content =
			    (struct bytes){start, (size_t)(r->p - start) - 1};
			return true;
		}
		if (c == '\\' && !reader_u8(r, &c))
			return false;
	}
	return false;
}

static bool
take_string(struct reader *r, struct bytes *content)
{
	return take_char(r, '"') && string_rest(r, content);
}

/* From '{' to the '}' that closes it.  The envelope itself is level 1. */
static bool
take_object(struct reader *r, struct bytes *object)
{
	char closing[LIMIT_JSON_DEPTH];
	const uint8_t *start = r->p;
	struct bytes ignored;
	size_t depth = 1;
	uint8_t c;

	if (!take_char(r, '{'))
		return false;
	closing[depth++] = '}';
	while (depth > 1 && reader_u8(r, &c)) {
		if (c == '"' && !string_rest(r, &ignored))
			return false;
		if (c == '{' || c == '[') {
			if (depth == LIMIT_JSON_DEPTH)
				return false;
			closing[depth++] = c == '{' ? '}' : ']';
		}
		if ((c == '}' || c == ']') && c != closing[--depth])
			return false;
	}
	*object = (struct bytes){start, (size_t)(r->p - start)};
	return depth == 1;
}

static bool
is_text(struct bytes b, const char *text)
{
	return bytes_equal(
	    b, (struct bytes){(const uint8_t *)text, strlen(text)});
}

/* One member; *inner or the signature is set, whichever it is. */
static bool
member(struct reader *r, struct envelope *e, const char *name, bool *have_inner,
    bool *have_signature)
{
	struct bytes key, value;

	skip_space(r);
	if (!take_string(r, &key))
		return false;
	skip_space(r);
	if (!take_char(r, ':'))
		return false;
	skip_space(r);
	if (is_text(key, name) && !*have_inner) {
		*have_inner = true;
		return take_object(r, &e->inner);
	}
	if (is_text(key, "signature") && !*have_signature) {
		*have_signature = true;
		return take_string(r, &value) &&
		       hex_decode(e->signature, sizeof(e->signature),
			   (const char *)value.p, value.n);
	}
	return false;
}

static bool
scan(struct envelope *e, struct bytes text, const char *name)
{
	struct reader r = reader_of(text.p, text.n);
	bool inner = false, signature = false;

	skip_space(&r);
	if (!take_char(&r, '{') || !member(&r, e, name, &inner, &signature))
		return false;
	skip_space(&r);
	if (!take_char(&r, ',') || !member(&r, e, name, &inner, &signature))
		return false;
	skip_space(&r);
	if (!take_char(&r, '}'))
		return false;
	skip_space(&r);
	return reader_done(&r);
}

int
envelope_parse(struct envelope *e, struct bytes text, const char *name,
    enum dci_code code, struct dci_failure *f)
{
	if (text.n > LIMIT_COLLATERAL)
		return dci_fail(
		    f, code, "%zu bytes, which is too large", text.n);
	if (!scan(e, text, name))
		return dci_fail(
		    f, code, "something else in its %zu bytes", text.n);
	return 0;
}
