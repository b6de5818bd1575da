/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes dci-codes(7) from the one table of codes and checks. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "dci/code.h"

static const struct {
	const char *name, *meaning, *remedy, *class;
} codes[] = {
#define CODE(id, name, class, meaning, remedy) {name, meaning, remedy, #class},
#define CHECK(id, name, title)
#include "dci/codes/all.def"
#undef CODE
#undef CHECK
};

static const struct {
	const char *name, *title;
} checks[] = {
#define CODE(id, name, class, meaning, remedy)
#define CHECK(id, name, title) {name, title},
#include "dci/codes/all.def"
#undef CODE
#undef CHECK
};

static const char head[] =
    ".\\\" SPDX-License-Identifier: BSD-3-Clause\n"
    ".\\\" Made from include/dci/codes/*.def; do not edit.\n"
    ".Dd November 23, 2026\n"
    ".Dt DCI-CODES 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm dci-codes\n"
    ".Nd reasons for refusals and failures, and what to do about them\n"
    ".Sh DESCRIPTION\n"
    "Whatever the Delegation Cert Issuer refuses or fails at has a code.\n"
    "Codes stand in the log\n"
    ".Pq Ql code= ,\n"
    "in the output of\n"
    ".Xr dci 1\n"
    "and\n"
    ".Xr dci-client 1 ,\n"
    "in the ledger, in refusal frames and in appraisal records.\n"
    "They are stable: scripts may rely on them.\n"
    "The sentence that comes with a code says which object was meant, what "
    "was\nexpected and what was found; it may change.\n"
    ".Sh CODES\n"
    "The word in parentheses is the class of a code.\n"
    ".Bl -tag -width Ds\n";

static const char between[] = ".El\n"
			      ".Sh CHECKS\n"
			      "What an appraisal looks at, as it is named in "
			      "appraisal records.\n"
			      ".Bl -tag -width Ds\n";

static const char foot[] = ".El\n"
			   ".Sh SEE ALSO\n"
			   ".Xr dci 1 ,\n"
			   ".Xr dci-client 1 ,\n"
			   ".Xr dci-issuer 8\n";

/* Text of a page: each sentence on its own line, nothing that roff would take
 * for a request or an escape. */
static void
put_text(const char *text)
{
	bool begins = true;

	for (const char *p = text; *p != '\0'; p++) {
		if (begins && (*p == '.' || *p == '\''))
			fputs("\\&", stdout);
		begins = false;
		if (*p == '\\') {
			fputs("\\e", stdout);
		} else if (*p == ' ' && p > text && strchr(".;", p[-1])) {
			putchar('\n');
			begins = true;
		} else {
			putchar(*p);
		}
	}
	putchar('\n');
}

/* POLICY -> policy */
static void
put_class(const char *class)
{
	fputs(".Pq ", stdout);
	for (; *class != '\0'; class ++)
		putchar(*class - 'A' + 'a');
	putchar('\n');
}

int
main(void)
{
	fputs(head, stdout);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		printf(".It Sy %s\n", codes[i].name);
		put_class(codes[i].class);
		put_text(codes[i].meaning);
		puts(".br");
		put_text(codes[i].remedy);
	}
	fputs(between, stdout);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		printf(".It Sy %s\n", checks[i].name);
		put_text(checks[i].title);
	}
	fputs(foot, stdout);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
