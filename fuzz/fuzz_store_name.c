/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of files among the collateral that is kept: what is taken is exactly
 * what would be written. */
#include <string.h>

#include "collateral/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct dci_platform_id platform;
	char again[STORE_NAME_SIZE];
	char *name = malloc(n + 1);

	if (name == NULL)
		return 0;
	if (n > 0)
		memcpy(name, data, n);
	name[n] = '\0';
	if (store_name_parse(&platform, name)) {
		store_name(again, &platform);
		if (strcmp(name, again) != 0)
			abort();
	}
	free(name);
	return 0;
}
