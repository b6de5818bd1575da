/* SPDX-License-Identifier: BSD-3-Clause */
/* What children are given to read: files in memory that nobody can change. */
#ifndef ISSUER_SEALED_H
#define ISSUER_SEALED_H

#include <stddef.h>

/* The descriptor of a sealed memfd with those bytes; fatal without memory. */
int sealed_file(const char *name, const void *data, size_t n);

#endif
