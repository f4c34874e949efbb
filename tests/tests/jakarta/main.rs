//! Every numbered assertion of Jakarta WebSocket 2.2, each as a test of its own; `wsc_2_1_1_1`
//! proves WSC-2.1.1-1.
//!
//! An assertion is about what the compiler refuses (its case of the compile-fail suite is looked
//! at), about what cannot be deployed, or about what happens at run time, seen from a raw socket.
//! A run of all says in its last line how many are proven. An assertion without a proof fails.
#![expect(clippy::panic, clippy::unwrap_used, reason = "tests fail by panicking")]

mod annotations;
mod assertions;
mod client;
mod codecs;
mod configuration;
mod deployment;
mod endings;
mod errors;
mod handshake;
mod identity;
mod lifecycle;
mod state;
mod threads;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Trial};

use crate::assertions::{ASSERTIONS, NOT_APPLICABLE, TOTAL};

/// An assertion's number, and the test that proves it.
type Proof = (&'static str, fn());

/// The proofs, by chapter.
const PROOFS: &[&[Proof]] = &[
    lifecycle::PROOFS,
    endings::PROOFS,
    threads::PROOFS,
    annotations::PROOFS,
    codecs::PROOFS,
    deployment::PROOFS,
    handshake::PROOFS,
    errors::PROOFS,
    client::PROOFS,
    configuration::PROOFS,
    identity::PROOFS,
    state::PROOFS,
];

#[expect(clippy::print_stdout, reason = "a test harness reports there")]
fn main() -> ExitCode {
    let args = Arguments::from_args();
    let conclusion = libtest_mimic::run(&args, trials());
    if !args.list && conclusion.num_filtered_out == 0 {
        let (proven, not_applicable) = (conclusion.num_passed, conclusion.num_ignored);
        let total = proven + not_applicable + conclusion.num_failed;
        let open = conclusion.num_failed;
        println!(
            "{total} assertions: {proven} proven, {not_applicable} not applicable, {open} open"
        );
    }
    conclusion.exit_code()
}

/// One trial an assertion, whether or not there is a proof.
fn trials() -> Vec<Trial> {
    let numbers: BTreeSet<_> = ASSERTIONS.iter().map(|(number, _)| *number).collect();
    assert_eq!((ASSERTIONS.len(), numbers.len()), (TOTAL, TOTAL), "each assertion once");
    let mut proofs = BTreeMap::new();
    for (number, proof) in PROOFS.iter().copied().flatten() {
        assert!(numbers.contains(number), "a proof of {number}, which is no assertion");
        assert!(proofs.insert(number, *proof).is_none(), "{number} is proven twice");
    }
    let reasons: BTreeMap<_, _> = NOT_APPLICABLE.iter().copied().collect();
    ASSERTIONS
        .iter()
        .map(|(number, says)| {
            let name = format!("wsc_{}", number.replace(['.', '-'], "_"));
            match (reasons.get(number), proofs.get(number)) {
                (Some(_), Some(_)) => panic!("{number} is proven, so it is applicable"),
                (Some(reason), None) => {
                    let reason = format!("{says}: {reason}");
                    Trial::ignorable_test(name, move || Ok(Completion::ignored_with(reason)))
                }
                (None, Some(proof)) => {
                    let proof = *proof;
                    Trial::test(name, move || {
                        proof();
                        Ok(())
                    })
                }
                (None, None) => {
                    Trial::test(name, move || Err(format!("nothing proves that {says}").into()))
                }
            }
        })
        .collect()
}
