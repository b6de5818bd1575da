/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration of Intel's quote provider library, which is there on
 * machines that make or verify quotes. */
#include <string.h>
#include <jansson.h>

#include "base/blame.h"
#include "base/json_read.h"
#include "base/limits.h"
#include "base/text.h"
#include "collateral/source.h"

CLEANUP_TYPE(cleanup_json, json_t, json_decref)

/* What counts here. */
struct qcnl {
	char pccs[SOURCE_URL_MAX + 1], service[SOURCE_URL_MAX + 1];
	bool has_pccs, has_service;
	bool insecure;
	bool has_times, has_delay;
	unsigned times, delay;
};

static bool
take_url(char slot[static SOURCE_URL_MAX + 1], bool *has, const char *value)
{
	*has = true;
	return snprintf(slot, SOURCE_URL_MAX + 1, "%s", value) <=
	       SOURCE_URL_MAX;
}

static bool
take_number(unsigned *slot, bool *has, const char *value, unsigned max)
{
	uint64_t number;

	if (!decimal_decode(&number, value, max))
		return false;
	*slot = (unsigned)number;
	*has = true;
	return true;
}

/* One setting, in either form; where is "FILE, line N" or "FILE: the member
 * NAME". */
static int
take(struct qcnl *q, const char *where, const char *key, const char *value,
    struct dci_failure *f)
{
	const char *expected = NULL;

	if (strcasecmp(key, "pccs_url") == 0) {
		if (!take_url(q->pccs, &q->has_pccs, value))
			expected = "a URL of at most 1024 characters";
	} else if (strcasecmp(key, "collateral_service") == 0) {
		if (!take_url(q->service, &q->has_service, value))
			expected = "a URL of at most 1024 characters";
	} else if (strcasecmp(key, "use_secure_cert") == 0) {
		q->insecure = strcasecmp(value, "false") == 0;
		if (!q->insecure && strcasecmp(value, "true") != 0)
			expected = "true or false";
	} else if (strcasecmp(key, "retry_times") == 0) {
		if (!take_number(
			&q->times, &q->has_times, value, SOURCE_RETRIES_MAX))
			expected = "a number up to 100";
	} else if (strcasecmp(key, "retry_delay") == 0) {
		if (!take_number(&q->delay, &q->has_delay, value,
			SOURCE_RETRY_DELAY_MAX))
			expected = "a number of seconds up to 3600";
	}
	if (expected == NULL)
		return 0;
	return dci_fail(
	    f, DCI_QCNL_MALFORMED, "%s: expected %s.", where, expected);
}

/* --- JSON ------------------------------------------------------------------
 */

/* Where a string that begins at text[i] ends: after its closing quote. */
static size_t
string_end(const char *text, size_t n, size_t i)
{
	for (i++; i < n && text[i] != '"'; i++) {
		if (text[i] == '\\')
			i++;
	}
	return i < n ? i + 1 : n;
}

