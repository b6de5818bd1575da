/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC, which only goes forward: for deadlines, never for what a
 * certificate or a document says. */
int64_t clock_milliseconds(void);
int64_t clock_seconds(void);

#endif
