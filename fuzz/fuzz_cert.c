/* SPDX-License-Identifier: BSD-3-Clause */
#include "dcap/pck.h"
#include "dcap/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_failure f;
	struct cert c;
	struct pck pck;
	bool platform;

	if (cert_parse(&c, (struct bytes){data, n}, &f) == 0) {
		for (enum role role = ROLE_PCK; role <= ROLE_ROOT; role++) {
			if (profile_check(&c, role, 1, &f) == 0)
				continue;
		}
		if (!profile_platform_ca(&c, &platform) ||
		    pck_parse(&pck, &c, platform, &f) != 0)
			return 0;
	}
	return 0;
}
