// SPDX-License-Identifier: Apache-2.0
//! The adapter: a command a line on stdin, a reply a line on stdout (conformance/protocol.md).
mod checkpoint;
mod json;
mod record;
mod xxh3;

use record::Refused;
use std::io::{self, BufRead, Write};
use std::path::Path;

const HELLO: &str = concat!(
    r#"{"protocol": 1, "name": "my-reader", "version": "0.1", "language": "rust", "#,
    r#""commands": ["load"], "features": []}"#
);

/// The member `ok` or `err` of the reply.
fn answer(message: &json::Message) -> String {
    match message.text("cmd") {
        "hello" => format!("\"ok\": {HELLO}"),
        "bye" => "\"ok\": {}".to_string(),
        "load" => {
            let out = Path::new(message.text("out"));
            match checkpoint::load(Path::new(message.text("ckpt")), out) {
                Ok(ok) => format!("\"ok\": {ok}"),
                Err(why) => refusal(&why),
            }
        }
        other => refusal(&Refused::new("unsupported", None, format!("there is no command {other}"))),
    }
}

fn refusal(why: &Refused) -> String {
    let rule = why.rule.map_or("null".to_string(), json::quote);
    let (class, text) = (json::quote(why.class), json::quote(&why.message));
    format!("\"err\": {{\"class\": {class}, \"rule\": {rule}, \"message\": {text}}}")
}

fn main() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        let message = json::read(&line?).expect("a command is a JSON object");
        println!("{{\"seq\": {}, {}}}", message.integer("seq"), answer(&message));
        io::stdout().flush()?;
        if message.text("cmd") == "bye" {
            break;
        }
    }
    Ok(())
}
