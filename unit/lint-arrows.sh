#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# lint-arrows.sh - a folder includes headers of its own and of those below it, never of those above
#
# usage: unit/lint-arrows.sh; called by lint.sh. Exit code 1 where an arrow runs up.

set -u

cd "$(dirname "$0")/.." || exit 3

# From top to bottom, as in docs/architecture.md
harness='bench collector report result vm load kernel statistics process base'
module='tests benchmark sim collector timer compat core'

# Public headers stand together; each belongs to the folder that has what it declares.
public='place:bench present:report progress:report result:result result_io:result scenario:load
	environment:kernel pages:kernel analysis:statistics ticks:statistics child:process failure:base
	sizes:base status:base'

git ls-files 'harness/*.[ch]' 'module/*.[ch]' |
	xargs awk -v harness="$harness" -v module="$module" -v public="$public" '
	function rank(tree, folder) {
		return (tree, folder) in place ? place[tree, folder] : 0
	}
	function folder_of(folder, name) {
		if (folder != "memory_collector")
			return folder
		if (!(name in owner)) {
			printf "%s: whose is memory_collector/%s.h? unit/lint-arrows.sh has to know\n", FILENAME, name
			wrong = 1
		}
		return owner[name]
	}
	BEGIN {
		for (i = split(harness, word); i; i--)
			place["harness", word[i]] = i
		for (i = split(module, word); i; i--)
			place["module", word[i]] = i
		for (i = split(public, word); i; i--) {
			split(word[i], pair, ":")
			owner[pair[1]] = pair[2]
		}
	}
	FNR == 1 {
		n = split(FILENAME, path, "/")
		name = path[n]
		sub(/\.[ch]$/, "", name)
		from = path[2] == "include" ? folder_of("memory_collector", name) : path[2]
	}
	/^[ \t]*#[ \t]*include "[^"]*\/[^"]*\.h"/ {
		split($0, quoted, "\"")
		split(quoted[2], header, "/")
		sub(/\.h$/, "", header[2])
		to = folder_of(header[1], header[2])
		if (rank(path[1], to) && rank(path[1], to) < rank(path[1], from)) {
			printf "%s:%d: %s/ is below %s/ and must not know it\n", FILENAME, FNR, from, to
			wrong = 1
		}
	}
	END { exit wrong }
'
