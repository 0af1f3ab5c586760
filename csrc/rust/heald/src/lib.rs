// SPDX-License-Identifier: MIT
//! `#[heald::test(...)]`: a test whose every execution `cargo heald test` explores.
//!
//! Normally   `#[test]` and the function as it is written: nothing is added, and nothing is needed.
//! Explored   (`HEALD_RUST_STD` is set where heald builds.) Beside the test, a function called
//!            `__heald_` and its name panics with the options: the harness of heald asks it before
//!            it runs the test.
//! Options    `name = value` or a name alone, which is true. heald knows which there are, not this
//!            crate, so that an older one takes newer options.

use proc_macro::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};

/// Marks a test that heald explores; see the crate's page.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    match expanded(options, item) {
        Ok(tokens) => tokens,
        Err((said, at)) => error(&said, at),
    }
}

type Refused = (String, Span);

fn expanded(options: TokenStream, item: TokenStream) -> Result<TokenStream, Refused> {
    let options = options_in(options)?;
    let name = name_of(&item)?;
    let is_explored = std::env::var_os("HEALD_RUST_STD").is_some();
    let is_planted = options.iter().any(|(name, _)| name == "fails");
    let mut made = attribute("#[::core::prelude::v1::test]");
    if is_planted && !is_explored {
        made.extend(attribute(
            "#[ignore = \"a planted flaw, for cargo heald test\"]",
        ));
    }
    made.extend(item);
    if is_explored {
        made.extend(companion(&name, &options));
    }
    Ok(made)
}

fn attribute(text: &str) -> TokenStream {
    text.parse().expect("it is written here")
}

/// Return the function that tells of the options.
fn companion(name: &Ident, options: &[(String, String)]) -> TokenStream {
    let told: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let plain = name.to_string();
    let called = format!("__heald_{}", plain.trim_start_matches("r#"));
    let mut said = TokenStream::from(TokenTree::Literal(Literal::string("{}")));
    said.extend(attribute(","));
    said.extend([TokenTree::Literal(Literal::string(&told.join("\t")))]);
    let mut body = attribute("::core::panic!");
    body.extend([TokenTree::Group(Group::new(Delimiter::Parenthesis, said))]);
    let mut made = attribute("#[::core::prelude::v1::test] #[allow(non_snake_case)] fn");
    made.extend([
        TokenTree::Ident(Ident::new(&called, Span::mixed_site())),
        TokenTree::Group(Group::new(Delimiter::Parenthesis, TokenStream::new())),
        TokenTree::Group(Group::new(Delimiter::Brace, body)),
    ]);
    made
}

/// Return the name of the function, if it is one that a test may be.
fn name_of(item: &TokenStream) -> Result<Ident, Refused> {
    let mut tokens = item.clone().into_iter();
    let mut is_async = false;
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(word) = &token else {
            continue;
        };
        match word.to_string().as_str() {
            "async" => is_async = true,
            "fn" => break,
            _ => {}
        }
    }
    let Some(TokenTree::Ident(name)) = tokens.next() else {
        return Err(("#[heald::test] is for a function".into(), Span::call_site()));
    };
    if is_async {
        let said = "#[heald::test] explores threads: block on the future in the function";
        return Err((said.into(), name.span()));
    }
    match tokens.next() {
        Some(TokenTree::Group(group)) if group.stream().is_empty() => Ok(name),
        _ => Err((
            "a test takes no arguments, and has no parameters".into(),
            name.span(),
        )),
    }
}

fn options_in(written: TokenStream) -> Result<Vec<(String, String)>, Refused> {
    let mut found = Vec::new();
    let mut tokens = written.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(name) = &token else {
            return Err(("write options as name = value".into(), token.span()));
        };
        let mut value = "true".to_string();
        if is(tokens.peek(), '=') {
            tokens.next();
            value = match tokens.next() {
                Some(TokenTree::Literal(literal)) => text_of(&literal.to_string()),
                Some(TokenTree::Ident(word)) => word.to_string(),
                _ => {
                    return Err((
                        "a value is a text, a number, true or false".into(),
                        name.span(),
                    ))
                }
            };
        }
        found.push((name.to_string(), value));
        match tokens.next() {
            None => break,
            comma if is(comma.as_ref(), ',') => {}
            other => {
                let span = other.map_or(Span::call_site(), |token| token.span());
                return Err(("options are parted by commas".into(), span));
            }
        }
    }
    Ok(found)
}

fn is(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn text_of(literal: &str) -> String {
    literal
        .trim_matches('"')
        .replace('_', if literal.starts_with('"') { "_" } else { "" })
}

fn error(said: &str, at: Span) -> TokenStream {
    let words = TokenStream::from(TokenTree::Literal(Literal::string(said)));
    let mut made = attribute("::core::compile_error!");
    made.extend([TokenTree::Group(Group::new(Delimiter::Brace, words))]);
    made.into_iter()
        .map(|mut token| {
            token.set_span(at);
            token
        })
        .collect()
}
