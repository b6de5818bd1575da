/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For ca_chain.sh: makes a CA and issues certificates as the issuer would.
 *   ca_leaf create FOLDER real|simulated
 *   ca_leaf csr FILE                     prints the code: ok, csr-malformed...
 *   ca_leaf issue FOLDER CSR OUT ASSURANCE BINDING TEE SVN
 *   ca_leaf read DER                     prints the profile's values
 * Digests and measurements are fixed: 00.., a0.., 80.., c0.. counted up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "ca/profile.h"

static void
insist(bool ok, const struct dci_failure *f)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", dci_code_name(f->code), f->sentence);
	exit(1);
}

static struct bytes
contents(const char *folder, const char *name)
{
	char path[512];
	uint8_t *data;
	size_t n;
	struct dci_failure f = {.code = DCI_OK};

	snprintf(path, sizeof(path), "%s%s", folder, name);
	insist(file_read(path, LIMIT_PEM, &data, &n, &f) == 0, &f);
	return (struct bytes){data, n};
}

static int
do_create(char **argv)
{
	struct dci_failure f = {.code = DCI_OK};
	bool made;

	insist(ca_create(argv[2], strcmp(argv[3], "simulated") == 0, time(NULL),
		   &made, &f) == 0,
	    &f);
	return made ? 0 : 1;
}

static int
do_csr(char **argv)
{
	struct dci_failure f = {.code = DCI_OK};
	struct bytes der = contents(argv[2], ""), spki;
	struct ec_point key;

	if (csr_verify(der, &key, &spki, &f) != 0)
		fprintf(stderr, "%s\n", f.sentence);
	puts(dci_code_name(f.code));
	free((void *)der.p);
	return 0;
}

static void
count_up(uint8_t out[static 32], unsigned from)
{
	for (unsigned i = 0; i < 32; i++)
		out[i] = (uint8_t)(from + i);
}

static uint64_t
number(const char *text)
{
	uint64_t n = 0;

	if (!decimal_decode(&n, text, UINT16_MAX)) {
		fprintf(stderr, "%s is no number\n", text);
		exit(2);
	}
	return n;
}

static int
do_issue(char **argv)
{
	struct dci_failure f = {.code = DCI_OK};
	struct bytes der = contents(argv[3], ""), spki;
	struct bytes key = contents(argv[2], "/issuing.key");
	struct bytes issuing = contents(argv[2], "/issuing.crt");
	struct bytes root = contents(argv[2], "/root.crt");
	static struct ca_certificate out;
	struct ca_leaf leaf = {.name = "proxy-verifier",
	    .assurance = (enum ca_assurance)number(argv[5]),
	    .binding = (enum ca_binding)number(argv[6]),
	    .tee = (uint8_t)number(argv[7]),
	    .isv_svn = (uint16_t)number(argv[8]),
	    .ttl = 24 * 3600,
	    .not_after = INT64_MAX};

	count_up(leaf.mrenclave, 0x00);
	count_up(leaf.mrsigner, 0xa0);
	count_up(leaf.evidence_digest, 0x80);
	count_up(leaf.policy_digest, 0xc0);
	insist(csr_verify(der, &leaf.key, &spki, &f) == 0, &f);
	struct ca *ca = ca_open(key, issuing, root, time(NULL), &f);
	insist(ca != NULL, &f);
	insist(ca_issue(ca, &leaf, time(NULL), &out, &f) == 0, &f);
	insist(file_write(argv[4], out.der, out.n, 0644, &f) == 0, &f);
	ca_close(ca);
	struct bytes read[] = {der, key, issuing, root};
	for (size_t i = 0; i < 4; i++)
		free((void *)read[i].p);
	return 0;
}

static void
print_hex(const char *name, const uint8_t v[static 32])
{
	char hex[65];

	hex_encode(hex, v, 32);
	printf("%s=%s\n", name, hex);
}

static int
do_read(char **argv)
{
	struct dci_failure f = {.code = DCI_OK};
	struct bytes der = contents(argv[2], "");
	struct profile_leaf leaf;
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	insist(x != NULL && profile_read(x, &leaf, &f) == 0, &f);
	printf("assurance=%s\nbinding=%s\ntee=%u\nsvn=%u\n",
	    ca_assurance_name(leaf.scope.assurance),
	    ca_binding_name(leaf.scope.binding), leaf.scope.tee[0],
	    leaf.tcb.isv_svn);
	print_hex("mrenclave", leaf.tcb.mrenclave);
	print_hex("mrsigner", leaf.tcb.mrsigner);
	print_hex("evidence", leaf.scope.evidence_digest);
	print_hex("policy", leaf.scope.policy_digest);
	X509_free(x);
	free((void *)der.p);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int argc;
		int (*run)(char **);
	} commands[] = {{"create", 4, do_create}, {"csr", 3, do_csr},
	    {"issue", 9, do_issue}, {"read", 3, do_read}};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (argc == commands[i].argc &&
		    strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argv);
	}
	fprintf(stderr, "ca_leaf: see the source for its arguments\n");
	return 2;
}
