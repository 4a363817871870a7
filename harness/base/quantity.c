// SPDX-License-Identifier: GPL-2.0
/*
 * quantity.c - numbers as people type them
 */
#include "base/quantity.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/nanoseconds.h"

/* Digits at *text, beyond which it is moved. Return: NULL, or what is wrong. */
static const char *take_digits(const char **text, uint64_t *number)
{
	const char *at = *text;

	*number = 0;
	if (*at == '-')
		return "it is negative";
	if (!isdigit((unsigned char)*at))
		return *at ? "not a number" : "it is empty";
	for (; isdigit((unsigned char)*at); at++) {
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*at - '0'), number))
			return "the number is too large";
	}
	*text = at;
	return NULL;
}

/* ".5" at *text, in billionths */
static const char *take_fraction(const char **text, uint64_t *billionths)
{
	uint64_t worth = NS_PER_S / 10;
	const char *at = *text;

	*billionths = 0;
	if (*at != '.')
		return NULL;
	for (at++; isdigit((unsigned char)*at); at++, worth /= 10) {
		if (!worth)
			return "more than nine decimal places";
		*billionths += worth * (*at - '0');
	}
	if (at == *text + 1)
		return "not a number";
	*text = at;
	return NULL;
}

const char *mc_quantity_time(const char *text, uint64_t bare_unit, uint64_t *ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ns", 1}, {"us", NS_PER_US}, {"ms", NS_PER_MS}, {"s", NS_PER_S}};
	uint64_t number, billionths, unit = bare_unit;
	const char *wrong;
	size_t i;

	wrong = take_digits(&text, &number);
	if (!wrong)
		wrong = take_fraction(&text, &billionths);
	if (wrong)
		return wrong;
	for (i = 0; *text && i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(text, units[i].name)) {
			unit = units[i].ns;
			text = "";
		}
	}
	if (*text)
		return "not a number with a unit: ns, us, ms or s";
	if (!unit && (number || billionths))
		return "it has no unit: ns, us, ms or s";
	if (unit && billionths % (NS_PER_S / unit))
		return "finer than a nanosecond";
	if (__builtin_mul_overflow(number, unit, ns) ||
	    __builtin_add_overflow(*ns, unit ? billionths / (NS_PER_S / unit) : 0, ns))
		return "the number is too large";
	return NULL;
}

const char *mc_quantity_number(const char *text, uint64_t *number)
{
	const char *wrong = take_digits(&text, number);

	return !wrong && *text ? "not a whole number" : wrong;
}
