/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kind of thing some bytes are. */
#ifndef INSPECT_RECOGNISE_H
#define INSPECT_RECOGNISE_H

#include "base/bytes.h"

enum thing {
	THING_UNKNOWN,
	THING_QUOTE,
	THING_CERTIFICATE,
	THING_REQUEST,
	THING_CRL,
	THING_CHAIN, /* certificates in PEM */
	THING_PEM,   /* several blocks, or one of another kind */
	THING_TCB_INFO,
	THING_QE_IDENTITY,
	THING_BUNDLE,
};

/* Release with found_free(). */
struct found {
	enum thing thing;
	const char *form;     /* "raw", "DER", "PEM", "JSON" */
	const char *wrapping; /* "hex" or "base64" around it, or NULL */
	struct bytes data;    /* the thing itself, without PEM and wrapping */
	uint8_t *owned[2];    /* what data may lie in */
};

/* Never fails: what is not recognised is unknown. */
void recognise(struct found *, struct bytes);
void found_free(struct found *);

#endif
