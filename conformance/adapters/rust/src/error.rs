// SPDX-License-Identifier: Apache-2.0
//! Appendix B: every refusal has a class, and names the rule that is broken (ER-01, ER-04).

/// The classes of chapter 00 that a reader can report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Malformed,
    Corrupt,
    Unsupported,
    Invalid,
    Limit,
    NotFound,
    Environment,
    Usage,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::Malformed => "malformed",
            Class::Corrupt => "corrupt",
            Class::Unsupported => "unsupported",
            Class::Invalid => "invalid",
            Class::Limit => "limit",
            Class::NotFound => "not-found",
            Class::Environment => "environment",
            Class::Usage => "usage",
        }
    }

    /// What `verify` looks for; the other classes say that something cannot be judged (section 14.6).
    pub fn is_damage(self) -> bool {
        matches!(self, Class::Malformed | Class::Corrupt | Class::Invalid)
    }
}

/// Where in a checkpoint an error was found.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub file: Option<String>,
    pub offset: Option<u64>,
    pub bytes: Option<u64>,
    pub typed: Option<String>,
    pub friendly: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Error {
    pub class: Class,
    pub rule: &'static str,
    pub code: &'static str,
    pub message: String,
    pub place: Box<Place>,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(class: Class, rule: &'static str, code: &'static str, message: String) -> Error {
        Error { class, rule, code, message, place: Box::default() }
    }

    /// Names the file, unless a closer caller has named one.
    pub fn in_file(mut self, name: &str) -> Error {
        self.place.file.get_or_insert_with(|| name.to_owned());
        self
    }

    /// The damaged bytes within the file.
    pub fn at(mut self, offset: u64, bytes: u64) -> Error {
        self.place.offset = Some(offset);
        self.place.bytes = Some(bytes);
        self
    }

    pub fn of_leaf(mut self, typed: String, friendly: String) -> Error {
        self.place.typed = Some(typed);
        self.place.friendly = Some(friendly);
        self
    }
}

/// Refuses unless the condition holds: `need!(flags & !1 == 0, Invalid, "MF-01", "bad-flags", "text")`.
macro_rules! need {
    ($holds:expr, $class:ident, $rule:expr, $code:expr, $($text:tt)+) => {
        if $holds {
        } else {
            return Err($crate::error::Error::new($crate::error::Class::$class, $rule, $code, format!($($text)+)));
        }
    };
}
pub(crate) use need;
