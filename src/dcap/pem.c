/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/text.h"
#include "dcap/pem.h"

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
skip_space(struct reader *r)
{
	struct bytes one;

	while (r->n > 0 && is_space(r->p[0]) && reader_take(r, &one, 1))
		;
}

static bool
take_text(struct reader *r, const char *text)
{
	struct bytes b;

	return reader_take(r, &b, strlen(text)) && memcmp(b.p, text, b.n) == 0;
}

/* "-----BEGIN CERTIFICATE-----" */
static bool
boundary(struct reader *r, const char *begin_or_end, const char *label)
{
	return take_text(r, begin_or_end) && take_text(r, label) &&
	       take_text(r, "-----");
}

/* The base64 text up to the next '-', without its line ends. */
static bool
gather(struct reader *r, char **text, size_t *n)
{
	const uint8_t *end = memchr(r->p, '-', r->n);
	struct bytes b;

	if (end == NULL || !reader_take(r, &b, (size_t)(end - r->p)))
		return false;
	char *out = malloc(b.n + 1);
	if (out == NULL)
		return false;
	*n = 0;
	for (size_t i = 0; i < b.n; i++) {
		if (!is_space(b.p[i]))
			out[(*n)++] = (char)b.p[i];
	}
	*text = out;
	return true;
}

bool
pem_block(struct reader *r, const char *label, uint8_t **der, size_t *n)
{
	struct reader in = *r;
	char *text CLEANUP(cleanup_free) = NULL;
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	size_t length;

	memory_watch();
	skip_space(&in);
	if (!boundary(&in, "-----BEGIN ", label) ||
	    !gather(&in, &text, &length) ||
	    !boundary(&in, "-----END ", label) ||
	    !base64_decode(&data, n, text, length) || *n == 0)
		return false;
	*der = TAKE(data);
	*r = in;
	return true;
}

bool
pem_done(const struct reader *r)
{
	struct reader in = *r;
	uint8_t nul;

	skip_space(&in);
	if (reader_done(&in))
		return true;
	return reader_u8(&in, &nul) && nul == 0 && reader_done(&in);
}
