"""From a data set's source to rows that are checked, split and scaled."""
