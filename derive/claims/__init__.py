"""Hand derivations against the engine's: claims as data, comparison, and the smallest edit that makes one true."""
