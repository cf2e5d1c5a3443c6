//! From a scan to a CSR bundle on a medium.
