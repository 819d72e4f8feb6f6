"""Other projects' own tests, with xgrad in the place of the library that they test."""
