#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# documented-commands.sh - the commands in the documents and the workflow
#
# usage: unit/documented-commands.sh; from the project's folder. One per line, sorted,
# without prompts and comments: lines of code blocks and inline code that begin with a
# program, the examples of the man pages, and what the workflow's steps run. Blocks that
# are marked as text are not looked at.

set -eu

programs='(\./[a-z]|build/|unit/|module/|\.ci/|/[^ ]*/run-stress|run-stress|collect( |$)|meson|ninja|make|cd|dkms|docker|apt-get|git|trace-cmd|dmesg|pkg-config|npm|insmod|rmmod|modprobe|modinfo|umount|mmdebstrap|buildah|echo|cyclictest|rtla|pqos)'
prefix='(([A-Z_]+=[^ ]*|sudo) )*'

blocks() {
	awk '
		/^```/ { fenced = !fenced; text = fenced && /text|json|ini/; next }
		fenced && !text { print; next }
		!fenced && /^    / { sub(/^    /, ""); print }
	' "$@"
}

examples() {
	sed -n '/^\.EX/,/^\.EE/{ s/\\-/-/g; /^\./d; p; }' "$@"
}

# Inline code begins with a program and has arguments; a name alone is a name, but for
# scripts that are called so.
inline() {
	awk '
		/^```/ { fenced = !fenced; next }
		!fenced && !/^    / { text = text " " $0 }
		!fenced && /^$/ { text = text "\n" }
		END { print text }
	' "$@" | tr -s ' ' | grep -oE '`[^`]+`' | tr -d '`' |
		grep -E '^(\./bootstrap|meson|ninja|sudo|docker|dkms|make|trace-cmd|modinfo|umount|mmdebstrap|buildah|\.ci/run|module/[a-z_]*\.sh)( |$)' |
		grep -vE '^(meson|ninja|make|sudo|dkms|docker|trace-cmd|modinfo|umount|mmdebstrap|buildah)$|^meson (install|setup)$' || true
}

steps() {
	sed -n 's/^ *\(- \)\{0,1\}run: \(.*\)$/\2/p' .github/workflows/*.yml
	! grep -nE '^ *(- )?run: *[|>]' .github/workflows/*.yml >&2 ||
		echo 'a step of several lines, which nobody can check'
}

{
	{
		for file in README.md CONTRIBUTING.md docs/*.md; do
			blocks "$file"
			inline "$file"
		done
		examples docs/*.[1-9]
	} | sed 's/[[:space:]]*#.*//; s/[[:space:]]*$//' | grep -E "^$prefix$programs"
	steps
} | sort -u
