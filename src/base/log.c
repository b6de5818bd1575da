/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/log_sink.h"
#include "base/text.h"

static char log_process[32] = "dci";
static enum log_format log_format = LOG_FORMAT_LOGFMT;

void
log_init(const char *process, enum log_format format)
{
	snprintf(log_process, sizeof(log_process), "%s", process);
	log_format = format;
}

/* Room is kept for what log_end() adds. */
static size_t
room(const struct log_line *l)
{
	size_t usable = sizeof(l->text) - 8;

	return l->n < usable ? usable - l->n : 0;
}

static void
put(struct log_line *l, const char *s, size_t n)
{
	if (n > room(l))
		n = room(l);
	memcpy(l->text + l->n, s, n);
	l->n += n;
}

static void
put_text(struct log_line *l, const char *s)
{
	put(l, s, strlen(s));
}

/* Both formats quote alike: backslash, quote and control characters escaped.
 * Bytes above 0x7e are escaped as well, so that no terminal or log viewer
 * sees anything but printable ASCII. */
static void
put_quoted(struct log_line *l, const uint8_t *p, size_t n)
{
	put(l, "\"", 1);
	for (size_t i = 0; i < n && room(l) > 8; i++) {
		char escaped[8];

		if (p[i] == '"' || p[i] == '\\')
			snprintf(escaped, sizeof(escaped), "\\%c", p[i]);
		else if (p[i] < 0x20 || p[i] >= 0x7f)
			snprintf(escaped, sizeof(escaped), "\\u%04x", p[i]);
		else
			snprintf(escaped, sizeof(escaped), "%c", p[i]);
		put_text(l, escaped);
	}
	put(l, "\"", 1);
}

static bool
is_plain(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == '"' ||
		    p[i] == '=' || p[i] == '\\')
			return false;
	}
	return n > 0;
}

static void
put_key(struct log_line *l, const char *key)
{
	if (log_format == LOG_FORMAT_JSON) {
		put_text(l, l->n > 1 ? ",\"" : "\"");
		put_text(l, key);
		put_text(l, "\":");
	} else {
		if (l->n > 0)
			put(l, " ", 1);
		put_text(l, key);
		put(l, "=", 1);
	}
}

/* Whether a field can still begin: a key cut in the middle would spoil the
 * whole line. */
static bool
fits(const struct log_line *l, const char *key)
{
	return room(l) > strlen(key) + 32;
}

void
log_bytes(struct log_line *l, const char *key, const void *value, size_t n)
{
	if (!fits(l, key))
		return;
	put_key(l, key);
	if (log_format == LOG_FORMAT_JSON || !is_plain(value, n))
		put_quoted(l, value, n);
	else
		put(l, value, n);
}

void
log_text(struct log_line *l, const char *key, const char *value)
{
	log_bytes(l, key, value, strlen(value));
}

void
log_hex(struct log_line *l, const char *key, const void *value, size_t n)
{
	char hex[2 * 64 + 1];

	hex_encode(hex, value, n < 64 ? n : 64);
	log_text(l, key, hex);
}

void
log_int(struct log_line *l, const char *key, int64_t value)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, value);
	if (!fits(l, key))
		return;
	put_key(l, key);
	put_text(l, number);
}

void
log_time(struct log_line *l, const char *key, int64_t value)
{
	char text[RFC3339_SIZE];

	rfc3339_encode(text, value);
	log_text(l, key, text);
}

void
log_failure(struct log_line *l, const struct dci_failure *f)
{
	log_text(l, "code", dci_code_name(f->code));
	log_text(l, "reason", f->sentence);
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	static const char *const names[] = {"error", "warn", "info"};

	l->n = 0;
	if (log_format == LOG_FORMAT_JSON)
		put(l, "{", 1);
	log_time(l, "time", time(NULL));
	log_text(l, "level", names[level]);
	log_text(l, "process", log_process);
	log_text(l, "event", event);
}

static void
finish_line(struct log_line *l)
{
	if (log_format == LOG_FORMAT_JSON)
		l->text[l->n++] = '}';
	l->text[l->n++] = '\n';
}

/* Whether what was lost before has been told. */
static bool
tell_dropped(int64_t dropped)
{
	struct log_line l;

	log_begin(&l, LOG_LEVEL_WARN, "log-lines-dropped");
	log_int(&l, "count", dropped);
	finish_line(&l);
	return log_sink_write(l.text, l.n);
}

/* A log that cannot be written must not stop the service. */
void
log_end(struct log_line *l)
{
	static int64_t dropped;

	finish_line(l);
	if (dropped > 0 && tell_dropped(dropped))
		dropped = 0;
	if (dropped > 0 || !log_sink_write(l->text, l->n))
		dropped++;
}

void
log_note(enum log_level level, const char *event, const char *fmt, ...)
{
	struct log_line l;
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_begin(&l, level, event);
	log_text(&l, "message", text);
	log_end(&l);
}

void
log_fail(enum log_level level, const char *event, const struct dci_failure *f)
{
	struct dci_failure whole = *f;
	struct log_line l;

	dci_fail_remedy(&whole);
	log_begin(&l, level, event);
	log_failure(&l, &whole);
	log_end(&l);
}

void
log_fatal(const char *event, const char *fmt, ...)
{
	struct log_line l;
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_begin(&l, LOG_LEVEL_ERROR, event);
	log_text(&l, "message", text);
	log_end(&l);
	_exit(70);
}
