/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "base/digest.h"
#include "issuer/child.h"
#include "issuer/collateral_set.h"
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

/* As dci_snapshot_digest() defines it. */
static void
snapshot_digest(uint8_t out[static 32],
    const struct bytes document[static LEDGER_DOCUMENTS])
{
	uint8_t all[LEDGER_DOCUMENTS][32] = {{0}};

	for (size_t i = 0; i < LEDGER_DOCUMENTS; i++) {
		if (document[i].p != NULL)
			sha256(all[i], document[i].p, document[i].n);
	}
	sha256(out, all, sizeof(all));
}

void
referred_put_collateral(struct ledger *ledger, int fd)
{
	struct bytes text =
	    child_read(fd, "collateral", COLLATERAL_SETS * LIMIT_BUNDLE);
	struct collateral_set *set = collateral_set_open(text);

	for (size_t i = 0; i < collateral_set_size(set); i++) {
		struct dci_collateral c = collateral_set_documents(set, i);
		struct bytes document[LEDGER_DOCUMENTS];
		uint8_t digest[32];
		struct dci_failure f;

		_Static_assert(
		    LEDGER_DOCUMENTS == (int)DCI_DOCUMENTS, "documents");
		for (size_t d = 0; d < LEDGER_DOCUMENTS; d++)
			document[d] = (struct bytes){c.doc[d].data, c.doc[d].n};
		snapshot_digest(digest, document);
		if (ledger_put_snapshot(ledger, digest, document, &f) != 0)
			log_fatal("start-failed", "%s", f.sentence);
	}
	collateral_set_free(set);
	free((void *)text.p);
}
