/* SPDX-License-Identifier: BSD-3-Clause */
/* Policy files.  What is accepted must survive its own canonical text. */
#include <stdlib.h>
#include <string.h>

#include "dci/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f = {.code = DCI_OK};
	struct dci_policy *p =
	    dci_policy_parse((const char *)data, n, "fuzz", &f);

	if (p == NULL) {
		/* Every refusal says where. */
		if (f.code == DCI_OK ||
		    (f.code != DCI_OUT_OF_MEMORY &&
			strncmp(f.sentence, "fuzz:", 5) != 0))
			abort();
		return 0;
	}
	struct dci_policy *again =
	    dci_policy_parse(p->text, p->text_size, "fuzz", &f);
	if (again == NULL || memcmp(again->digest, p->digest, 32) != 0 ||
	    strcmp(again->text, p->text) != 0)
		abort();
	dci_policy_free(again);
	dci_policy_free(p);
	return 0;
}
