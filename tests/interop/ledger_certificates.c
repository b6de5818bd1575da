/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints "SERIAL SHA-256" for each certificate in a ledger, as kill_clients
 * does for those that it holds: ledger_certificates STATEDIR/ledger/ledger.db */
#include <err.h>

#include "base/digest.h"
#include "base/text.h"
#include "ledger/ledger.h"

static int
print(const struct ledger_entry *e, void *arg)
{
	char serial[2 * 16 + 1], digest[2 * SHA256_SIZE + 1];
	uint8_t hash[SHA256_SIZE];

	(void)arg;
	if (e->serial == NULL)
		return 0;
	sha256(hash, e->certificate.p, e->certificate.n);
	hex_encode(serial, e->serial, 16);
	hex_encode(digest, hash, sizeof(hash));
	printf("%s %s\n", serial, digest);
	return 0;
}

int
main(int argc, char **argv)
{
	struct dci_failure f;

	if (argc != 2)
		errx(2, "usage: ledger_certificates LEDGER");
	struct ledger *l = ledger_open_readonly(argv[1], &f);
	if (l == NULL || ledger_each(l, print, NULL, &f) != 0)
		errx(1, "%s", f.sentence);
	ledger_close(l);
	return 0;
}
