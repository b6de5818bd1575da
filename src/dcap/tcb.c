/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "dcap/tcb.h"

static bool
level_reached(const struct tcb_level *level, const struct pck *pck)
{
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		if (pck->components[i] < level->sgx[i])
			return false;
	}
	return pck->pce_svn >= level->pce_svn;
}

const struct tcb_level *
tcb_match(const struct tcb_info *info, const struct pck *pck)
{
	for (size_t i = 0; i < info->n; i++) {
		if (level_reached(&info->level[i], pck))
			return &info->level[i];
	}
	return NULL;
}

const struct qe_level *
qe_match(const struct qe_identity *identity, uint16_t isv_svn)
{
	for (size_t i = 0; i < identity->n; i++) {
		if (isv_svn >= identity->level[i].isv_svn)
			return &identity->level[i];
	}
	return NULL;
}

enum dci_status
tcb_converge(enum dci_status platform, enum dci_status component)
{
	if (platform == DCI_STATUS_REVOKED || component == DCI_STATUS_REVOKED)
		return DCI_STATUS_REVOKED;
	if (component != DCI_STATUS_OUT_OF_DATE)
		return platform;
	switch (platform) {
	case DCI_STATUS_UP_TO_DATE:
	case DCI_STATUS_SW_HARDENING_NEEDED:
		return DCI_STATUS_OUT_OF_DATE;
	case DCI_STATUS_CONFIGURATION_NEEDED:
	case DCI_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED:
		return DCI_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED;
	default:
		return platform;
	}
}

struct dci_level
tcb_level_plain(const struct tcb_level *level)
{
	struct dci_level plain = {.status = level->status,
	    .date = level->date,
	    .pce_svn = level->pce_svn};

	memcpy(plain.component, level->sgx, sizeof(plain.component));
	return plain;
}

size_t
tcb_shortfalls(struct dci_shortfall out[static TCB_COMPONENTS + 1],
    const struct tcb_info *info, const struct pck *pck)
{
	const struct tcb_level *newest = &info->level[0];
	size_t n = 0;

	if (info->n == 0)
		return 0;
	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		if (pck->components[i] >= newest->sgx[i])
			continue;
		out[n++] = (struct dci_shortfall){
		    .component = (uint8_t)(i + 1),
		    .have = pck->components[i],
		    .need = newest->sgx[i],
		    .category = newest->category[i],
		    .type = newest->type[i],
		};
	}
	if (pck->pce_svn < newest->pce_svn)
		out[n++] = (struct dci_shortfall){
		    .component = TCB_COMPONENTS + 1,
		    .have = pck->pce_svn,
		    .need = newest->pce_svn,
		};
	return n;
}
