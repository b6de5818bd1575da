/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "issuer/platform_id.h"

bool
platform_id_same(
    const struct dci_platform_id *a, const struct dci_platform_id *b)
{
	return a->tee == b->tee && a->platform_ca == b->platform_ca &&
	       memcmp(a->fmspc, b->fmspc, sizeof(a->fmspc)) == 0;
}

static const char *
tee_of(const struct dci_platform_id *id)
{
	return id->tee == DCI_TEE_TDX ? "TDX" : "SGX";
}

static const char *
ca_of(const struct dci_platform_id *id)
{
	return id->platform_ca ? "platform" : "processor";
}

/* In capitals, as Intel writes it. */
static void
fmspc_of(char out[static 13], const struct dci_platform_id *id)
{
	hex_encode(out, id->fmspc, sizeof(id->fmspc));
	for (char *c = out; *c != '\0'; c++) {
		if (*c >= 'a')
			*c = (char)(*c - 'a' + 'A');
	}
}

void
platform_id_text(
    char out[static PLATFORM_ID_TEXT], const struct dci_platform_id *id)
{
	char fmspc[13];

	fmspc_of(fmspc, id);
	snprintf(out, PLATFORM_ID_TEXT, "FMSPC %s (%s), %s CA", fmspc,
	    tee_of(id), ca_of(id));
}

void
platform_id_log(struct log_line *l, const struct dci_platform_id *id)
{
	char fmspc[13];

	fmspc_of(fmspc, id);
	log_text(l, "tee", tee_of(id));
	log_text(l, "fmspc", fmspc);
	log_text(l, "ca", ca_of(id));
}
