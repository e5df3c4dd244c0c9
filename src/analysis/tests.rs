//! Sums over strategies, against arithmetic done by hand.
