"""What spectra are made of: standards, components, shells of neighbours; maps of numbers."""
