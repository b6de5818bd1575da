/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stable codes: the names of everything that this software checks, and of
 * every reason that it has to refuse.  They stand in logs, in the ledger, in
 * refusal frames and in JSON records; scripts may rely on them.  The lists
 * themselves are the files in codes/: one line each, with its meaning and
 * what to do.
 */
#ifndef DCI_CODE_H
#define DCI_CODE_H

/* What kind of trouble a code is.  Callers branch on this, not on codes. */
enum dci_class {
	DCI_CLASS_NONE,      /* no failure */
	DCI_CLASS_USAGE,     /* the caller asked for something impossible */
	DCI_CLASS_IO,        /* a file, a socket, memory */
	DCI_CLASS_MALFORMED, /* bytes that do not parse */
	DCI_CLASS_UNTRUSTED, /* a signature, chain or binding is wrong */
	DCI_CLASS_STALE,     /* outside of a validity period */
	DCI_CLASS_REVOKED,   /* revoked by its issuer */
	DCI_CLASS_POLICY,    /* genuine, and not wanted here */
	DCI_CLASS_LIMIT,     /* over one of the bounds in limits.h */
	DCI_CLASS_INTERNAL,  /* our own fault */
};

/* CODE(identifier, name, class, meaning, remedy) */
#define CODE(id, name, class, meaning, remedy) DCI_##id,
#define CHECK(id, name, title)
enum dci_code {
	DCI_OK,
#include "dci/codes/all.def"
	DCI_CODES
};
#undef CODE
#undef CHECK

/* CHECK(identifier, name, title) */
#define CODE(id, name, class, meaning, remedy)
#define CHECK(id, name, title) DCI_CHECK_##id,
enum dci_check_id {
#include "dci/codes/all.def"
	DCI_CHECK_IDS
};
#undef CODE
#undef CHECK

/* The stable name, for example "pck-revoked"; "ok" for DCI_OK. */
const char *dci_code_name(enum dci_code);
/* The code with that name, or DCI_CODES where there is none. */
enum dci_code dci_code_by_name(const char *);
enum dci_class dci_code_class(enum dci_code);
/* One sentence: what it means. */
const char *dci_code_meaning(enum dci_code);
/* One sentence: what to do about it. */
const char *dci_code_remedy(enum dci_code);

/* The HTTP status (RFC 9110) of an answer with that code: 4xx where the
 * request or the quote in it is to blame, 5xx for collateral and ourselves. */
int dci_code_http_status(enum dci_code);

/* The stable name of a check, for example "quote-signature". */
const char *dci_check_name(enum dci_check_id);
/* What that check is about, in a few words. */
const char *dci_check_title(enum dci_check_id);

/* A refusal: a code and one sentence that says which object, what was
 * expected and what was found. */
#define DCI_SENTENCE_MAX 1024

struct dci_failure {
	enum dci_code code;
	char sentence[DCI_SENTENCE_MAX];
};

/*
 * Fills in *f, cutting the sentence at the end of the buffer (never within
 * a UTF-8 sequence; control characters are replaced by '?').  Returns -1
 * always, so that a parser can say: return dci_fail(...).  f may be NULL.
 */
int dci_fail(struct dci_failure *f, enum dci_code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Ends the sentence with the code's remedy, unless it is in it already: for
 * readers who get nothing but the sentence. */
void dci_fail_remedy(struct dci_failure *f);

#endif
