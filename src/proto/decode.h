/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the decoders of the wire work: each one looks at everything received
 * and not yet used.  It either takes one whole message and moves the reader
 * behind it, or leaves the reader alone and says whether more bytes can help.
 * It says so as early as it can: a wrong length is refused before its bytes
 * are waited for.  So one decoder serves blocking and non-blocking callers.
 */
#ifndef PROTO_DECODE_H
#define PROTO_DECODE_H

enum decoded {
	DECODED_BAD,  /* it will never be a message; *f says why */
	DECODED_MORE, /* so far it is the beginning of one */
	DECODED_DONE, /* taken */
};

#endif
