//! What crosses the gap with its content: every refusal beside the case that passes.

mod approval;
mod audit_script;
mod audit_world;
mod bundle;
mod bundle_manifest;
mod bundle_world;
mod enrolment;
mod host;
mod issuer;
mod letter;
mod package;
mod package_log;
mod package_people;
mod package_world;
mod packed;
mod paper;
mod tools;
mod world;
