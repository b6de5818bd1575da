/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Collateral that was fetched or imported, kept in a folder: one bundle
 * (bundle.h) for each platform, replaced atomically (temporary file, fsync,
 * rename, fsync of the folder).  There is one folder for each TCB recovery
 * that documents follow: what is in use is in that of the configured one.
 *
 *     collateral/standard/sgx-00906ed50000-platform.json
 *     collateral/early/tdx-90c06f000000-platform.json
 *
 * Everything goes by descriptors, so that a process that is locked in can use
 * it.  Nothing is verified here.
 */
#ifndef COLLATERAL_STORE_H
#define COLLATERAL_STORE_H

#include "collateral/load.h"
#include "collateral/source.h"

#define STORE_PLATFORMS 64 /* bundles of one kind, at most */

#define STORE_NAME_SIZE 32
/* "sgx-00906ed50000-platform.json" and back; the form is exact. */
void store_name(
    char out[static STORE_NAME_SIZE], const struct dci_platform_id *);
bool store_name_parse(struct dci_platform_id *, const char *name) MUST_CHECK;

/* "standard", "early". */
const char *store_kind_name(enum source_update);

/* Locks the folder of a kind, which is made if it is not there, for who changes
 * what is in it by what is in it; others do the same.  A descriptor to close;
 * -1 with *f (file-unwritable); STORE_BUSY where somebody else has it and wait
 * is false; otherwise it waits for five seconds.  Where there are no locks
 * (Gramine) it is as if it had one. */
#define STORE_BUSY (-2)
int store_lock(int folder, enum source_update, bool wait,
    struct dci_failure *f) MUST_CHECK;

/* Called for each bundle of that kind, in the order of names.  A file that is
 * no bundle is logged (collateral-passed-over) and passed over, all whose names
 * do not fit with one line; one more says that there are too many.  The files
 * may be taken (and zeroed) by the callback. */
typedef void (*store_found)(
    void *arg, const struct dci_platform_id *, struct collateral_files *);

/*
 * folder: a descriptor of collateral/.  A kind that is not there is empty.
 * What a crash left of a write (an hour old at least: it may be going on) is
 * removed, where that is allowed.  Fails with file-unreadable.
 */
int store_read(int folder, enum source_update, store_found, void *arg,
    struct dci_failure *f) MUST_CHECK;

/* The same for one platform; nothing if it has no file. */
void store_read_one(int folder, enum source_update,
    const struct dci_platform_id *, store_found, void *arg);

/* How many files have the name of a bundle, STORE_PLATFORMS at most: those that
 * store_read() looks at, whether it finds them good or not. */
int store_count(int folder, enum source_update, size_t *n,
    struct dci_failure *f) MUST_CHECK;

/* Makes the folder of the kind if it is not there; as root, for the owner of
 * collateral/.  Fails with file-unwritable, too-many-platforms or what
 * collateral_write_bundle() fails with. */
int store_put(int folder, enum source_update, const struct dci_platform_id *,
    const struct dci_collateral *, struct dci_failure *f) MUST_CHECK;

/* Whether there is a file of that platform, of whatever content; also where
 * that cannot be found out. */
bool store_has(int folder, enum source_update, const struct dci_platform_id *);

/* Not being there is no failure. */
int store_remove(int folder, enum source_update, const struct dci_platform_id *,
    struct dci_failure *f) MUST_CHECK;

#endif
