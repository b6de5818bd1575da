/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/text.h"
#include "dci/result.h"

struct line {
	const char *p;
	size_t n;
};

/* The next line without its end; the last one may lack it. */
static bool
line_take(struct reader *r, struct line *out)
{
	struct bytes b;

	if (reader_done(r))
		return false;
	const uint8_t *end = memchr(r->p, '\n', r->n);
	size_t n = end == NULL ? r->n : (size_t)(end - r->p) + 1;
	if (!reader_take(r, &b, n))
		return false;
	n -= end != NULL;
	n -= n > 0 && b.p[n - 1] == '\r';
	*out = (struct line){(const char *)b.p, n};
	return true;
}

/* A character of a header's name (RFC 9110, 5.6.2). */
static bool
is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "HTTP/1.1 200 OK", "HTTP/2 200 " (RFC 9112, section 4). */
static bool
status_of(struct line line, unsigned *status)
{
	const char *space = memchr(line.p, ' ', line.n);

	*status = 0;
	if (line.n < 5 || strncmp(line.p, "HTTP/", 5) != 0 || space == NULL)
		return false;
	size_t left = line.n - (size_t)(space - line.p) - 1;
	if (left < 3 || (left > 3 && space[4] != ' '))
		return false;
	for (size_t i = 1; i <= 3; i++) {
		if (space[i] < '0' || space[i] > '9')
			return false;
		*status = *status * 10 + (unsigned)(space[i] - '0');
	}
	return true;
}

static int
refuse(const char *why, struct line line, struct dci_failure *f)
{
	char shown[41];

	text_printable(shown, sizeof(shown), line.p, line.n);
	return dci_fail(f, DCI_RESULT_HEADERS_MALFORMED,
	    "The headers of the answer cannot be read: %s: '%s'.", why, shown);
}

/* One header field (RFC 9112, section 5) of the block at hand. */
static int
field_take(
    struct dci_result_headers *out, struct line line, struct dci_failure *f)
{
	const struct {
		const char *name, **value;
		size_t *size;
	} ours[] = {
	    {"X-Delegating-Certificate", &out->certificate,
		&out->certificate_size},
	    {"X-Delegating-Signature", &out->signature, &out->signature_size},
	    {"X-Delegating-Chain", &out->chain, &out->chain_size},
	};
	size_t name = 0, from, to = line.n;

	if (is_blank(line.p[0]))
		return refuse("a folded line", line, f);
	while (name < line.n && is_token(line.p[name]))
		name++;
	if (name == 0 || name == line.n || line.p[name] != ':')
		return refuse("a line that is no header", line, f);
	for (from = name + 1; from < to && is_blank(line.p[from]); from++)
		;
	while (to > from && is_blank(line.p[to - 1]))
		to--;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (strlen(ours[i].name) != name ||
		    strncasecmp(ours[i].name, line.p, name) != 0)
			continue;
		if (*ours[i].value != NULL)
			return refuse("a header that is there twice", line, f);
		*ours[i].value = line.p + from;
		*ours[i].size = to - from;
	}
	return 0;
}

int
dci_result_headers_parse(struct dci_result_headers *out, const char *text,
    size_t n, struct dci_failure *f)
{
	struct reader r = reader_of(text, n);
	struct dci_result_headers block = {.status = 0};
	bool within = true; /* a block, and not after its empty line */
	bool first = true;
	struct line line;
	unsigned status;

	*out = block;
	if (n > LIMIT_HEADERS)
		return dci_fail(f, DCI_RESULT_HEADERS_MALFORMED,
		    "The headers of the answer have %zu bytes; at most %u are "
		    "accepted.",
		    n, LIMIT_HEADERS);
	while (line_take(&r, &line)) {
		if ((first || !within) && status_of(line, &status)) {
			block = (struct dci_result_headers){.status = status};
			within = true;
		} else if (!within) {
			return refuse(
			    "no status line after an empty line", line, f);
		} else if (line.n == 0) {
			within = false;
		} else if (field_take(&block, line, f) != 0) {
			return -1;
		}
		first = false;
	}
	*out = block;
	return 0;
}
