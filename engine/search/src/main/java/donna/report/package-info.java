/** What a search found: numbers for programs ({@link donna.report.Summary}), a page for people ({@link donna.report.ReportWriter}). */
package donna.report;
