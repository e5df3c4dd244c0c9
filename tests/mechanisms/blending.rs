//! A canary of 1 % hides in the blend.
