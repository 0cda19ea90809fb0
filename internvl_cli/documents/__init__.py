"""Documents: files, URLs and standard input become pages with an image and, where the file has them, words."""
