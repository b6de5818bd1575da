/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks over a configuration file before libconfuse 3.3 reads it, which takes
 * more than its users expect: it expands ${VARIABLES}, lets the last of
 * repeated keys win, takes "section|key" and quoted strings for keys, reads
 * on as if nothing were wrong after the end of the file within a comment, a
 * string or a section, drops bytes that it cannot place, knows three kinds of
 * strings with octal escapes, and loses count of lines where there are
 * comments.  None of that passes here.  What does pass means the same to both:
 *
 *	file    = *item
 *	item    = setting / word [string] "{" *setting "}"
 *	setting = word "=" (value / "{" [value *("," value)] "}")
 *	value   = word / string
 *	word    = 1*(letter / digit / "_" / "-" / ".")
 *	string  = <"> *(anything but <">, "\", "${", control characters) <">
 *
 * and comments from "#" to the end of the line.
 */
#ifndef POLICY_GUARD_H
#define POLICY_GUARD_H

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/memory.h"
#include "dci/code.h"

#define GUARD_VALUE_MAX 4096 /* characters of one value */
#define GUARD_KEYS_MAX  4096 /* keys and sections of one file */

/* Whether a text can be written between quotes: it has no control
 * characters, quotes, backslashes or "${", and is not too long. */
bool guard_quotable(const char *text) MUST_CHECK;

/* Checks form, names and repetition, and makes blanks of comments; options are
 * those that libconfuse will get.  Returns 0, or -1 with *f, whose sentence
 * begins "name:line: ". */
int guard_check(char *text, size_t n, const char *name,
    const cfg_opt_t *options, struct dci_failure *f) MUST_CHECK;

#endif
