"""The ops, one file per chapter of the Array API standard."""
