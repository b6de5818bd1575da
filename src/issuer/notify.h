/* SPDX-License-Identifier: BSD-3-Clause */
/* Tells the service manager how far we are: sd_notify(3) without its library.
 */
#ifndef ISSUER_NOTIFY_H
#define ISSUER_NOTIFY_H

/* Sends "READY=1", "STOPPING=1", ... to $NOTIFY_SOCKET; does nothing without
 * it, and whether it arrives does not matter. */
void notify_manager(const char *state);

#endif
