"""What is put on paper: PDFs with one frame around every page, made from values alone, the same bytes for the same values."""
