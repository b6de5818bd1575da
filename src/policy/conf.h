/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration files: libconfuse behind a guard (guard.h), with tables of
 * keys that both reading and writing go through.  Values are strings as they
 * stand in the file, each with its line; what they mean is for the reader of
 * the key.
 */
#ifndef POLICY_CONF_H
#define POLICY_CONF_H

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "dci/code.h"

/* One or more times the largest file, so that a canonical text, which spells
 * everything out, can be read as well. */
#define CONF_TEXT_MAX (4u * LIMIT_CONFIG)

struct conf_value {
	unsigned line;
	char text[];
};

/* The values of one key in one section. */
struct conf_values {
	const char *file, *key;
	size_t n; /* 0: an empty list */
	cfg_opt_t *option;
};

const char *conf_text(const struct conf_values *, size_t i);

/* Complains about value i: "file:line: key: ...".  Returns -1. */
int conf_fail(struct dci_failure *f, const struct conf_values *, size_t i,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* A key: field is what lies at the offset in the object that holds it. */
struct conf_key {
	const char *name;
	size_t offset;
	int (*read)(
	    void *field, const struct conf_values *, struct dci_failure *f);
	/* Writes the value as a file has it; false leaves the key out. */
	bool (*print)(struct writer *, const void *field);
};

/* Fills in one libconfuse option for each key, and the end if last. */
void conf_options(cfg_opt_t *out, const struct conf_key *, size_t n);
/* The end of a table of options. */
void conf_options_end(cfg_opt_t *out);

/* Parses a whole file.  options is ended.  Returns NULL with *f; free the
 * result with cfg_free(). */
cfg_t *conf_parse(cfg_opt_t *options, const char *text, size_t n,
    const char *name, struct dci_failure *f) MUST_CHECK;

/* Whether a key is set in that section. */
bool conf_has(cfg_t *section, const char *key) MUST_CHECK;

/* Reads those of the keys that are set into the object. */
int conf_read(cfg_t *section, const struct conf_key *, size_t n, void *object,
    struct dci_failure *f) MUST_CHECK;

/* Writes all keys of the object, one a line, each after the indent. */
void conf_print(struct writer *, const char *indent, const struct conf_key *,
    size_t n, const void *object);

/* Readers and printers of the usual types.  The field is named after each. */
int conf_read_bool(void *field, const struct conf_values *,
    struct dci_failure *f) MUST_CHECK; /* bool: true or false */
bool conf_print_bool(struct writer *, const void *field);
/* A single value, which most keys have.  Returns it, or NULL with *f. */
const char *conf_single(
    const struct conf_values *, struct dci_failure *f) MUST_CHECK;
/* A decimal number from min to max. */
int conf_number(uint64_t *out, const struct conf_values *, uint64_t min,
    uint64_t max, struct dci_failure *f) MUST_CHECK;

CLEANUP_TYPE(cleanup_cfg, cfg_t, cfg_free)

#endif
