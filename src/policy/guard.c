/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <string.h>

#include "policy/guard.h"

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_EQUALS,
	TOKEN_COMMA,
	TOKEN_WRONG, /* *f is filled in */
};

/* A key or section that was seen. */
struct seen {
	const char *name;
	size_t n;
	unsigned line;
	size_t scope;
};

struct guard {
	char *at; /* what is left */
	const char *end;
	const char *name;
	struct dci_failure *f;
	unsigned line;
	const char *text; /* of the last token, without quotes */
	size_t n;
	/* Settings at the top are in scope 0; each titled section has its own,
	 * and untitled ones of the same name share one. */
	size_t scope;
	size_t count;
	struct seen *seen; /* GUARD_KEYS_MAX of them */
};

/* Keys for which an empty list says something. */
static const char *const may_be_empty[] = {"advisories", "path"};

#define WRONG(g, code, fmt, ...) \
	dci_fail(                \
	    (g)->f, code, "%s:%u: " fmt, (g)->name, (g)->line, ##__VA_ARGS__)

static bool
word_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

static bool
control_character(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Why a character cannot be in a string; NULL if it can. */
static const char *
string_objection(const char *p, const char *end)
{
	if (*p == '\n')
		return "the string does not end in its line";
	if (control_character(*p))
		return "a control character in a string";
	if (*p == '\\')
		return "a backslash in a string: there are no escapes";
	if (*p == '$' && end - p > 1 && p[1] == '{')
		return "\"${\" in a string: variables are not expanded, write "
		       "the value itself";
	return NULL;
}

bool
guard_quotable(const char *text)
{
	const char *end = text + strlen(text);

	if (end - text > GUARD_VALUE_MAX)
		return false;
	for (const char *p = text; p < end; p++) {
		if (*p == '"' || string_objection(p, end) != NULL)
			return false;
	}
	return true;
}

static enum token
guard_string(struct guard *g)
{
	g->text = ++g->at;
	for (; g->at < g->end && *g->at != '"'; g->at++) {
		const char *why = string_objection(g->at, g->end);

		if (why != NULL) {
			WRONG(g, DCI_CONFIG_SYNTAX, "%s", why);
			return TOKEN_WRONG;
		}
	}
	g->n = (size_t)(g->at - g->text);
	if (g->at == g->end) {
		WRONG(g, DCI_CONFIG_SYNTAX, "the file ends within a string");
		return TOKEN_WRONG;
	}
	g->at++;
	if (g->n > GUARD_VALUE_MAX) {
		WRONG(g, DCI_CONFIG_LIMIT, "a string longer than %d characters",
		    GUARD_VALUE_MAX);
		return TOKEN_WRONG;
	}
	return TOKEN_STRING;
}

static enum token
guard_word(struct guard *g)
{
	g->text = g->at;
	while (g->at < g->end && word_character(*g->at))
		g->at++;
	g->n = (size_t)(g->at - g->text);
	if (g->n > GUARD_VALUE_MAX) {
		WRONG(g, DCI_CONFIG_LIMIT, "a word longer than %d characters",
		    GUARD_VALUE_MAX);
		return TOKEN_WRONG;
	}
	return TOKEN_WORD;
}

/* Comments may hold any text, but no control characters; they become blanks.
 */
static bool
guard_blank(struct guard *g)
{
	bool comment = false;

	for (; g->at < g->end; g->at++) {
		char c = *g->at;

		if (c == '\n') {
			g->line++;
			comment = false;
		} else if (control_character(c) && c != '\t') {
			WRONG(g, DCI_CONFIG_SYNTAX,
			    "a control character (0x%02x)%s", (unsigned char)c,
			    c == '\r' ? ": lines end in a line feed alone"
				      : "");
			return false;
		} else if (comment || c == '#') {
			comment = true;
			*g->at = ' ';
		} else if (c != ' ' && c != '\t') {
			break;
		}
	}
	return true;
}

static enum token
guard_symbol(struct guard *g)
{
	static const struct {
		char c;
		enum token token;
	} symbols[] = {{'{', TOKEN_OPEN}, {'}', TOKEN_CLOSE},
	    {'=', TOKEN_EQUALS}, {',', TOKEN_COMMA}};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (*g->at == symbols[i].c) {
			g->text = g->at++;
			g->n = 1;
			return symbols[i].token;
		}
	}
	const char *hint = ": all but words stands in double quotes";
	if (*g->at == '+')
		hint = ": a list is written at once";
	else if (*g->at == '(' || *g->at == ')')
		hint = ": there are no functions, nor includes";
	else if (*g->at == '\'')
		hint = ": strings are in double quotes";
	WRONG(
	    g, DCI_CONFIG_SYNTAX, "unexpected character '%c'%s", *g->at, hint);
	return TOKEN_WRONG;
}

static enum token
guard_token(struct guard *g)
{
	if (!guard_blank(g))
		return TOKEN_WRONG;
	if (g->at == g->end)
		return TOKEN_END;
	if (*g->at == '"')
		return guard_string(g);
	if (word_character(*g->at))
		return guard_word(g);
	return guard_symbol(g);
}

/* Complains about a token that is not what the grammar asks for. */
static int
guard_unexpected(struct guard *g, enum token t, const char *wanted)
{
	if (t == TOKEN_WRONG)
		return -1;
	if (t == TOKEN_END)
		return WRONG(g, DCI_CONFIG_SYNTAX,
		    "the file ends where %s should be", wanted);
	return WRONG(g, DCI_CONFIG_SYNTAX, "found \"%.*s\" instead of %s",
	    g->n < 64 ? (int)g->n : 64, g->text, wanted);
}

static const cfg_opt_t *
option_find(const cfg_opt_t *options, const struct guard *g)
{
	for (; options->name != NULL; options++) {
		if (strlen(options->name) == g->n &&
		    memcmp(options->name, g->text, g->n) == 0)
			return options;
	}
	return NULL;
}

static int
guard_unknown(struct guard *g, const cfg_opt_t *options)
{
	char known[512] = "";
	size_t used = 0;

	for (; options->name != NULL; options++) {
		int n = snprintf(known + used, sizeof(known) - used, "%s%s",
		    used > 0 ? ", " : "", options->name);
		if (n < 0 || (size_t)n >= sizeof(known) - used)
			break;
		used += (size_t)n;
	}
	return WRONG(g, DCI_CONFIG_UNKNOWN_KEY,
	    "there is no setting \"%.*s\" here; known are: %s",
	    g->n < 64 ? (int)g->n : 64, g->text, known);
}

static const struct seen *
guard_find(const struct guard *g, size_t scope)
{
	for (size_t i = 0; i < g->count; i++) {
		const struct seen *s = &g->seen[i];

		if (s->scope == scope && s->n == g->n &&
		    memcmp(s->name, g->text, g->n) == 0)
			return s;
	}
	return NULL;
}

/* Notes the last token as seen in that scope. */
static int
guard_remember(struct guard *g, size_t scope)
{
	if (g->count == GUARD_KEYS_MAX)
		return WRONG(g, DCI_CONFIG_LIMIT,
		    "more than %d settings in one file", GUARD_KEYS_MAX);
	g->seen[g->count++] = (struct seen){
	    .name = g->text, .n = g->n, .line = g->line, .scope = scope};
	return 0;
}

static int
guard_list(struct guard *g, const char *key, size_t key_size)
{
	enum token t = guard_token(g);

	if (t == TOKEN_CLOSE) {
		for (size_t i = 0; i < 2; i++) {
			if (strlen(may_be_empty[i]) == key_size &&
			    memcmp(may_be_empty[i], key, key_size) == 0)
				return 0;
		}
		return WRONG(g, DCI_CONFIG_VALUE, "%.*s is an empty list",
		    (int)key_size, key);
	}
	for (;;) {
		if (t != TOKEN_WORD && t != TOKEN_STRING)
			return guard_unexpected(g, t, "a value");
		t = guard_token(g);
		if (t == TOKEN_CLOSE)
			return 0;
		if (t != TOKEN_COMMA)
			return guard_unexpected(g, t, "a comma or \"}\"");
		t = guard_token(g);
	}
}

/* After the equals sign of the setting key. */
static int
guard_value(struct guard *g, const char *key, size_t key_size)
{
	enum token t = guard_token(g);

	if (t == TOKEN_OPEN)
		return guard_list(g, key, key_size);
	if (t != TOKEN_WORD && t != TOKEN_STRING)
		return guard_unexpected(g, t, "a value");
	return 0;
}

/* The last token is the word of a setting. */
static int
guard_setting(struct guard *g, const cfg_opt_t *options, size_t scope)
{
	const char *key = g->text;
	size_t n = g->n;

	if (option_find(options, g) == NULL)
		return guard_unknown(g, options);
	const struct seen *first = guard_find(g, scope);
	if (first != NULL)
		return WRONG(g, DCI_CONFIG_REPEATED_KEY,
		    "%.*s is set for the second time; the first is in line %u",
		    (int)n, key, first->line);
	if (guard_remember(g, scope) != 0)
		return -1;
	enum token t = guard_token(g);
	if (t != TOKEN_EQUALS)
		return guard_unexpected(g, t, "\"=\"");
	return guard_value(g, key, n);
}

/* The settings of a section, its opening brace having been read. */
static int
guard_section(struct guard *g, const cfg_opt_t *options, size_t scope)
{
	for (;;) {
		enum token t = guard_token(g);

		if (t == TOKEN_CLOSE)
			return 0;
		if (t != TOKEN_WORD)
			return guard_unexpected(g, t, "a setting or \"}\"");
		if (guard_setting(g, options, scope) != 0)
			return -1;
	}
}

/* The last token is the word of a section. */
static int
guard_open(struct guard *g, const cfg_opt_t *section)
{
	bool titled = (section->flags & CFGF_TITLE) != 0;
	const struct seen *first = guard_find(g, 0);
	size_t scope = g->count + 1;

	if (!titled && first != NULL)
		scope = (size_t)(first - g->seen) + 1;
	else if (guard_remember(g, 0) != 0)
		return -1;
	enum token t = guard_token(g);
	if (titled) {
		if (t != TOKEN_STRING)
			return guard_unexpected(g, t, "a name in quotes");
		t = guard_token(g);
	}
	if (t != TOKEN_OPEN)
		return guard_unexpected(g, t, "\"{\"");
	return guard_section(g, section->subopts, scope);
}

int
guard_check(char *text, size_t n, const char *name, const cfg_opt_t *options,
    struct dci_failure *f)
{
	struct seen *seen CLEANUP(cleanup_free) =
	    calloc(GUARD_KEYS_MAX, sizeof(*seen));
	struct guard g = {.at = text,
	    .end = text + n,
	    .name = name,
	    .f = f,
	    .line = 1,
	    .seen = seen};

	if (seen == NULL)
		return dci_fail(
		    f, DCI_OUT_OF_MEMORY, "No memory to read %s.", name);
	for (;;) {
		enum token t = guard_token(&g);

		if (t == TOKEN_END)
			return 0;
		if (t != TOKEN_WORD)
			return guard_unexpected(&g, t, "a setting");
		const cfg_opt_t *o = option_find(options, &g);
		int r = o != NULL && o->type == CFGT_SEC
			    ? guard_open(&g, o)
			    : guard_setting(&g, options, 0);
		if (r != 0)
			return -1;
	}
}
