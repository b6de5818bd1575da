/* SPDX-License-Identifier: BSD-3-Clause */
/* Folders that tests leave behind. */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <ftw.h>
#include <stdio.h>

static inline int
folder_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int
folder_remove_below(
    const char *path, const struct stat *st, int type, struct FTW *at)
{
	return at->level == 0 ? 0 : folder_remove_one(path, st, type, at);
}

/* With everything in it; links are not followed. */
static inline int
folder_remove(const char *path)
{
	return nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* All but the folder itself. */
static inline int
folder_empty(const char *path)
{
	return nftw(path, folder_remove_below, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
