/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/utf8.h"
#include "proto/enrol.h"

#define REFUSAL UINT32_MAX /* int32 -1 */

void
enrol_frame_encode(struct writer *w, struct bytes der)
{
	if (der.n == 0 || der.n > INT32_MAX)
		w->failed = true;
	else
		writer_blob32(w, der.p, der.n);
}

enum decoded
enrol_frame_decode(struct reader *r, size_t max, const char *what,
    struct bytes *der, struct dci_failure *f)
{
	struct reader in = *r;
	uint32_t n;

	if (!reader_u32le(&in, &n))
		return DECODED_MORE;
	if (n == 0 || n > max) {
		dci_fail(f, DCI_FRAME_LENGTH,
		    "%s is announced with a length of %d bytes; 1 to %zu are "
		    "accepted.",
		    what, (int)(int32_t)n, max);
		return DECODED_BAD;
	}
	if (!reader_take(&in, der, n))
		return DECODED_MORE;
	*r = in;
	return DECODED_DONE;
}

/* As much of a text as fits into max bytes, without half a character. */
static struct bytes
cut(const char *text, size_t max)
{
	struct bytes out = {(const uint8_t *)text, 0};
	size_t n = strlen(text);

	while (out.n < n) {
		size_t length = utf8_sequence(out.p + out.n, n - out.n);

		if (length == 0)
			length = 1;
		if (out.n + length > max)
			break;
		out.n += length;
	}
	return out;
}

void
enrol_refusal_encode(struct writer *w, const char *code, const char *sentence)
{
	struct bytes name = cut(code, ENROL_REFUSAL_CODE_MAX);
	struct bytes text = cut(sentence, DCI_SENTENCE_MAX);

	writer_u32le(w, REFUSAL);
	writer_u16le(w, (uint16_t)name.n);
	writer_put(w, name.p, name.n);
	writer_u16le(w, (uint16_t)text.n);
	writer_put(w, text.p, text.n);
}

bool
enrol_refusal_begins(const struct reader *r)
{
	struct reader in = *r;
	uint32_t n;

	return reader_u32le(&in, &n) && n == REFUSAL;
}

static bool
code_well_formed(struct bytes code)
{
	for (size_t i = 0; i < code.n; i++) {
		uint8_t c = code.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c != '-')
			return false;
	}
	return code.n > 0;
}

static enum decoded
refusal_bad(struct dci_failure *f, const char *what)
{
	dci_fail(f, DCI_REFUSAL_MALFORMED,
	    "The issuer refuses, and its refusal is malformed: %s.", what);
	return DECODED_BAD;
}

/* A u16 length of at most max, and that many bytes. */
static enum decoded
take_text(struct reader *in, size_t max, const char *too_long,
    struct bytes *out, struct dci_failure *f)
{
	uint16_t n;

	if (!reader_u16le(in, &n))
		return DECODED_MORE;
	if (n > max)
		return refusal_bad(f, too_long);
	return reader_take(in, out, n) ? DECODED_DONE : DECODED_MORE;
}

enum decoded
enrol_refusal_decode(
    struct reader *r, struct enrol_refusal *out, struct dci_failure *f)
{
	struct reader in = *r;
	struct bytes code, sentence;
	uint32_t mark;

	if (!reader_u32le(&in, &mark))
		return DECODED_MORE;
	if (mark != REFUSAL)
		return refusal_bad(f, "it does not begin with -1");
	enum decoded got = take_text(
	    &in, ENROL_REFUSAL_CODE_MAX, "its code is too long", &code, f);
	if (got != DECODED_DONE)
		return got;
	if (!code_well_formed(code))
		return refusal_bad(f, "its code is none");
	got = take_text(
	    &in, DCI_SENTENCE_MAX, "its sentence is too long", &sentence, f);
	if (got != DECODED_DONE)
		return got;
	if (!utf8_valid(sentence.p, sentence.n))
		return refusal_bad(f, "its sentence is not UTF-8");
	memcpy(out->code, code.p, code.n);
	out->code[code.n] = '\0';
	if (sentence.n > 0)
		memcpy(out->sentence, sentence.p, sentence.n);
	out->sentence[utf8_tame((uint8_t *)out->sentence, sentence.n)] = '\0';
	*r = in;
	return DECODED_DONE;
}
