/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <jansson.h>

#include "base/json_read.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/utf8.h"
#include "proto/report.h"
#include "verifier/request.h"

/*
 * jansson reads a string byte by byte: 100 us for a quote, more than verifying
 * and signing take.  So the quote is cut out before, and a mark put in its
 * place: U+10FFFF, which is in no text (a noncharacter).  Where the body has no
 * backslash and no byte F4, with which such marks begin, the mark can only be
 * ours, and a quotation mark always begins or ends a string; so a document in
 * which "isvQuote" is the mark alone is the one that was sent but for the
 * content of that string, and that has to be base64, which needs no parser.
 * Whatever does not come out this way goes to jansson as it is.
 */
#define MARK      "\xf4\x8f\xbf\xbf"
#define QUOTE_MIN 256 /* less is not worth it; bytes of base64 */

static void
cleanup_json(json_t **j)
{
	json_decref(*j);
}

/* The longest stretch between two quotation marks that follow each other, as
 * long as it is at least QUOTE_MIN. */
static bool
longest_stretch(struct bytes *out, struct bytes body)
{
	const uint8_t *end = body.p + body.n, *last = NULL;

	*out = (struct bytes){NULL, QUOTE_MIN - 1};
	for (const uint8_t *p = body.p; p < end; p++) {
		p = memchr(p, '"', (size_t)(end - p));
		if (p == NULL)
			break;
		if (last != NULL && (size_t)(p - last - 1) > out->n)
			*out = (struct bytes){last + 1, (size_t)(p - last - 1)};
		last = p;
	}
	return out->p != NULL;
}

static bool
is_mark(const json_t *text)
{
	return json_is_string(text) &&
	       json_string_length(text) == sizeof(MARK) - 1 &&
	       memcmp(json_string_value(text), MARK, sizeof(MARK) - 1) == 0;
}

/* jansson allocates for each value: a body full of empty objects would take a
 * hundred times as long as a quote.  Each value but the first comes after one
 * of these bytes. */
static bool
few_values(struct bytes body)
{
	static const bool begins[256] = {
	    ['['] = true, ['{'] = true, [','] = true};
	size_t n = 0;

	for (size_t i = 0; i < body.n; i++)
		n += begins[body.p[i]];
	return n <= LIMIT_HTTP_VALUES;
}

/* The document without its quote, which *quote gets; NULL where that cannot be
 * told. */
static json_t *
parse_short(struct bytes body, struct bytes *quote)
{
	struct writer w CLEANUP(writer_free) = writer_new(LIMIT_HTTP_BODY);

	if (memchr(body.p, '\\', body.n) != NULL ||
	    memchr(body.p, MARK[0], body.n) != NULL ||
	    !longest_stretch(quote, body))
		return NULL;
	writer_put(&w, body.p, (size_t)(quote->p - body.p));
	writer_text(&w, MARK);
	writer_put(&w, quote->p + quote->n,
	    (size_t)(body.p + body.n - quote->p) - quote->n);
	if (w.failed || !few_values((struct bytes){w.data, w.n}))
		return NULL;
	json_t *root CLEANUP(cleanup_json) = json_read(
	    (struct bytes){w.data, w.n}, JSON_REJECT_DUPLICATES, NULL);
	return is_mark(json_object_get(root, REPORT_ISV_QUOTE)) ? TAKE(root)
								: NULL;
}

static json_t *
parse_whole(struct bytes body, struct dci_failure *f)
{
	json_error_t e;
	char why[200];

	if (!few_values(body)) {
		dci_fail(f, DCI_BODY_MALFORMED,
		    "The body has more than %u commas and opening brackets.",
		    LIMIT_HTTP_VALUES);
		return NULL;
	}
	json_t *root CLEANUP(cleanup_json) =
	    json_read(body, JSON_REJECT_DUPLICATES, &e);
	if (root == NULL && memory_short()) {
		dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the body.");
		return NULL;
	}
	if (root == NULL) {
		/* The parser's own words quote the document. */
		text_printable(
		    why, sizeof(why), e.text, strnlen(e.text, sizeof(e.text)));
		dci_fail(f, DCI_BODY_MALFORMED,
		    "The body is not well-formed JSON: line %d, column %d: "
		    "%s.",
		    e.line, e.column, why);
		return NULL;
	}
	if (!json_is_object(root)) {
		dci_fail(f, DCI_BODY_MALFORMED,
		    "The body is JSON, but not an object.");
		return NULL;
	}
	return TAKE(root);
}

static int
take_quote(struct request *out, const json_t *root, const struct bytes *cut,
    struct dci_failure *f)
{
	const json_t *member = json_object_get(root, REPORT_ISV_QUOTE);
	const char *text = json_string_value(member);
	size_t n = json_string_length(member);

	if (member == NULL)
		return dci_fail(f, DCI_QUOTE_MISSING,
		    "The body has no member \"isvQuote\".");
	if (text == NULL)
		return dci_fail(f, DCI_BODY_MALFORMED,
		    "The member \"isvQuote\" is not a string.");
	if (cut->p != NULL) {
		text = (const char *)cut->p;
		n = cut->n;
	}
	if (n == 0)
		return dci_fail(
		    f, DCI_QUOTE_MISSING, "The member \"isvQuote\" is empty.");
	if (base64_decode(&out->quote, &out->quote_size, text, n))
		return 0;
	if (memory_short())
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for the quote.");
	return dci_fail(f, DCI_QUOTE_NOT_BASE64,
	    "The member \"isvQuote\" is not base64: %zu characters, with "
	    "something other than the alphabet in them or with wrong padding.",
	    n);
}

static size_t
characters(const char *text, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((uint8_t)text[i] & 0xc0) != 0x80;
	return count;
}

static int
take_nonce(struct request *out, const json_t *root, struct dci_failure *f)
{
	const json_t *member = json_object_get(root, REPORT_NONCE);
	const char *text = json_string_value(member);
	size_t n = json_string_length(member);

	if (member == NULL)
		return 0;
	if (text == NULL)
		return dci_fail(f, DCI_NONCE_UNACCEPTABLE,
		    "The member \"nonce\" is not a string.");
	if (characters(text, n) > REPORT_NONCE_MAX)
		return dci_fail(f, DCI_NONCE_UNACCEPTABLE,
		    "The nonce has %zu characters; at most %d are accepted.",
		    characters(text, n), REPORT_NONCE_MAX);
	out->nonce = strdup(text);
	return out->nonce != NULL
		   ? 0
		   : dci_fail(f, DCI_OUT_OF_MEMORY, "No memory for the nonce.");
}

int
request_parse(struct request *out, struct bytes body, struct dci_failure *f)
{
	struct bytes cut = {NULL, 0};

	*out = (struct request){.quote = NULL};
	if (body.n == 0)
		return dci_fail(
		    f, DCI_BODY_MALFORMED, "The request has no body.");
	json_t *root CLEANUP(cleanup_json) = parse_short(body, &cut);
	if (root == NULL) {
		cut.p = NULL;
		root = parse_whole(body, f);
	}
	if (root == NULL)
		return -1;
	if (take_quote(out, root, &cut, f) == 0 &&
	    take_nonce(out, root, f) == 0)
		return 0;
	request_free(out);
	return -1;
}

void
request_free(struct request *r)
{
	free(r->quote);
	free(r->nonce);
	*r = (struct request){.quote = NULL};
}
