/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members of the collateral's JSON objects, each with its exact type and
 * range.  After the first failure the source stays failed and says why; the
 * functions may be called on, so that one test at the end is enough.
 */
#ifndef DCAP_JSON_H
#define DCAP_JSON_H

#include <jansson.h>

#include "base/bytes.h"
#include "dci/verify.h"

struct json_source {
	bool failed;
	bool starved; /* and that for want of memory */
	char why[200];
};

/* Parses one whole document; duplicate members, NULs and numbers that do not
 * fit are refused.  NULL on failure.  Free with json_decref(). */
json_t *json_document(struct json_source *, struct bytes text) MUST_CHECK;

void json_refuse(struct json_source *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Refuses because there is no memory. */
void json_starve(struct json_source *);
/* Fills in *f from a source that has failed: the code, or out-of-memory, and
 * why.  Returns -1. */
int json_fail(
    const struct json_source *, enum dci_code code, struct dci_failure *f);

/* NULL on failure. */
json_t *json_member(
    struct json_source *, const json_t *, const char *name, json_type);
/* A JSON integer within 0..max; 0 on failure. */
uint32_t json_number(
    struct json_source *, const json_t *, const char *name, uint32_t max);
/* A string of exactly 2n hex digits; zeros on failure. */
void json_hex(struct json_source *, const json_t *, const char *name,
    uint8_t *out, size_t n);
/* A time in the form of RFC 3339 with Z; 0 on failure. */
int64_t json_time(struct json_source *, const json_t *, const char *name);
/* A string, owned by the document; NULL on failure. */
const char *json_text(struct json_source *, const json_t *, const char *name);
/* The same, or NULL where there is no such member. */
const char *json_optional_text(
    struct json_source *, const json_t *, const char *name);
/* A non-empty array; NULL on failure. */
json_t *json_list(struct json_source *, const json_t *, const char *name);
/* advisoryIDs: an array of strings, or nothing.  The array that *out gets is
 * allocated; release it with json_advisories_free(). */
void json_advisories(
    struct json_source *, const json_t *, struct dci_advisories *out);
void json_advisories_free(struct dci_advisories *);

#endif
