"""Homes for users of other libraries: the names and conventions they know, on xgrad's engine."""
