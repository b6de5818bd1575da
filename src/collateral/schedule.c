/* SPDX-License-Identifier: BSD-3-Clause */
#include "collateral/schedule.h"

/* Further than clocks are corrected in steps that mean nothing. */
#define SET_BACK_SECONDS 300

void
schedule_start(struct schedule *s, int64_t now)
{
	*s = (struct schedule){.due = now, .last = now};
}

void
schedule_succeeded(struct schedule *s, int64_t now, int64_t refresh,
    int64_t valid_until, uint32_t random)
{
	int64_t left = valid_until > now ? valid_until - now : 0;
	int64_t pause = refresh < left / 2 ? refresh : left / 2;

	pause -= (int64_t)random % (pause / 10 + 1);
	if (pause < SCHEDULE_PAUSE_MIN)
		pause = SCHEDULE_PAUSE_MIN;
	*s = (struct schedule){.due = now + pause, .last = now};
}

void
schedule_failed(
    struct schedule *s, int64_t now, int64_t retry_after, uint32_t random)
{
	int64_t pause = SCHEDULE_RETRY_MAX;

	if (s->failures < 6)
		pause = (int64_t)SCHEDULE_RETRY_MIN << s->failures;
	if (pause > SCHEDULE_RETRY_MAX)
		pause = SCHEDULE_RETRY_MAX;
	pause += (int64_t)random % (pause / 2 + 1) - pause / 4;
	if (retry_after > SCHEDULE_RETRY_AFTER_MAX)
		retry_after = SCHEDULE_RETRY_AFTER_MAX;
	if (pause < retry_after)
		pause = retry_after;
	s->failures++;
	s->last = now;
	s->due = now + pause;
}

bool
schedule_is_due(const struct schedule *s, int64_t now)
{
	return now >= s->due || now < s->last - SET_BACK_SECONDS;
}

bool
pace_allows(struct pace *p, int64_t now, unsigned per_minute)
{
	if (now < p->begin || now >= p->begin + 60)
		*p = (struct pace){.begin = now};
	if (p->n >= per_minute)
		return false;
	p->n++;
	return true;
}
