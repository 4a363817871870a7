/* SPDX-License-Identifier: GPL-2.0 */
/*
 * json_document.h - a file as a tree of values, whatever is in the file
 */
#ifndef MC_JSON_DOCUMENT_H
#define MC_JSON_DOCUMENT_H

#include <json-c/json.h>
#include <stdio.h>

#include "memory_collector/failure.h"

/**
 * mc_json_document - read and parse a whole file
 * @from: file
 * @name: of the file, for messages
 * @failure: names the file, the line and the reason
 *
 * What is not JSON, is cut off, is nested deeply or would take hundreds of MiB is
 * refused; so is an integer that 64 bits cannot hold, and a document that is no object.
 *
 * Return: an object, or NULL.
 */
json_object *mc_json_document(FILE *from, const char *name, struct mc_failure *failure);

#endif
