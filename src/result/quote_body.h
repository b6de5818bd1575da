/* SPDX-License-Identifier: BSD-3-Clause */
/* isvQuoteBody: the signed range of a quote, without its signature. */
#ifndef RESULT_QUOTE_BODY_H
#define RESULT_QUOTE_BODY_H

#include "base/bytes.h"
#include "dci/result.h"

/*
 * Header and body of an SGX quote (version 3, 4, 5) or TDX quote (4, 5); in
 * version 5 with the body descriptor between them (Intel TDX DCAP Quote
 * Generation Library, appendix A.3 and A.4).  Sizes exact, and the header's
 * TEE type is report->tee.  Fills in what *report says about the quote.
 */
bool quote_body_read(struct dci_report *, struct bytes) MUST_CHECK;

#endif
