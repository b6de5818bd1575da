/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <string.h>

#include "base/json_read.h"
#include "base/text.h"
#include "dcap/json.h"

void
json_refuse(struct json_source *s, const char *fmt, ...)
{
	char why[sizeof(s->why)];
	va_list ap;

	if (s->failed)
		return;
	s->failed = true;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	/* The parser's own words quote the document. */
	text_printable(s->why, sizeof(s->why), why, strlen(why));
}

void
json_starve(struct json_source *s)
{
	if (!s->failed)
		s->starved = true;
	json_refuse(s, "too little memory");
}

int
json_fail(
    const struct json_source *s, enum dci_code code, struct dci_failure *f)
{
	return dci_fail(f, s->starved ? DCI_OUT_OF_MEMORY : code, "%s", s->why);
}

json_t *
json_document(struct json_source *s, struct bytes text)
{
	json_error_t e;
	json_t *root = json_read(text, JSON_REJECT_DUPLICATES, &e);

	if (root == NULL && memory_short())
		json_starve(s);
	else if (root == NULL)
		json_refuse(
		    s, "line %d, column %d: %s", e.line, e.column, e.text);
	return root;
}

json_t *
json_member(
    struct json_source *s, const json_t *o, const char *name, json_type type)
{
	json_t *v = json_object_get(o, name);

	if (v == NULL)
		json_refuse(s, "no member \"%s\"", name);
	else if (json_typeof(v) != type)
		json_refuse(s, "a \"%s\" of the wrong type", name);
	else
		return v;
	return NULL;
}

uint32_t
json_number(
    struct json_source *s, const json_t *o, const char *name, uint32_t max)
{
	const json_t *v = json_member(s, o, name, JSON_INTEGER);

	if (v == NULL)
		return 0;
	json_int_t n = json_integer_value(v);
	if (n >= 0 && n <= max)
		return (uint32_t)n;
	json_refuse(s, "a \"%s\" outside of 0 to %u", name, max);
	return 0;
}

void
json_hex(struct json_source *s, const json_t *o, const char *name, uint8_t *out,
    size_t n)
{
	const json_t *v = json_member(s, o, name, JSON_STRING);

	if (v == NULL ||
	    !hex_decode(out, n, json_string_value(v), json_string_length(v))) {
		memset(out, 0, n);
		json_refuse(
		    s, "a \"%s\" that is not %zu hex digits", name, 2 * n);
	}
}

int64_t
json_time(struct json_source *s, const json_t *o, const char *name)
{
	const json_t *v = json_member(s, o, name, JSON_STRING);
	int64_t t;

	if (v != NULL &&
	    rfc3339_decode(&t, json_string_value(v), json_string_length(v)))
		return t;
	json_refuse(s, "a \"%s\" that is not a time", name);
	return 0;
}

const char *
json_text(struct json_source *s, const json_t *o, const char *name)
{
	return json_string_value(json_member(s, o, name, JSON_STRING));
}

const char *
json_optional_text(struct json_source *s, const json_t *o, const char *name)
{
	if (json_object_get(o, name) == NULL)
		return NULL;
	return json_text(s, o, name);
}

json_t *
json_list(struct json_source *s, const json_t *o, const char *name)
{
	json_t *v = json_member(s, o, name, JSON_ARRAY);

	if (v != NULL && json_array_size(v) == 0) {
		json_refuse(s, "an empty \"%s\"", name);
		return NULL;
	}
	return v;
}

void
json_advisories(
    struct json_source *s, const json_t *o, struct dci_advisories *out)
{
	*out = (struct dci_advisories){0};
	if (json_object_get(o, "advisoryIDs") == NULL)
		return;
	const json_t *list = json_member(s, o, "advisoryIDs", JSON_ARRAY);
	size_t n = json_array_size(list);
	if (n == 0)
		return;
	const char **id = calloc(n, sizeof(*id));
	if (id == NULL) {
		json_starve(s);
		return;
	}
	out->id = id;
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		id[i] = json_string_value(json_array_get(list, i));
		if (id[i] == NULL) {
			id[i] = "";
			json_refuse(s, "an advisory that is not a string");
		}
	}
}

void
json_advisories_free(struct dci_advisories *a)
{
	free((void *)a->id);
	*a = (struct dci_advisories){0};
}
