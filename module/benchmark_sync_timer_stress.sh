#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The whole scenario matrix under stress-ng.
# In the VM; with --place host on this machine. Other options: those of run-stress.
exec "$(dirname "$0")/../bootstrap" run "$@"
