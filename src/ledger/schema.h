/* SPDX-License-Identifier: BSD-3-Clause */
/* The ledger's tables (PROTOCOL.md, "Ledger"). */
#ifndef LEDGER_SCHEMA_H
#define LEDGER_SCHEMA_H

#include "ledger/sql.h"

/* The first version with the table of corrections. */
#define LEDGER_VERSION_CORRECTIONS 2

extern const struct sql_format schema_ledger;
extern const struct sql_format schema_refusals;

/* The columns that are hashed, in their order; previous and hash follow. */
#define SCHEMA_ENTRY_COLUMNS                                              \
	"id, time, kind, request_id, evaluated, newest_issued, tee, "     \
	"status, binding, assurance, debug, mrenclave, mrsigner, "        \
	"isv_prod_id, isv_svn, evidence, policy, snapshot, peer, entry, " \
	"verdict, quote, chain, quote_padding, claims, spki, csr, "       \
	"record, certificate, serial, not_after"

#endif
