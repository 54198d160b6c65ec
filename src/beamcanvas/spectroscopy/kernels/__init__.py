"""The numbers of XAS, for many spectra on one energy grid at a time: plain numpy and BLAS."""
