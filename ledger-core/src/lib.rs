//! What is true in the credit bank.
//!
//! This crate is pure: no I/O, no clock, no SQL, no network. It holds the immutable [`event`]s of a ledger, the
//! [`decide`] function that turns a command into events or a [`Refusal`], the [`projection`]s (folds) that turn events
//! into states, and the [`policy`] that turns a state into credit. Everything outside calls these plain functions;
//! the [`ports`] say what a store must offer.
//!
//! The way of a posted completion: a [`command::Command`] and the states it needs ([`decide::needs`]) go into
//! [`decide::decide`]; the facts that come out get positions, are folded with [`projection::apply`], and are written
//! together with the states they touched.
#![warn(missing_docs)]

pub mod access;
pub mod account;
pub mod approval;
pub mod command;
pub mod correction;
pub mod date;
pub mod decide;
pub mod entry;
pub mod event;
pub mod id;
pub mod identity;
pub mod merkle;
pub mod month;
pub mod name;
pub mod person;
pub mod policy;
pub mod ports;
pub mod projection;
pub mod quantity;
pub mod redemption;
pub mod refusal;
pub mod registry;
pub mod report;
pub mod retention;
pub mod selection;

pub use refusal::{Reason, Refusal};
