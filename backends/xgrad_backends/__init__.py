"""Adapters: one small file for each array library that xgrad runs on."""
