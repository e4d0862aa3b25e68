"""Pure: from what is wanted and what is live to what would be done, its digest, and whether it may be done."""
