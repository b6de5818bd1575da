/* SPDX-License-Identifier: BSD-3-Clause */
#include "dcap/envelope.h"
#include "dcap/tcb.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f;
	struct envelope e;
	struct tcb_info info;
	struct pck pck = {.pce_svn = 11};
	struct dci_shortfall lacks[TCB_COMPONENTS + 1];

	/* With its envelope or without: the parser must bear both. */
	if (envelope_parse(&e, (struct bytes){data, n}, "tcbInfo",
		DCI_TCB_INFO_MALFORMED, &f) != 0)
		e.inner = (struct bytes){data, n};
	if (tcb_info_parse(&info, e.inner, &f) == 0) {
		tcb_match(&info, &pck);
		tcb_shortfalls(lacks, &info, &pck);
	}
	tcb_info_free(&info);
	return 0;
}
