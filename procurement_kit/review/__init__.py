"""What people decide about categories: the queue, the workbook, the page, the audit sample, two labellers."""
