/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pages.h - from raw ring-buffer pages to samples
 *
 * Knows the kernel's page format through libtraceevent's kbuffer and the
 * event's own format file; hands each decoded event to an analysis.
 */
#ifndef MEMORY_COLLECTOR_PAGES_H
#define MEMORY_COLLECTOR_PAGES_H

#include "memory_collector/analysis.h"

struct mc_pages;

/**
 * mc_pages_new - prepare to decode
 * @header_page: text of events/header_page
 * @header_page_size: its length
 * @event_format: text of events/sync_timer_benchmark/tick/format
 * @event_format_size: its length
 * @page_size: size of a page as read from trace_pipe_raw
 * @failure: filled on error
 */
struct mc_pages *mc_pages_new(const char *header_page, size_t header_page_size,
			      const char *event_format, size_t event_format_size, size_t page_size,
			      struct mc_failure *failure);
void mc_pages_free(struct mc_pages *pages);

/**
 * mc_pages_decode - decode one page into an analysis
 * @pages: decoder
 * @page: one page of the CPU's buffer
 * @size: bytes that were read; less than a page's own word for it is refused
 * @cpu: index of the CPU in the analysis
 * @analysis: takes the samples
 * @failure: filled on error
 *
 * Events of other kinds are passed over. Where the page says that events before
 * it are missing, mc_analysis_hole() is told.
 *
 * Return: number of events, or -1 where the page is not what it says it is.
 */
int mc_pages_decode(struct mc_pages *pages, void *page, size_t size, unsigned int cpu,
		    struct mc_analysis *analysis, struct mc_failure *failure);

#endif
