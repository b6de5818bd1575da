/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/period.h"
#include "policy/guard.h"
#include "policy/source_keys.h"

#define REFRESH_MIN 60
#define REFRESH_MAX (30 * PERIOD_DAY)

/* --- words
 * --------------------------------------------------------------------- */

static int
read_word(unsigned *out, const struct conf_values *v,
    const char *const words[static 2], struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	for (unsigned i = 0; i < 2; i++) {
		if (strcmp(text, words[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return conf_fail(f, v, 0, "expected \"%s\" or \"%s\", found \"%.80s\"",
	    words[0], words[1], text);
}

static const char *const kinds[] = {
    [SOURCE_NONE] = "none", [SOURCE_PCS] = "pcs"};
static const char *const updates[] = {
    [UPDATE_STANDARD] = "standard", [UPDATE_EARLY] = "early"};

static int
read_kind(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct source_settings *s = field;
	unsigned word;

	if (read_word(&word, v, kinds, f) != 0)
		return -1;
	s->source.kind = (enum source_kind)word;
	s->kind_given = true;
	return 0;
}

static bool
print_kind(struct writer *w, const void *field)
{
	const struct source_settings *s = field;

	writer_printf(w, "\"%s\"", kinds[s->source.kind]);
	return true;
}

static int
read_update(void *field, const struct conf_values *v, struct dci_failure *f)
{
	unsigned word;

	if (read_word(&word, v, updates, f) != 0)
		return -1;
	*(enum source_update *)field = (enum source_update)word;
	return 0;
}

static bool
print_update(struct writer *w, const void *field)
{
	writer_printf(w, "\"%s\"", updates[*(const enum source_update *)field]);
	return true;
}

/* use_secure_cert of QCNL, the other way round. */
static int
read_verify_tls(void *field, const struct conf_values *v, struct dci_failure *f)
{
	bool verify;

	if (conf_read_bool(&verify, v, f) != 0)
		return -1;
	*(bool *)field = !verify;
	return 0;
}

static bool
print_verify_tls(struct writer *w, const void *field)
{
	bool verify = !*(const bool *)field;

	return conf_print_bool(w, &verify);
}

/* --- URLs and files
 * ------------------------------------------------------------ */

static int
read_url(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct source_settings *s = field;
	const char *text = conf_single(v, f);
	struct dci_failure why;

	if (text == NULL)
		return -1;
	if (source_set_url(&s->source, text, &why) != 0)
		return conf_fail(f, v, 0, "%s", why.sentence);
	s->url_given = true;
	return 0;
}

static bool
print_url(struct writer *w, const void *field)
{
	const struct source_settings *s = field;

	if (s->source.kind != SOURCE_NONE)
		writer_printf(w, "\"%s\"", s->source.url);
	return s->source.kind != SOURCE_NONE;
}

static int
read_ca(void *field, const struct conf_values *v, struct dci_failure *f)
{
	struct source_settings *s = field;
	const char *text = conf_single(v, f);
	struct dci_failure why;
	uint8_t *pem;
	size_t n;

	if (text == NULL)
		return -1;
	if (text[0] == '\0' || strlen(text) >= PATH_MAX)
		return conf_fail(f, v, 0,
		    "expected a path of 1 to %d characters, found %zu",
		    PATH_MAX - 1, strlen(text));
	if (file_read(text, LIMIT_CA_FILE, &pem, &n, &why) != 0)
		return conf_fail(f, v, 0, "%s", why.sentence);
	free(s->source.ca);
	s->source.ca = (char *)pem; /* file_read() ends it with a NUL */
	free(s->ca_path);
	s->ca_path = strdup(text);
	return s->ca_path != NULL ? 0
				  : dci_fail(f, DCI_OUT_OF_MEMORY,
					"No memory to read %s.", v->file);
}

static bool
print_ca(struct writer *w, const void *field)
{
	const struct source_settings *s = field;

	if (s->ca_path != NULL)
		writer_printf(w, "\"%s\"", s->ca_path);
	return s->ca_path != NULL;
}

/* --- spans of time
 * ------------------------------------------------------------- */

static int
read_refresh(void *field, const struct conf_values *v, struct dci_failure *f)
{
	int64_t *refresh = field;
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!period_decode(refresh, text) || *refresh < REFRESH_MIN ||
	    *refresh > REFRESH_MAX)
		return conf_fail(f, v, 0,
		    "expected a time like \"6h\" or \"24h\", at least a minute "
		    "and at most 30 days, found \"%.80s\"",
		    text);
	return 0;
}

static int
read_warn(void *field, const struct conf_values *v, struct dci_failure *f)
{
	const char *text = conf_single(v, f);

	if (text == NULL)
		return -1;
	if (!period_decode(field, text))
		return conf_fail(f, v, 0,
		    "expected a time like \"0s\", \"12h\" or \"7d\", found "
		    "\"%.80s\"",
		    text);
	return 0;
}

static bool
print_period(struct writer *w, const void *field)
{
	writer_text(w, "\"");
	period_print(w, *(const int64_t *)field);
	writer_text(w, "\"");
	return true;
}

#define AT(field) offsetof(struct source_settings, field)

const struct conf_key source_keys[SOURCE_KEYS] = {
    {"source", 0, read_kind, print_kind},
    {"url", 0, read_url, print_url},
    {"ca", 0, read_ca, print_ca},
    {"verify_tls", AT(source.unverified_tls), read_verify_tls,
	print_verify_tls},
    {"update", AT(source.update), read_update, print_update},
    {"refresh", AT(refresh), read_refresh, print_period},
    {"warn", AT(warn), read_warn, print_period},
    {"early", AT(early), conf_read_bool, conf_print_bool},
};

/* --- all of it
 * ----------------------------------------------------------------- */

int
source_settings_init(struct source_settings *s, struct dci_failure *f)
{
	*s = (struct source_settings){
	    .refresh = PERIOD_DAY, .warn = 7 * PERIOD_DAY, .early = true};
	return source_init(&s->source, f);
}

void
source_settings_free(struct source_settings *s)
{
	source_free(&s->source);
	free(s->ca_path);
	*s = (struct source_settings){.refresh = 0};
}

int
source_settings_url(
    struct source_settings *s, const char *url, struct dci_failure *f)
{
	if (!guard_quotable(url))
		return dci_fail(f, DCI_SOURCE_URL,
		    "A URL has no quotes, no backslashes, no \"${\" and no "
		    "control characters.");
	if (source_set_url(&s->source, url, f) != 0)
		return -1;
	s->source.kind = SOURCE_PCS;
	s->kind_given = s->url_given = true;
	return 0;
}

bool
source_settings_on(const struct source_settings *s)
{
	return s->kind_given ? s->source.kind != SOURCE_NONE : s->url_given;
}

int
source_settings_derive(struct source_settings *s, bool elsewhere,
    const char *qcnl_file, bool *qcnl, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	*qcnl = false;
	if (source_settings_on(s))
		s->source.kind = SOURCE_PCS;
	/* One that is there but unreadable must not be passed over. */
	if (s->kind_given || s->url_given || elsewhere || qcnl_file == NULL ||
	    (access(qcnl_file, F_OK) != 0 && errno == ENOENT))
		return 0;
	if (file_read(qcnl_file, LIMIT_CONFIG, &text, &n, f) != 0 ||
	    source_read_qcnl(&s->source, qcnl_file, (const char *)text, n, f) !=
		0)
		return -1;
	s->source.kind = SOURCE_PCS;
	*qcnl = true;
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
source_settings_equal(
    const struct source_settings *a, const struct source_settings *b)
{
	const struct collateral_source *s = &a->source, *t = &b->source;

	return s->kind == t->kind && same_text(s->url, t->url) &&
	       same_text(s->ca, t->ca) &&
	       s->unverified_tls == t->unverified_tls &&
	       s->update == t->update && s->retries == t->retries &&
	       s->retry_seconds == t->retry_seconds &&
	       a->refresh == b->refresh && a->warn == b->warn &&
	       a->early == b->early;
}
