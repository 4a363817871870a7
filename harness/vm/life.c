// SPDX-License-Identifier: GPL-2.0
/*
 * life.c - whether a guest stands still, and what sets it going again
 */
#include "vm/life.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void mc_life_begin(struct mc_life *life, int monitor, int64_t now_ns)
{
	*life = (struct mc_life){
		.monitor = monitor,
		.sign_ns = now_ns,
		.wake_ns = now_ns + MC_LIFE_SILENCE_NS,
	};
}

void mc_life_sign(struct mc_life *life, int64_t now_ns)
{
	if (life->woken)
		life->stood_ns += now_ns - life->sign_ns;
	life->woken = 0;
	life->sign_ns = now_ns;
	life->wake_ns = now_ns + MC_LIFE_SILENCE_NS;
}

/*
 * The first command is what QMP wants to hear before any other; the second time it is refused,
 * which does no harm. Answers are not waited for: it is the guest's that counts.
 */
static void wake(struct mc_life *life)
{
	char text[256];

	life->unchained = !life->unchained;
	snprintf(text, sizeof(text),
		 "{\"execute\": \"qmp_capabilities\"}\n"
		 "{\"execute\": \"human-monitor-command\", "
		 "\"arguments\": {\"command-line\": \"log %s\"}}\n",
		 life->unchained ? "nochain" : "none");
	/* It does not fit only where nothing reads it. */
	if (send(life->monitor, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
	life->woken++;
}

int64_t mc_life_look(struct mc_life *life, int64_t now_ns)
{
	if (life->monitor < 0)
		return INT64_MAX;
	if (now_ns >= life->wake_ns) {
		wake(life);
		life->wake_ns = now_ns + MC_LIFE_SILENCE_NS;
	}
	return life->wake_ns;
}
