/* SPDX-License-Identifier: BSD-3-Clause */
/* fake_issuer CA-FILE MODE: writes its TLS CA there, prints its port and
 * serves one connection. */
#include "fake_issuer.h"

int
main(int argc, char **argv)
{
	struct fake_issuer fake;

	signal(SIGPIPE, SIG_IGN);
	for (int mode = 0; argc == 3 && mode < FAKE_MODE_COUNT; mode++) {
		if (strcmp(argv[2], fake_mode_names[mode]) != 0)
			continue;
		fake_issuer_make(&fake, "DNS:localhost,IP:127.0.0.1");
		fake_write_ca(&fake, argv[1]);
		printf("%u\n", fake.port);
		fflush(stdout);
		fake_serve(&fake, (enum fake_mode)mode);
		fake_issuer_free(&fake);
		return 0;
	}
	fprintf(stderr, "usage: fake_issuer CA-FILE MODE\n");
	return 2;
}
