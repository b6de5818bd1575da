/* SPDX-License-Identifier: BSD-3-Clause */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/pem.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "collateral/crl_form.h"

static const char pem_begin[] = "-----BEGIN X509 CRL-----";

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text without blanks at its ends and without one final NUL, which
 * documents that were C strings bring along. */
static struct bytes
trimmed(struct bytes text)
{
	if (text.n > 0 && text.p[text.n - 1] == '\0')
		text.n--;
	while (text.n > 0 && is_blank(text.p[text.n - 1]))
		text.n--;
	while (text.n > 0 && is_blank(text.p[0])) {
		text.p++;
		text.n--;
	}
	return text;
}

/* A SEQUENCE with a length of its own: no text begins like that, since the
 * second byte of any CRL's is at least 0x80. */
static bool
begins_like_der(const uint8_t *p, size_t n)
{
	return n >= 2 && p[0] == 0x30 && p[1] >= 0x80;
}

static bool
from_pem(struct writer *w, struct bytes text)
{
	if (text.n < strlen(pem_begin) || text.n > INT_MAX ||
	    memcmp(text.p, pem_begin, strlen(pem_begin)) != 0)
		return false;
	BIO *bio CLEANUP(cleanup_bio) = BIO_new_mem_buf(text.p, (int)text.n);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n;
	bool ok = bio != NULL && PEM_read_bio(bio, &name, &header, &der, &n) &&
		  strcmp(name, PEM_STRING_X509_CRL) == 0 && header[0] == '\0' &&
		  BIO_pending(bio) == 0;
	if (ok)
		writer_put(w, der, (size_t)n);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(der);
	return ok;
}

static bool
from_hex(struct writer *w, struct bytes text)
{
	uint8_t byte;

	for (size_t i = 0; i < text.n; i += 2) {
		size_t left = text.n - i;

		if (!hex_decode(&byte, 1, (const char *)text.p + i,
			left < 2 ? left : 2))
			return false;
		writer_u8(w, byte);
	}
	return text.n > 0;
}

/* In one line or in many. */
static bool
from_base64(struct writer *w, struct bytes text)
{
	struct writer line CLEANUP(writer_free) =
	    writer_new((size_t)2 * LIMIT_COLLATERAL);
	uint8_t *der CLEANUP(cleanup_free) = NULL;
	size_t n;

	for (size_t i = 0; i < text.n; i++) {
		if (!is_blank(text.p[i]))
			writer_u8(&line, text.p[i]);
	}
	if (line.failed || line.n == 0 ||
	    !base64_decode(&der, &n, (const char *)line.data, line.n))
		return false;
	writer_put(w, der, n);
	return true;
}

typedef bool decoder(struct writer *, struct bytes);

bool
crl_to_der(uint8_t **data, size_t *n)
{
	static decoder *const decoders[] = {from_pem, from_hex, from_base64};

	if (*data == NULL || begins_like_der(*data, *n))
		return true;
	struct bytes text = trimmed((struct bytes){*data, *n});
	for (size_t i = 0; i < sizeof(decoders) / sizeof(decoders[0]); i++) {
		struct writer w CLEANUP(writer_free) =
		    writer_new(LIMIT_COLLATERAL + 1);

		memory_watch();
		bool ok = decoders[i](&w, text) && begins_like_der(w.data, w.n);
		size_t size = w.n;
		writer_u8(&w, 0);
		if (memory_short())
			return false;
		if (!ok || w.failed)
			continue;
		free(*data);
		*data = TAKE(w.data);
		w.cap = 0;
		*n = size;
		return true;
	}
	return true;
}
