// SPDX-License-Identifier: MIT
//! tests: what takes the place of libtest's `main`: one test of a program, by its name.
//!
//! Why      libtest runs every test in a thread of its own and hears of it through a channel: noise
//!          in each execution. Here the test is what `main` does, so a panic that leaves it is one
//!          that leaves `main`.
//! Asked    `--list`: a line for each test, and what `#[heald::test]` says of it, which a
//!          function beside it panics with (`heald/src/lib.rs`). A name: that test. Nothing: all that are
//!          not ignored, one after the other, in one execution.
//! Told     `is_panic` holds the words of a test that should panic against those it panicked with.
#![feature(test)]

extern crate test;

use std::any::Any;
use std::panic::{catch_unwind, set_hook, AssertUnwindSafe};
use test::{ShouldPanic, TestDescAndFn, TestFn, TestName};

const OPTIONS: &str = "__heald_";

#[no_mangle]
pub fn heald_test_main(tests: &[&TestDescAndFn]) {
    match std::env::args().nth(1).as_deref() {
        Some("--list") => list(tests),
        Some(name) => match tests.iter().find(|each| name_of(each) == name) {
            Some(test) => run(test),
            None => panic!("there is no test {name}"),
        },
        None => tests
            .iter()
            .filter(|each| !each.desc.ignore && !is_options(name_of(each)))
            .for_each(|each| run(each)),
    }
}

fn name_of<'a>(test: &'a TestDescAndFn) -> &'a str {
    match &test.desc.name {
        TestName::StaticTestName(name) => name,
        TestName::DynTestName(name) => name,
        TestName::AlignedTestName(name, _) => name,
    }
}

fn is_options(name: &str) -> bool {
    name.rsplit("::")
        .next()
        .unwrap_or(name)
        .starts_with(OPTIONS)
}

fn call(test: &TestDescAndFn) -> Option<Result<(), String>> {
    match &test.testfn {
        TestFn::StaticTestFn(function) => Some(function()),
        _ => None, // a benchmark
    }
}

fn list(tests: &[&TestDescAndFn]) {
    set_hook(Box::new(|_| {}));
    for test in tests {
        let name = name_of(test);
        if is_options(name) {
            let said = catch_unwind(AssertUnwindSafe(|| call(test)));
            let options = said
                .err()
                .map_or(String::new(), |payload| words_of(&*payload).to_string());
            println!("options\t{}\t{options}", name.replace(OPTIONS, ""));
        } else if let TestFn::StaticTestFn(_) = test.testfn {
            let is_plain = matches!(test.desc.should_panic, ShouldPanic::No);
            let kind = if test.desc.ignore { "ignored" } else { "test" };
            let why = test.desc.ignore_message.unwrap_or("");
            println!(
                "{kind}\t{name}\t{}\t{why}",
                if is_plain { "" } else { "should panic" }
            );
        }
    }
}

fn run(test: &TestDescAndFn) {
    let expected = match test.desc.should_panic {
        ShouldPanic::No => {
            if let Some(Err(said)) = call(test) {
                panic!("{said}");
            }
            return;
        }
        ShouldPanic::Yes => None,
        ShouldPanic::YesWithMessage(words) => Some(words),
    };
    match catch_unwind(AssertUnwindSafe(|| call(test))) {
        Ok(_) => panic!("test did not panic as expected"),
        Err(payload) => is_panic(&*payload, expected),
    }
}

fn is_panic(payload: &(dyn Any + Send), expected: Option<&str>) {
    let said = words_of(payload);
    if let Some(words) = expected {
        assert!(
            said.contains(words),
            "panic did not contain expected string: {said:?} has no {words:?}"
        );
    }
}

fn words_of(payload: &(dyn Any + Send)) -> &str {
    let owned = payload.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("")
}
