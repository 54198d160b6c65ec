"""From sinograms to slices and volumes."""
