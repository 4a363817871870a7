#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The basic benchmark: one scenario, no load, JSON on standard output.
# In the VM; with --place host on this machine. Other options: those of run-stress.
exec "$(dirname "$0")/../bootstrap" run --only baseline --format json "$@"
