/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/digest.h"
#include "issuer/child.h"
#include "issuer/referred.h"

void
referred_put_policy(struct ledger *ledger, int fd)
{
	struct dci_failure f;
	uint8_t digest[32];
	struct bytes text = child_read(fd, "policy", LIMIT_CONFIG);

	sha256(digest, text.p, text.n);
	if (ledger_put_policy(ledger, digest, text, &f) != 0)
		log_fatal("start-failed", "%s", f.sentence);
	free((void *)text.p);
}
