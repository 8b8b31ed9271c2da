"""PDFs, read by another library than the one that wrote them."""
