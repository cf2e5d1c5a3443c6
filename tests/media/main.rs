//! Removable media on real block devices: loop devices under a sysfs that a test wrote. What this machine cannot do is
//! skipped with its reason.

mod command;
mod drive;
mod find;
mod fuse;
mod machine;
mod register;
mod transfer;
mod wipe;
