/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The folder with delegation.key (0600), delegation.crt and chain.crt, which
 * belong together.  Three files cannot be replaced at once, so new ones are
 * first written beside them, as NAME.new, the key first.  Then the key is
 * renamed into place, which is the moment that decides, and the others follow.
 * After a crash store_prepare() finishes what had been decided and removes
 * what had not.
 */
#ifndef CLIENT_STORE_H
#define CLIENT_STORE_H

#include "client/client.h"

/*
 * Makes the folder if it is missing, repairs it after a crash, and makes sure
 * that new files can be written: to be asked before the issuer is.
 * Returns 0, or -1 with *f.
 */
int store_prepare(const char *folder, struct dci_failure *f) MUST_CHECK;

/* Replaces the three files.  On failure the old ones are still there, unless
 * the failure came after the deciding moment: then the next store_prepare()
 * goes on.  Returns 0, or -1 with *f. */
int store_write(const char *folder, const struct client_result *,
    struct dci_failure *f) MUST_CHECK;

#endif
