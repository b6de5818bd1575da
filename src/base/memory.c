/* SPDX-License-Identifier: BSD-3-Clause */
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
wipe(void *p, size_t n)
{
	explicit_bzero(p, n);
}
