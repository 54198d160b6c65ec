"""Dark-field X-ray microscopy: from a scan to maps of moments, mosaicity and strain."""
