"""From mu(E) to |chi(R)|: edge, background, Fourier transforms, wavelets, noise."""
