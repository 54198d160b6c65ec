"""X-ray absorption spectroscopy: from raw scans to |chi(R)|."""
