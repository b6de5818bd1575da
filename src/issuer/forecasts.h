/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When to look ahead: some seconds after collateral changed, and once a day. A
 * process that lives as long as that takes does it (forecaster.c).
 */
#ifndef ISSUER_FORECASTS_H
#define ISSUER_FORECASTS_H

struct parent;
struct forecasts;

struct forecasts *forecasts_new(struct parent *); /* fatal without memory */

/* Takes over fd: the documents of the next TCB recovery, as the collector
 * published them.  Nobody believes them: the forecaster verifies.  False if it
 * is nothing that can be passed on. */
_Bool forecasts_early(struct forecasts *, int fd)
    __attribute__((warn_unused_result));

/* Collateral has changed. */
void forecasts_soon(struct forecasts *);

#endif
