/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "issuer/sealed.h"

int
sealed_file(const char *name, const void *data, size_t n)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t done = 0;

	while (fd >= 0 && done < n) {
		ssize_t put = write(fd, (const uint8_t *)data + done, n - done);

		if (put <= 0)
			log_fatal("start-failed", "memfd: %s", strerror(errno));
		done += (size_t)put;
	}
	if (fd < 0 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
		log_fatal("start-failed", "memfd: %s", strerror(errno));
	return fd;
}
