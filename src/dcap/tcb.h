/* SPDX-License-Identifier: BSD-3-Clause */
/* TCB levels against what a platform has (spec: section 5).  Pure. */
#ifndef DCAP_TCB_H
#define DCAP_TCB_H

#include "dcap/pck.h"
#include "dcap/qe_identity.h"
#include "dcap/tcb_info.h"

/* The first level, newest first, that the platform reaches in all sixteen
 * components and in its PCESVN; NULL if there is none. */
const struct tcb_level *tcb_match(const struct tcb_info *, const struct pck *);

/* The first level whose ISVSVN is not above that; NULL if there is none. */
const struct qe_level *qe_match(const struct qe_identity *, uint16_t isv_svn);

/* One status out of the platform's and that of another component, which is
 * UpToDate, OutOfDate or Revoked. */
enum dci_status tcb_converge(
    enum dci_status platform, enum dci_status component);

/* A level as the verification's result has it. */
struct dci_level tcb_level_plain(const struct tcb_level *);

/* What the platform lacks to reach the newest level; returns how many. */
size_t tcb_shortfalls(struct dci_shortfall out[static TCB_COMPONENTS + 1],
    const struct tcb_info *, const struct pck *);

#endif
