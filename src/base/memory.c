/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

void
cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void
memory_watch(void)
{
	errno = 0;
}

bool
memory_short(void)
{
	return errno == ENOMEM;
}

void
memory_lacking(void)
{
	errno = ENOMEM;
}

void
wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
