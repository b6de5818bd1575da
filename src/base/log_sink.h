/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Standard error as the log's end: never waited for.  A line that it does not
 * take now is lost, and the caller is told.
 */
#ifndef BASE_LOG_SINK_H
#define BASE_LOG_SINK_H

#include <stdbool.h>
#include <stddef.h>

/* A pipe or terminal is opened anew, not to block: O_NONBLOCK on what was
 * inherited would be seen by everyone who has it open, the user's shell
 * included.  Where that is denied (a pipe of another user), everything stays
 * as it was.  Once, in the first process; its children inherit the result. */
void log_sink_open(void);

/* Writes one line of at most PIPE_BUF bytes.  Returns false if not all of it
 * was written. */
bool log_sink_write(const char *line, size_t n);

#endif
