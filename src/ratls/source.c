/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/blame.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "ratls/source.h"

int
quote_source_ask(const struct quote_source *source,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE], uint8_t **out,
    size_t *n, struct dci_failure *f)
{
	uint8_t *quote CLEANUP(cleanup_free) = NULL;
	size_t size = 0;

	if (source->quote(source->ctx, report_data, &quote, &size, f) < 0)
		return -1;
	if (quote == NULL || size == 0)
		return dci_fail(f, DCI_QUOTE_UNAVAILABLE,
		    "The platform gave an empty quote. %s",
		    dci_code_remedy(DCI_QUOTE_UNAVAILABLE));
	if (size > LIMIT_QUOTE)
		return dci_fail(f, DCI_QUOTE_UNAVAILABLE,
		    "The platform gave a quote of %zu bytes, but quotes have "
		    "at most %u.",
		    size, LIMIT_QUOTE);
	*out = TAKE(quote);
	*n = size;
	return 0;
}

static bool
attestation_path(
    char path[static PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%s/%s", folder, name);

	return n > 0 && n < PATH_MAX;
}

static int
unavailable(const char *path, int error, struct dci_failure *f)
{
	return dci_fail(f, DCI_ATTESTATION_UNAVAILABLE,
	    "%s cannot be opened: %s. %s %s", path, strerror(error),
	    dci_code_meaning(DCI_ATTESTATION_UNAVAILABLE),
	    dci_code_remedy(DCI_ATTESTATION_UNAVAILABLE));
}

/* Gramine says "none", "epid" or "dcap" there; old versions have no such
 * file. */
static int
attestation_type(const char *folder, struct dci_failure *f)
{
	char path[PATH_MAX], type[16];
	uint8_t *data CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (!attestation_path(path, folder, "attestation_type") ||
	    access(path, F_OK) != 0)
		return 0;
	if (file_read(path, 64, &data, &n, f) < 0)
		return -1;
	while (n > 0 && (data[n - 1] == '\n' || data[n - 1] == '\0'))
		n--;
	text_printable(type, sizeof(type), data, n);
	if (strcmp(type, "dcap") == 0)
		return 0;
	return dci_fail(f, DCI_ATTESTATION_UNAVAILABLE,
	    "%s says \"%s\", but \"dcap\" is needed. %s", path, type,
	    dci_code_remedy(DCI_ATTESTATION_UNAVAILABLE));
}

int
attestation_present(const char *folder, struct dci_failure *f)
{
	static const char *const names[] = {"user_report_data", "quote"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!attestation_path(path, folder, names[i]))
			return unavailable(folder, ENAMETOOLONG, f);
		if (access(path, F_OK) != 0)
			return unavailable(path, errno, f);
	}
	return attestation_type(folder, f);
}

/* In one write: Gramine takes the whole report data at once. */
static int
report_data_write(const char *folder,
    const uint8_t data[static DCI_REPORT_DATA_SIZE], struct dci_failure *f)
{
	char path[PATH_MAX];

	if (!attestation_path(path, folder, "user_report_data"))
		return unavailable(folder, ENAMETOOLONG, f);
	int fd CLEANUP(cleanup_fd) = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return unavailable(path, errno, f);
	ssize_t put = write(fd, data, DCI_REPORT_DATA_SIZE);
	if (put != DCI_REPORT_DATA_SIZE)
		return dci_fail(f, DCI_QUOTE_UNAVAILABLE,
		    "%s did not take 64 bytes of report data: %s.", path,
		    put < 0 ? strerror(errno) : "cut short");
	return 0;
}

static int
quote_unreadable(const struct dci_failure *why, struct dci_failure *f)
{
	enum dci_code code = blame_of(why, DCI_QUOTE_UNAVAILABLE);

	return dci_fail(f, code, "%s %s", why->sentence, dci_code_remedy(code));
}

static int
attestation_quote(void *ctx,
    const uint8_t report_data[static DCI_REPORT_DATA_SIZE], uint8_t **out,
    size_t *n, struct dci_failure *f)
{
	const char *folder = ctx;
	char path[PATH_MAX];
	struct dci_failure why;

	if (attestation_present(folder, f) < 0 ||
	    report_data_write(folder, report_data, f) < 0)
		return -1;
	if (!attestation_path(path, folder, "quote"))
		return unavailable(folder, ENAMETOOLONG, f);
	if (file_read(path, LIMIT_QUOTE, out, n, &why) < 0)
		return quote_unreadable(&why, f);
	return 0;
}

struct quote_source
quote_source_attestation(const char *folder)
{
	return (struct quote_source){
	    .quote = attestation_quote,
	    .ctx = (void *)folder,
	};
}
