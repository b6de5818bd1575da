/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "collateral/bundle.h"
#include "collateral/crl_form.h"
#include "collateral/load.h"

static const char *const file_names[DCI_DOCUMENTS] = {
    [DCI_DOC_TCB_INFO] = "tcb_info.json",
    [DCI_DOC_TCB_INFO_CHAIN] = "tcb_info_issuer_chain.pem",
    [DCI_DOC_QE_IDENTITY] = "qe_identity.json",
    [DCI_DOC_QE_IDENTITY_CHAIN] = "qe_identity_issuer_chain.pem",
    [DCI_DOC_PCK_CRL] = "pck_crl.der",
    [DCI_DOC_PCK_CRL_CHAIN] = "pck_crl_issuer_chain.pem",
    [DCI_DOC_ROOT_CA_CRL] = "root_ca_crl.der",
};

const char *
collateral_file_name(enum dci_document which)
{
	return file_names[which];
}

void
collateral_free(struct collateral_files *c)
{
	for (size_t i = 0; i < DCI_DOCUMENTS; i++)
		free(c->doc[i].data);
	*c = (struct collateral_files){0};
}

struct dci_collateral
collateral_view(const struct collateral_files *c)
{
	struct dci_collateral view;

	for (size_t i = 0; i < DCI_DOCUMENTS; i++) {
		view.doc[i].data = c->doc[i].data;
		view.doc[i].n = c->doc[i].n;
	}
	return view;
}

/* One file of a folder; missing is not a failure. */
static int
read_document(struct collateral_files *c, int folder, const char *path,
    enum dci_document which, struct dci_failure *f)
{
	char name[1024];

	snprintf(name, sizeof(name), "%s/%s", path, file_names[which]);
	/* O_NONBLOCK: a FIFO in the folder must not hang the program. */
	int fd CLEANUP(cleanup_fd) = openat(
	    folder, file_names[which], O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "%s cannot be opened: %s.", name, strerror(errno));
	return file_read_fd(fd, name, LIMIT_COLLATERAL, &c->doc[which].data,
	    &c->doc[which].n, f);
}

static int
load_folder(struct collateral_files *c, int folder, const char *path,
    struct dci_failure *f)
{
	for (enum dci_document i = 0; i < DCI_DOCUMENTS; i++) {
		if (read_document(c, folder, path, i, f) != 0)
			return -1;
	}
	return 0;
}

static int
load_bundle(
    struct collateral_files *c, int fd, const char *path, struct dci_failure *f)
{
	uint8_t *text CLEANUP(cleanup_free) = NULL;
	size_t n;

	if (file_read_fd(fd, path, LIMIT_BUNDLE, &text, &n, f) != 0)
		return -1;
	return bundle_read(c, path, (const char *)text, n, f);
}

/* A bundle's CRL may be twice the size before this: hex. */
static int
normalise_crl(struct collateral_files *c, const char *path,
    enum dci_document which, struct dci_failure *f)
{
	if (!crl_to_der(&c->doc[which].data, &c->doc[which].n))
		return dci_fail(f, DCI_OUT_OF_MEMORY,
		    "No memory for the CRLs in %s.", path);
	if (c->doc[which].n <= LIMIT_COLLATERAL)
		return 0;
	return dci_fail(f, DCI_FILE_TOO_LARGE,
	    "A CRL in %s is larger than the %u bytes that are accepted.", path,
	    LIMIT_COLLATERAL);
}

static int
normalise(struct collateral_files *c, const char *path, struct dci_failure *f)
{
	if (normalise_crl(c, path, DCI_DOC_PCK_CRL, f) != 0)
		return -1;
	return normalise_crl(c, path, DCI_DOC_ROOT_CA_CRL, f);
}

int
collateral_load_bundle(struct collateral_files *out, int fd, const char *name,
    struct dci_failure *f)
{
	struct collateral_files c CLEANUP(collateral_free) = {0};

	if (load_bundle(&c, fd, name, f) != 0 || normalise(&c, name, f) != 0)
		return -1;
	*out = c;
	c = (struct collateral_files){0};
	return 0;
}

int
collateral_load(
    struct collateral_files *out, const char *path, struct dci_failure *f)
{
	struct collateral_files c CLEANUP(collateral_free) = {0};
	struct stat st;
	int fd CLEANUP(cleanup_fd) = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		return dci_fail(f, DCI_FILE_UNREADABLE,
		    "The collateral %s cannot be opened: %s.", path,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return collateral_load_bundle(out, fd, path, f);
	if (load_folder(&c, fd, path, f) != 0 || normalise(&c, path, f) != 0)
		return -1;
	*out = c;
	c = (struct collateral_files){0};
	return 0;
}
