//! Imports as a school meets them, through the crate's public face only.

#[cfg(test)]
mod class_list;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod files;
#[cfg(test)]
mod forms;
#[cfg(test)]
#[path = "../made/mod.rs"]
mod made;
#[cfg(test)]
mod oulad;
#[cfg(test)]
mod registrations;
#[cfg(test)]
mod verdicts;
#[cfg(test)]
mod workbook;
