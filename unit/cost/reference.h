/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reference.h - figures as JSON, and those of earlier days
 */
#ifndef COST_REFERENCE_H
#define COST_REFERENCE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "figures.h"
#include "memory_collector/failure.h"

/* What the figures depend on; others of another key are not comparable */
struct cost_key {
	const char *kernel, *qemu, *compiler;
};

/**
 * cost_document - all figures and verdicts
 * @figures: measured
 * @key: of them
 *
 * Return: an object, or NULL without memory.
 */
json_object *cost_document(const struct cost_figures *figures, const struct cost_key *key);

/**
 * cost_references_read - all references
 * @path: file; one that is not there has no references
 * @failure: says what is wrong with it, and where
 *
 * Return: an object for the functions below, or NULL.
 */
json_object *cost_references_read(const char *path, struct mc_failure *failure);

/* Return: the figures of a key (name: instructions), or NULL where it has none. */
json_object *cost_references_find(json_object *references, const struct cost_key *key);

/* Replace the figures of a key. Return: 0, or -1 without memory. */
int cost_references_set(json_object *references, const struct cost_key *key,
			const struct cost_figures *figures);

/* Write a document to a file that is there as a whole or not at all. */
int cost_write(json_object *document, const char *path, struct mc_failure *failure);

#endif
