/* SPDX-License-Identifier: BSD-3-Clause */
/* The policy as it reaches a child: the canonical text in a sealed memfd. */
#ifndef ISSUER_POLICY_FILE_H
#define ISSUER_POLICY_FILE_H

#include "dci/policy.h"

/* Parses it; anything wrong with it is an internal framing error, and fatal,
 * since the parent made it from a policy that it had parsed itself. */
struct dci_policy *policy_file_read(int fd);

#endif
