/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests to the simulated service, path and query divided by '?', and its
 * switches, which must survive being printed. */
#include <stdlib.h>
#include <string.h>

#include "sim/pcs_fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
request(const char *path, const char *query)
{
	struct pcs_refusal why = {NULL, NULL};
	struct pcs_request r;
	int status = pcs_request_read(&r, path, query, false, &why);

	if (status == 200
		? r.document >= PCS_DOCUMENTS
		: (status != 400 && status != 404) || why.message == NULL)
		abort();
}

static void
switches(const char *text, size_t n)
{
	struct writer w CLEANUP(writer_free) = writer_new(1024);
	struct writer again CLEANUP(writer_free) = writer_new(1024);
	struct pcs_faults a = {.n = 0}, b = {.n = 0};
	struct dci_failure f;

	if (pcs_faults_add(&a, text, n, &f) != 0)
		return;
	pcs_faults_print(&w, &a);
	if (w.n < 2 ||
	    pcs_faults_add(&b, (const char *)w.data, w.n - 1, &f) != 0)
		abort();
	pcs_faults_print(&again, &b);
	if (again.n != w.n || memcmp(again.data, w.data, w.n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text CLEANUP(cleanup_free) = malloc(n + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	switches(text, n);
	char *query = strchr(text, '?');
	if (query != NULL)
		*query++ = '\0';
	request(text, query);
	return 0;
}
