/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/json_write.h"
#include "base/text.h"
#include "base/utf8.h"

struct json_writer
jw_of(struct writer *w)
{
	return (struct json_writer){.w = w};
}

static void
put_escaped(struct writer *w, uint8_t c)
{
	switch (c) {
	case '"':
		writer_text(w, "\\\"");
		break;
	case '\\':
		writer_text(w, "\\\\");
		break;
	case '\n':
		writer_text(w, "\\n");
		break;
	case '\r':
		writer_text(w, "\\r");
		break;
	case '\t':
		writer_text(w, "\\t");
		break;
	default:
		writer_printf(w, "\\u%04x", c);
		break;
	}
}

/* Bytes that stand for themselves: ASCII without control characters,
 * quotation mark and backslash. */
static const bool plain[256] = {
    [0x20 ... 0x21] = true, [0x23 ... 0x5b] = true, [0x5d ... 0x7e] = true};

/* Text that begins with a byte that is not plain. */
static void
put_rest(struct writer *w, const uint8_t *p, size_t n)
{
	size_t done = 0, i = 0;

	for (;;) {
		while (i < n && plain[p[i]])
			i++;
		if (i == n)
			break;
		size_t length = utf8_sequence(p + i, n - i);
		if (length > 1) {
			i += length;
			continue;
		}
		writer_put(w, p + done, i - done);
		if (length == 0)
			writer_text(w, "\xef\xbf\xbd");
		else
			put_escaped(w, p[i]);
		done = ++i;
	}
	writer_put(w, p + done, i - done);
}

/* Nearly all texts are plain to their end. */
static void
put_string(struct writer *w, const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && plain[p[i]])
		i++;
	uint8_t *room = writer_room(w, 1 + i);
	if (room == NULL)
		return;
	room[0] = '"';
	memcpy(room + 1, p, i);
	if (i < n)
		put_rest(w, p + i, n - i);
	writer_u8(w, '"');
}

/* What comes before every value; the value itself needs a comma after it.
 * Keys are the program's own and need no escapes. */
static void
value_begin(struct json_writer *j, const char *key)
{
	size_t comma = j->comma, n = key != NULL ? strlen(key) + 3 : 0;
	uint8_t *room = comma + n == 0 ? NULL : writer_room(j->w, comma + n);

	j->comma = true;
	if (room == NULL)
		return;
	room[0] = ',';
	if (key == NULL)
		return;
	room[comma] = '"';
	memcpy(room + comma + 1, key, n - 3);
	memcpy(room + comma + n - 2, "\":", 2);
}

void
jw_object(struct json_writer *j, const char *key)
{
	value_begin(j, key);
	writer_u8(j->w, '{');
	j->comma = false;
}

void
jw_object_end(struct json_writer *j)
{
	writer_u8(j->w, '}');
	j->comma = true;
}

void
jw_array(struct json_writer *j, const char *key)
{
	value_begin(j, key);
	writer_u8(j->w, '[');
	j->comma = false;
}

void
jw_array_end(struct json_writer *j)
{
	writer_u8(j->w, ']');
	j->comma = true;
}

void
jw_text_n(struct json_writer *j, const char *key, const void *text, size_t n)
{
	value_begin(j, key);
	put_string(j->w, text, n);
}

void
jw_text(struct json_writer *j, const char *key, const char *text)
{
	jw_text_n(j, key, text, strlen(text));
}

void
jw_int(struct json_writer *j, const char *key, int64_t v)
{
	value_begin(j, key);
	writer_printf(j->w, "%lld", (long long)v);
}

void
jw_bool(struct json_writer *j, const char *key, bool v)
{
	value_begin(j, key);
	writer_text(j->w, v ? "true" : "false");
}

void
jw_null(struct json_writer *j, const char *key)
{
	value_begin(j, key);
	writer_text(j->w, "null");
}

void
jw_hex(struct json_writer *j, const char *key, const void *data, size_t n)
{
	const uint8_t *p = data;
	char digits[2 * 32 + 1];

	value_begin(j, key);
	writer_u8(j->w, '"');
	while (n > 0) {
		size_t part = n < 32 ? n : 32;

		hex_encode(digits, p, part);
		writer_put(j->w, digits, 2 * part);
		p += part;
		n -= part;
	}
	writer_u8(j->w, '"');
}

void
jw_time(struct json_writer *j, const char *key, int64_t t)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, t);
	jw_text(j, key, text);
}
