#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The collector as a whole: loading, capabilities, RMIDs of processes, samples against the
# simulation, trace-cmd. In the VM; with --place host on this machine, as root.
exec "$(dirname "$0")/../bootstrap" test-module "$@"
