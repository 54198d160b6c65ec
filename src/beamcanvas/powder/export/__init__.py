"""What whole series leave as: many text files or one archive, and what tomography takes."""
