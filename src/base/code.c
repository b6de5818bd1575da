/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
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
	[DCI_OK] = {"ok", DCI_CLASS_NONE, "Nothing is wrong.",
	    "Nothing to do."},
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
