/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "issuer/child.h"
#include "issuer/policy_file.h"

struct dci_policy *
policy_file_read(int fd)
{
	struct dci_failure f;
	struct bytes text = child_read(fd, "policy", LIMIT_CONFIG);
	struct dci_policy *policy = dci_policy_parse((const char *)text.p,
	    text.n, "policy", &f);

	free((void *)text.p);
	if (policy == NULL)
		log_fatal("ipc", "bad internal framing: %s", f.sentence);
	return policy;
}
