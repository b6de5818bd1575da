/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "base/text.h"
#include "collateral/fetch.h"

struct fetch_name
fetch_name_of(enum fetch_item item, const struct dci_platform_id *platform,
    enum source_update update)
{
	struct fetch_name name;

	/* Padding, too: equal names are equal bytes. */
	memset(&name, 0, sizeof(name));
	name.item = item;
	if (item == FETCH_TCB_INFO || item == FETCH_QE_IDENTITY) {
		name.update = update;
		name.platform.tee = platform->tee;
	}
	if (item == FETCH_TCB_INFO)
		memcpy(name.platform.fmspc, platform->fmspc,
		    sizeof(name.platform.fmspc));
	if (item == FETCH_PCK_CRL)
		name.platform.platform_ca = platform->platform_ca;
	return name;
}

void
fetch_name_text(char *out, size_t n, const struct fetch_name *name)
{
	const char *early = name->update == UPDATE_EARLY ? "early " : "";
	const char *tee = name->platform.tee == DCI_TEE_TDX ? "TDX" : "SGX";
	char fmspc[13];

	hex_encode(fmspc, name->platform.fmspc, sizeof(name->platform.fmspc));
	for (char *c = fmspc; *c != '\0'; c++) {
		if (*c >= 'a')
			*c = (char)(*c - 'a' + 'A');
	}
	switch (name->item) {
	case FETCH_TCB_INFO:
		snprintf(
		    out, n, "%sTCB info of %s platform %s", early, tee, fmspc);
		break;
	case FETCH_QE_IDENTITY:
		snprintf(out, n, "%s%s identity", early,
		    name->platform.tee == DCI_TEE_TDX ? "TD QE" : "QE");
		break;
	case FETCH_PCK_CRL:
		snprintf(out, n, "PCK CRL of the %s CA",
		    name->platform.platform_ca ? "platform" : "processor");
		break;
	default:
		snprintf(out, n, "root CA CRL");
		break;
	}
}