/* The same for a comment; i where there is none. */
static size_t
comment_end(const char *text, size_t n, size_t i)
{
	if (n - i < 2 || text[i] != '/')
		return i;
	if (text[i + 1] == '/') {
		const char *end = memchr(text + i, '\n', n - i);
		return end == NULL ? n : (size_t)(end - text);
	}
	if (text[i + 1] == '*') {
		const char *end = memmem(text + i + 2, n - i - 2, "*/", 2);
		return end == NULL ? i : (size_t)(end - text) + 2;
	}
	return i;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Turns comments, and a comma before a closing bracket, into blanks; line
 * ends stay, so that messages name the right line. */
static void
plain_json(char *text, size_t n)
{
	size_t comma = n; /* followed by nothing but blanks so far */

	for (size_t i = 0; i < n;) {
		size_t end = comment_end(text, n, i);

		if (end > i) {
			for (; i < end; i++) {
				if (text[i] != '\n')
					text[i] = ' ';
			}
			continue;
		}
		if (text[i] == '/') /* no JSON, and no end to look for again */
			return;
		if ((text[i] == '}' || text[i] == ']') && comma < n)
			text[comma] = ' ';
		if (text[i] == ',')
			comma = i;
		else if (!is_blank(text[i]))
			comma = n;
		i = text[i] == '"' ? string_end(text, n, i) : i + 1;
	}
}

/* A value as the older form would have it. */
static bool
value_text(char *out, size_t n, const json_t *value)
{
	int put = -1;

	switch (json_typeof(value)) {
	case JSON_STRING:
		put = snprintf(out, n, "%s", json_string_value(value));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		put = snprintf(
		    out, n, "%s", json_is_true(value) ? "true" : "false");
		break;
	case JSON_INTEGER:
		put = snprintf(
		    out, n, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	default: /* of keys that do not count */
		break;
	}
	return put >= 0 && (size_t)put < n;
}

static int
read_json(struct qcnl *q, const char *name, char *text, size_t n,
    struct dci_failure *f)
{
	json_error_t error;
	const char *key;
	json_t *value;

	plain_json(text, n);
	json_t *o CLEANUP(cleanup_json) =
	    json_read((struct bytes){(const uint8_t *)text, n},
		JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(o))
		return dci_fail(f, blame_code(DCI_QCNL_MALFORMED),
		    "%s, line %d: %s.", name, o == NULL ? error.line : 1,
		    o == NULL ? error.text : "expected an object");
	json_object_foreach (o, key, value) {
		char where[300], word[64];
		char buffer[SOURCE_URL_MAX + 1];

		text_printable(word, sizeof(word), key, strlen(key));
		snprintf(where, sizeof(where), "%s: the member %s", name, word);
		if (!value_text(buffer, sizeof(buffer), value))
			buffer[0] = '\0';
		if (take(q, where, key, buffer, f) != 0)
			return -1;
	}
	return 0;
}

/* --- lines -----------------------------------------------------------------
 */

/* One line, which Intel's own reader takes without any blanks. */
static int
read_line(struct qcnl *q, const char *where, const char *line, size_t n,
    struct dci_failure *f)
{
	char text[SOURCE_URL_MAX + 64];
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (is_blank(line[i]))
			continue;
		if (at == 0 && line[i] == '#')
			return 0;
		if (line[i] == '\0' || at + 1 == sizeof(text))
			return dci_fail(f, DCI_QCNL_MALFORMED,
			    "%s: expected KEY=value.", where);
		text[at++] = line[i];
	}
	text[at] = '\0';
	if (at == 0)
		return 0;
	char *value = strchr(text, '=');
	if (value == NULL)
		return dci_fail(
		    f, DCI_QCNL_MALFORMED, "%s: expected KEY=value.", where);
	*value++ = '\0';
	return take(q, where, text, value, f);
}

static int
read_lines(struct qcnl *q, const char *name, const char *text, size_t n,
    struct dci_failure *f)
{
	for (unsigned line = 1; n > 0; line++) {
		char where[300];
		const char *end = memchr(text, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - text);

		snprintf(where, sizeof(where), "%s, line %u", name, line);
		if (read_line(q, where, text, length, f) != 0)
			return -1;
		if (end != NULL)
			length++;
		text += length;
		n -= length;
	}
	return 0;
}

/* --- both ------------------------------------------------------------------
 */

/* Whether it is meant as JSON: that begins with a bracket or a comment. */
static bool
looks_like_json(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && is_blank(text[i]))
		i++;
	return i < n && (text[i] == '{' || text[i] == '/');
}

static int
apply(struct collateral_source *s, const struct qcnl *q, const char *name,
    struct dci_failure *f)
{
	const char *url = q->has_service ? q->service : q->pccs;
	struct dci_failure why;

	if (!q->has_pccs && !q->has_service)
		return dci_fail(f, DCI_QCNL_MALFORMED,
		    "%s has neither pccs_url nor collateral_service.", name);
	if (source_set_url(s, url, &why) != 0)
		return dci_fail(f, DCI_QCNL_MALFORMED, "%s: %s: %s", name,
		    q->has_service ? "collateral_service" : "pccs_url",
		    why.sentence);
	s->unverified_tls = q->insecure;
	if (q->has_times)
		s->retries = q->times;
	if (q->has_delay)
		s->retry_seconds = q->delay;
	return 0;
}

int
source_read_qcnl(struct collateral_source *s, const char *name,
    const char *text, size_t n, struct dci_failure *f)
{
	struct qcnl q = {.insecure = false};
	char *copy CLEANUP(cleanup_free) = NULL;

	if (n > LIMIT_CONFIG)
		return dci_fail(f, DCI_QCNL_MALFORMED,
		    "%s is larger than %u bytes.", name, LIMIT_CONFIG);
	if (!looks_like_json(text, n)) {
		if (read_lines(&q, name, text, n, f) != 0)
			return -1;
		return apply(s, &q, name, f);
	}
	copy = malloc(n);
	if (copy == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory for %s.", name);
	memcpy(copy, text, n);
	if (read_json(&q, name, copy, n, f) != 0)
		return -1;
	return apply(s, &q, name, f);
}
