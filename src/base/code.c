/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "dci/code.h"

struct code_info {
	const char *name;
	enum dci_class class;
	const char *meaning, *remedy;
};

#define CODE(id, name, class, meaning, remedy) \
	[DCI_##id] = {name, DCI_CLASS_##class, meaning, remedy},
#define CHECK(id, name, title)
static const struct code_info codes[DCI_CODES] = {
    [DCI_OK] = {"ok", DCI_CLASS_NONE, "Nothing is wrong.", "Nothing to do."},
#include "dci/codes/all.def"
};
#undef CODE
#undef CHECK

#define CODE(id, name, class, meaning, remedy)
#define CHECK(id, name, title) [DCI_CHECK_##id] = {name, title},
static const struct {
	const char *name, *title;
} checks[DCI_CHECK_IDS + 1] = {
#include "dci/codes/all.def"
};
#undef CODE
#undef CHECK

static const struct code_info *
code_info(enum dci_code code)
{
	return &codes[(unsigned)code < DCI_CODES ? code : DCI_INTERNAL];
}

const char *
dci_code_name(enum dci_code code)
{
	return code_info(code)->name;
}

enum dci_code
dci_code_by_name(const char *name)
{
	for (unsigned i = 0; i < DCI_CODES; i++) {
		if (strcmp(codes[i].name, name) == 0)
			return (enum dci_code)i;
	}
	return DCI_CODES;
}

enum dci_class
dci_code_class(enum dci_code code)
{
	return code_info(code)->class;
}

const char *
dci_code_meaning(enum dci_code code)
{
	return code_info(code)->meaning;
}

const char *
dci_code_remedy(enum dci_code code)
{
	return code_info(code)->remedy;
}

/* Collateral is what a verifier brings along: its codes are named after the
 * document.  But the QE identity that fits no QE is the quote's fault. */
static bool
blames_collateral(enum dci_code code)
{
	static const char *const prefixes[] = {"collateral-", "crl-",
	    "root-crl-", "pck-crl-", "tcb-info-", "tcb-signer-",
	    "tcb-evaluation-", "qe-identity-", "source-"};
	const char *name = dci_code_name(code);

	if (code == DCI_QE_IDENTITY_MISMATCH)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return code == DCI_ROOT_MALFORMED;
}

int
dci_code_http_status(enum dci_code code)
{
	switch (code) {
	case DCI_PATH_UNKNOWN:
		return 404;
	case DCI_METHOD_NOT_ALLOWED:
		return 405;
	case DCI_NOT_DELEGATED:
	case DCI_COLLATERAL_PENDING:
	case DCI_TOO_MANY_REQUESTS:
		return 503;
	default:
		break;
	}
	if (blames_collateral(code))
		return 500;
	switch (dci_code_class(code)) {
	case DCI_CLASS_NONE:
		return 200;
	case DCI_CLASS_IO:
	case DCI_CLASS_INTERNAL:
		return 500;
	default:
		return 400;
	}
}

const char *
dci_check_name(enum dci_check_id id)
{
	return (unsigned)id < DCI_CHECK_IDS ? checks[id].name : "unknown";
}

const char *
dci_check_title(enum dci_check_id id)
{
	return (unsigned)id < DCI_CHECK_IDS ? checks[id].title : "unknown";
}

/* A cut may have left the first bytes of a UTF-8 sequence at the end. */
static void
end_on_character(char *s)
{
	size_t n = strlen(s), i = n;

	while (i > 0 && n - i < 4 && ((unsigned char)s[i - 1] & 0xc0) == 0x80)
		i--;
	if (i > 0 && ((unsigned char)s[i - 1] & 0xc0) == 0xc0)
		s[i - 1] = '\0';
}

int
dci_fail(struct dci_failure *f, enum dci_code code, const char *fmt, ...)
{
	va_list ap;

	if (f == NULL)
		return -1;
	f->code = code;
	va_start(ap, fmt);
	int n = vsnprintf(f->sentence, sizeof(f->sentence), fmt, ap);
	va_end(ap);
	if (n < 0)
		f->sentence[0] = '\0';
	else if ((size_t)n >= sizeof(f->sentence))
		end_on_character(f->sentence);
	for (char *s = f->sentence; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	}
	return -1;
}

void
dci_fail_remedy(struct dci_failure *f)
{
	struct dci_failure said = *f;
	const char *remedy = dci_code_remedy(f->code);

	size_t n = strlen(said.sentence);
	bool ended = n == 0 || said.sentence[n - 1] == '.';

	if (strstr(said.sentence, remedy) == NULL)
		dci_fail(f, f->code, "%s%s %s", said.sentence, ended ? "" : ".",
		    remedy);
}
