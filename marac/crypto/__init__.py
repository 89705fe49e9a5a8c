"""The locks: the only place that knows `cryptography`. It refuses to open or seal without a grant from `access`."""
