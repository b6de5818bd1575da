/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "issuer/collateral_check.h"
#include "issuer/collateral_text.h"
#include "issuer/sandbox.h"

/* A descriptor of the folder that the checking process is locked into: it
 * uses none, and landlock gives it no right there. */
static int
some_folder(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
check(struct bytes text, const struct dci_anchor *anchor, struct dci_failure *f)
{
	struct reader r = reader_of(text.p, text.n);
	struct dci_collateral c;

	f->code = DCI_OK;
	while (collateral_text_next(&r, &c)) {
		struct dci_snapshot *s = dci_snapshot_new(&c, anchor);

		if (s == NULL)
			return dci_fail(
			    f, DCI_OUT_OF_MEMORY, "No memory for collateral.");
		int bad = dci_snapshot_check(s, f);
		dci_snapshot_free(s);
		if (bad != 0)
			return -1;
	}
	return 0;
}

int
collateral_check_apart(
    struct bytes text, const struct dci_anchor *anchor, struct dci_failure *f)
{
	struct dci_failure found = {.code = DCI_INTERNAL};
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return dci_fail(
		    f, DCI_SETUP_FAILED, "pipe: %s.", strerror(errno));
	pid_t pid = fork();
	if (pid == 0) {
		sandbox_enter(ROLE_APPRAISER, some_folder(), false);
		check(text, anchor, &found);
		ssize_t put = write(pipes[1], &found, sizeof(found));
		_exit(put == (ssize_t)sizeof(found) ? 0 : 1);
	}
	close(pipes[1]);
	ssize_t got = read(pipes[0], &found, sizeof(found));
	close(pipes[0]);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid ||
	    got != (ssize_t)sizeof(found) || (unsigned)found.code >= DCI_CODES)
		return dci_fail(f, DCI_SETUP_FAILED,
		    "The process that checks collateral did not finish.");
	if (found.code == DCI_OK)
		return 0;
	found.sentence[DCI_SENTENCE_MAX - 1] = '\0';
	*f = found;
	return -1;
}
