//! airlock: an air-gapped CA workstation for Kubernetes PKI.
//!
//! Two rooms that never meet. In the online room an admin finds a cluster's certificates and carries a CSR bundle out;
//! in the offline room officers review it, approve the exact bytes to be signed and let an HSM sign them; back online
//! the certificate package is verified and staged.
//!
//! The modules are floors of one house. A module uses lower floors only, never a neighbour on its own floor;
//! `tests/floors.rs` keeps that law.
//!
//! | floor | modules |
//! |---|---|
//! | 0 | [`refusal`] why something was refused · [`wire`] the strict encodings |
//! | 1 | [`pki`] keys, names, requests, certificates, CRLs and chains |
//! | 5 | [`devices`] what airlock touches of the world |

#![forbid(unsafe_op_in_unsafe_fn)]

pub mod devices;
pub mod pki;
pub mod refusal;
pub mod wire;
