/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral that was fetched or imported, kept in a folder: one bundle
 * (bundle.h) for each platform, replaced atomically (temporary file, fsync,
 * rename, fsync of the folder).  standard/ has what is in use, early/ what
 * comes with the next TCB recovery:
 *
 *     collateral/standard/sgx-00906ed50000-platform.json
 *     collateral/early/tdx-90c06f000000-platform.json
 */
#ifndef COLLATERAL_STORE_H
#define COLLATERAL_STORE_H

#include "collateral/load.h"
#include "collateral/source.h"

#define STORE_PLATFORMS 64 /* bundles of one kind, at most */

/* Called for each bundle of that kind, in the order of names.  A file that is
 * no bundle, or whose name does not fit, is logged and passed over.  The files
 * may be taken (and zeroed) by the callback. */
typedef void (*store_found)(
    void *arg, const struct dci_platform_id *, struct collateral_files *);

/* folder: a descriptor of collateral/.  A kind that is not there is empty. */
int store_read(int folder, enum source_update, store_found, void *arg,
    struct dci_failure *f) MUST_CHECK;

/* Makes the folder of the kind if it is not there. */
int store_write(int folder, enum source_update, const struct dci_platform_id *,
    const struct dci_collateral *, struct dci_failure *f) MUST_CHECK;

#endif
