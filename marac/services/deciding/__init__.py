"""What becomes of a referral, and how two cases become one. Holds no meeting."""
