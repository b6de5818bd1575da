/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "inspect/view.h"

struct view
view_of(struct writer *w, bool json)
{
	return (struct view){.w = w, .json = json, .j = jw_of(w)};
}

/* The outermost object has no line of its own, so depth 1 is the margin. */
static void
indent(struct view *v)
{
	for (size_t i = 1; i < v->depth; i++)
		writer_text(v->w, "  ");
}

static void
label(struct view *v, const char *key)
{
	indent(v);
	if (key != NULL)
		writer_printf(v->w, "%s:", key);
	else
		writer_text(v->w, "-");
}

/* For text only. */
static void
put_line(struct view *v, const char *key, const char *value)
{
	label(v, key);
	writer_printf(v->w, " %s\n", value);
}

static void
enter(struct view *v, const char *list)
{
	if (v->depth == VIEW_DEPTH) {
		v->w->failed = true;
		return;
	}
	v->open[v->depth].list = list;
	v->open[v->depth].elements = 0;
	v->depth++;
}

static void
leave(struct view *v)
{
	if (v->depth > 0)
		v->depth--;
}

void
view_object(struct view *v, const char *key)
{
	if (v->json) {
		jw_object(&v->j, key);
	} else if (key != NULL) {
		indent(v);
		writer_printf(v->w, "%s\n", key);
	} else if (v->depth > 0 && v->open[v->depth - 1].list != NULL) {
		indent(v);
		writer_printf(v->w, "%s[%zu]\n", v->open[v->depth - 1].list,
		    ++v->open[v->depth - 1].elements);
	}
	enter(v, NULL);
}

void
view_object_end(struct view *v)
{
	if (v->json)
		jw_object_end(&v->j);
	leave(v);
}

void
view_list(struct view *v, const char *key)
{
	if (v->json) {
		jw_array(&v->j, key);
	} else {
		indent(v);
		writer_printf(v->w, "%s\n", key);
	}
	enter(v, key);
}

void
view_list_end(struct view *v)
{
	if (v->json)
		jw_array_end(&v->j);
	leave(v);
}

void
view_text(struct view *v, const char *key, const char *text)
{
	if (v->json)
		jw_text(&v->j, key, text);
	else
		put_line(v, key, text);
}

void
view_foreign(struct view *v, const char *key, struct bytes text)
{
	struct writer w CLEANUP(writer_free) =
	    writer_new(4 * VIEW_FOREIGN_MAX + 64);
	size_t n = text.n < VIEW_FOREIGN_MAX ? text.n : VIEW_FOREIGN_MAX;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = text.p[i];

		if (c == '\\')
			writer_text(&w, "\\\\");
		else if (c >= 0x20 && c < 0x7f)
			writer_u8(&w, c);
		else
			writer_printf(&w, "\\x%02x", c);
	}
	if (n < text.n)
		writer_printf(&w, "... (%zu bytes)", text.n);
	writer_u8(&w, 0);
	view_text(v, key, w.failed ? "?" : (const char *)w.data);
}

void
view_number(struct view *v, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	if (v->json)
		jw_int(&v->j, key, number);
	else
		put_line(v, key, text);
}

void
view_bool(struct view *v, const char *key, bool yes)
{
	if (v->json)
		jw_bool(&v->j, key, yes);
	else
		put_line(v, key, yes ? "yes" : "no");
}

void
view_time(struct view *v, const char *key, int64_t t)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, t);
	view_text(v, key, text);
}

void
view_hex(struct view *v, const char *key, const void *data, size_t n)
{
	char hex[2 * VIEW_HEX_MAX + 40];
	size_t shown = n < VIEW_HEX_MAX ? n : VIEW_HEX_MAX;

	hex_encode(hex, data, shown);
	if (shown < n)
		snprintf(hex + 2 * shown, 40, "... (%zu bytes)", n);
	view_text(v, key, hex);
}

void
view_numbers(struct view *v, const char *key, const uint8_t *data, size_t n)
{
	if (v->json) {
		jw_array(&v->j, key);
		for (size_t i = 0; i < n; i++)
			jw_int(&v->j, NULL, data[i]);
		jw_array_end(&v->j);
		return;
	}
	label(v, key);
	for (size_t i = 0; i < n; i++)
		writer_printf(v->w, " %u", data[i]);
	writer_text(v->w, "\n");
}

void
view_words(struct view *v, const char *key, const char *const *words, size_t n)
{
	if (v->json) {
		jw_array(&v->j, key);
		for (size_t i = 0; i < n; i++)
			jw_text(&v->j, NULL, words[i]);
		jw_array_end(&v->j);
		return;
	}
	label(v, key);
	for (size_t i = 0; i < n; i++)
		writer_printf(v->w, "%s%s", i > 0 ? ", " : " ", words[i]);
	writer_text(v->w, n == 0 ? " none\n" : "\n");
}

static struct bytes
bytes_of(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static void
view_check(struct view *v, const struct dci_check *c)
{
	if (!v->json) {
		indent(v);
		writer_printf(v->w, "%-8s%-28s%s\n",
		    dci_outcome_name(c->outcome), dci_check_name(c->id),
		    dci_check_title(c->id));
	} else {
		jw_object(&v->j, NULL);
		view_text(v, "check", dci_check_name(c->id));
		view_text(v, "outcome", dci_outcome_name(c->outcome));
	}
	enter(v, NULL);
	if (c->code != DCI_OK)
		view_text(v, "code", dci_code_name(c->code));
	if (c->expected[0] != '\0')
		view_foreign(v, "expected", bytes_of(c->expected));
	if (c->found[0] != '\0')
		view_foreign(v, "found", bytes_of(c->found));
	view_object_end(v);
}

void
view_checks(struct view *v, const char *key, const struct dci_checks *list)
{
	view_list(v, key);
	for (size_t i = 0; i < list->n; i++)
		view_check(v, &list->item[i]);
	view_list_end(v);
}

void
view_failure(struct view *v, const char *key, const struct dci_failure *f)
{
	view_object(v, key);
	view_text(v, "code", dci_code_name(f->code));
	view_foreign(v, "sentence", bytes_of(f->sentence));
	view_object_end(v);
}
