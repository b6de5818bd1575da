/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log: one event a line on standard error, logfmt or JSON.  A line is
 * built in place and written with one write(2), so that lines of different
 * processes do not mix.  Values from outside are escaped; a value that does
 * not fit is cut, and fields after it are left out.  Nobody waits for the
 * reader: lines that standard error does
 * not take are dropped, and the next one that it takes says how many
 * ("log-lines-dropped").
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dci/code.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO };

enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

/* Once per process: its name in every line ("parent", "worker.0"), which is
 * copied, and the format. */
void log_init(const char *process, enum log_format);

struct log_line {
	size_t n;
	char text[4096];
};

void log_begin(struct log_line *, enum log_level, const char *event);
void log_text(struct log_line *, const char *key, const char *value);
void log_bytes(struct log_line *, const char *key, const void *, size_t n);
void log_hex(struct log_line *, const char *key, const void *, size_t n);
void log_int(struct log_line *, const char *key, int64_t value);
void log_time(struct log_line *, const char *key, int64_t value);
void log_failure(struct log_line *, const struct dci_failure *);
void log_end(struct log_line *);

/* A whole line with a message for people. */
void log_note(enum log_level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A whole line with a code and its sentence. */
void log_fail(enum log_level, const char *event, const struct dci_failure *);

/* For impossible states: logs and aborts the process (its parent restarts
 * what has to be restarted). */
_Noreturn void log_fatal(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
