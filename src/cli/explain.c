/* SPDX-License-Identifier: BSD-3-Clause */
/* dci explain: what a code, a check or a verdict means and what to do. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/command.h"
#include "dci/verify.h"

#define NAME "explain"

static const char usage[] =
    "Usage: dci explain [CODE]\n"
    "\n"
    "Says what a code means and what to do about it.  CODE is any code that\n"
    "stands in a log, a refusal or a record, the name of a check, or a\n"
    "verdict.  Without CODE: all codes with their meaning, one a line.\n"
    "\n"
    "  --help     this text\n"
    "\n"
    "Exit: 0; 2 where there is no such code, and then similar ones are\n"
    "named on standard error.\n";

static const char *class_name(enum dci_class class)
{
	static const char *const names[] = {
	    [DCI_CLASS_NONE] = "no failure",
	    [DCI_CLASS_USAGE] = "wrong use or configuration",
	    [DCI_CLASS_IO] = "file, network or memory",
	    [DCI_CLASS_MALFORMED] = "malformed",
	    [DCI_CLASS_UNTRUSTED] = "untrusted",
	    [DCI_CLASS_STALE] = "outside of its validity",
	    [DCI_CLASS_REVOKED] = "revoked",
	    [DCI_CLASS_POLICY] = "not wanted by the policy",
	    [DCI_CLASS_LIMIT] = "over a limit",
	    [DCI_CLASS_INTERNAL] = "our own fault",
	};

	return names[class];
}

/* Every name that can be explained has one number: codes, then checks, then
 * verdicts. */
#define CHECKS_FROM   ((unsigned)DCI_CODES)
#define STATUSES_FROM (CHECKS_FROM + (unsigned)DCI_CHECK_IDS)
#define NAMES         (STATUSES_FROM + (unsigned)DCI_STATUSES)

static const char *
name_of(unsigned i)
{
	if (i < CHECKS_FROM)
		return dci_code_name((enum dci_code)i);
	if (i < STATUSES_FROM)
		return dci_check_name((enum dci_check_id)(i - CHECKS_FROM));
	return dci_status_name((enum dci_status)(i - STATUSES_FROM));
}

static void
explain_one(struct writer *w, unsigned i)
{
	if (i < CHECKS_FROM) {
		enum dci_code code = (enum dci_code)i;

		writer_printf(w,
		    "%s: a code (%s)\n  Meaning: %s\n"
		    "  To do:   %s\n",
		    name_of(i), class_name(dci_code_class(code)),
		    dci_code_meaning(code), dci_code_remedy(code));
	} else if (i < STATUSES_FROM) {
		writer_printf(w,
		    "%s: a check\n  Looks at: %s\n"
		    "  Where it fails, a code beside it says why and what to "
		    "do.\n",
		    name_of(i),
		    dci_check_title((enum dci_check_id)(i - CHECKS_FROM)));
	} else {
		enum dci_status status = (enum dci_status)(i - STATUSES_FROM);

		writer_printf(w,
		    "%s: a verdict of dci verify-quote\n  Meaning: %s\n"
		    "  To do:   %s\n",
		    name_of(i), dci_status_meaning(status),
		    dci_status_remedy(status));
	}
}

/* Levenshtein's distance, in one row; long names are cut. */
#define WORD_MAX 64

static unsigned
distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t n = strnlen(b, WORD_MAX);

	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 0; i < WORD_MAX && a[i] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			unsigned best = corner + (a[i] == b[j] ? 0 : 1);

			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (corner + 1 < best)
				best = corner + 1;
			row[j + 1] = best;
		}
	}
	return row[n];
}

/* Names that contain the word, or that few letters away. */
static bool
is_near(const char *name, const char *word)
{
	size_t n = strlen(word);
	unsigned enough = n < 6 ? 1 : n < 12 ? 2 : 3;

	return (n >= 3 && strcasestr(name, word) != NULL) ||
	       distance(name, word) <= enough;
}

static int
unknown(const char *word)
{
	char tame[WORD_MAX + 1];
	unsigned found = 0;

	text_printable(tame, sizeof(tame), word, strlen(word));
	fprintf(stderr,
	    "dci explain: There is no code, check or verdict "
	    "'%s'.",
	    tame);
	for (unsigned i = 0; i < NAMES && found < 12; i++) {
		if (!is_near(name_of(i), word))
			continue;
		fprintf(stderr, "%s%s", found == 0 ? " Is it one of: " : ", ",
		    name_of(i));
		found++;
	}
	fprintf(stderr, "%s\nAll codes are listed by: dci explain\n",
	    found > 0 ? "?" : "");
	return EXIT_TROUBLE;
}

static int
explain(const char *word)
{
	struct writer w CLEANUP(writer_free) = writer_new(16384);

	/* A check and a code may have the same name. */
	for (unsigned i = 0; i < NAMES; i++) {
		if (strcasecmp(name_of(i), word) == 0)
			explain_one(&w, i);
	}
	return w.n == 0 ? unknown(word) : command_finish(NAME, &w, 0);
}

static int
list(void)
{
	struct writer w CLEANUP(writer_free) = writer_new(256 * 1024);

	for (unsigned i = 0; i < CHECKS_FROM; i++)
		writer_printf(&w, "%-36s  %s\n", name_of(i),
		    dci_code_meaning((enum dci_code)i));
	return command_finish(NAME, &w, 0);
}

int
explain_main(int argc, char **argv)
{
	struct dci_failure f;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		struct writer w CLEANUP(writer_free) =
		    writer_new(sizeof(usage));

		writer_text(&w, usage);
		return command_finish(NAME, &w, 0);
	}
	if (argc == 1)
		return list();
	if (argc == 2 && argv[1][0] != '-')
		return explain(argv[1]);
	dci_fail(&f, DCI_USAGE, "At most one CODE is explained at a time.");
	return command_fail(NAME, &f);
}
