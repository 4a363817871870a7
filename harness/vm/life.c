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
		.wake_ns = now_ns + MC_LIFE_FIRST_NS,
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
 * which does no harm. The guest's next sign is the answer.
 */
static void wake(struct mc_life *life)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"execute\": \"qmp_capabilities\"}\n"
		 "{\"execute\": \"human-monitor-command\", "
		 "\"arguments\": {\"command-line\": \"log %s\"}}\n",
		 life->unchained ? "none" : "nochain");
	/* It fails only if QEMU does not read. */
	if (send(life->monitor, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
	life->unchained = !life->unchained;
	life->woken++;
}

void mc_life_look(struct mc_life *life, int64_t now_ns)
{
	if (life->monitor < 0 || now_ns < life->wake_ns)
		return;
	wake(life);
	life->wake_ns = now_ns + MC_LIFE_SILENCE_NS;
}
