//! JSON written at once, field by field, where [`super::json::text`] would build a value first.
//!
//! The rule that is easy to break: the page's first part holds this and not serde's own (a tenth of
//! its weight), because `state()` may be asked before anything else. A name is written as it is.

use super::decimal;
use super::json::write_text;

/// Writes a count digit by digit, without a text of its own: what tells of a million events holds ten
/// million of them.
pub fn push_count(value: u64, out: &mut String) {
    let (mut digits, mut at, mut rest) = ([0; 20], 20, value);
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    for digit in &digits[at..] {
        out.push(char::from(*digit));
    }
}

/// An object that is being written; [`Object::end`] closes it.
pub struct Object<'a> {
    out: &'a mut String,
    before: char,
}

impl<'a> Object<'a> {
    /// Opens an object at the end of `out`.
    pub fn new(out: &'a mut String) -> Self {
        Object { out, before: '{' }
    }

    /// The place where the value of `name` is written next.
    pub fn at(&mut self, name: &str) -> &mut String {
        self.out.push(self.before);
        self.before = ',';
        write_text(name, self.out);
        self.out.push(':');
        self.out
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        write_text(value, self.at(name));
        self
    }

    /// A text, or `null`.
    pub fn maybe_text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.null(name),
        }
    }

    /// A whole number.
    pub fn whole(&mut self, name: &str, value: i64) -> &mut Self {
        let digits = value.to_string();
        self.at(name).push_str(&digits);
        self
    }

    /// A count, an index, a time: a whole number from zero on. What is beyond the largest signed number
    /// is written as that number, for scripts know none of both.
    pub fn count(&mut self, name: &str, value: u64) -> &mut Self {
        self.whole(name, i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// A count, or `null`.
    pub fn maybe_count(&mut self, name: &str, value: Option<u64>) -> &mut Self {
        match value {
            Some(value) => self.count(name, value),
            None => self.null(name),
        }
    }

    /// A number with a fraction, to six digits.
    pub fn fraction(&mut self, name: &str, value: f64) -> &mut Self {
        let digits = decimal::shortest(value, 6);
        self.at(name).push_str(&digits);
        self
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.at(name).push_str(if value { "true" } else { "false" });
        self
    }

    /// Nothing.
    pub fn null(&mut self, name: &str) -> &mut Self {
        self.at(name).push_str("null");
        self
    }

    /// A list; `each` writes the item with a number.
    pub fn list(&mut self, name: &str, length: usize, each: &mut dyn FnMut(usize, &mut String)) -> &mut Self {
        let out = self.at(name);
        out.push('[');
        for i in 0..length {
            if i > 0 {
                out.push(',');
            }
            each(i, out);
        }
        out.push(']');
        self
    }

    /// Closes it.
    pub fn end(&mut self) {
        if self.before == '{' {
            self.out.push('{');
        }
        self.out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_and_says_the_same() {
        let mut out = String::new();
        let mut o = Object::new(&mut out);
        o.text("a\"b", "line\nbreak \u{1}").whole("n", -3);
        o.count("c", u64::MAX).fraction("f", 0.25).flag("t", true);
        o.maybe_count("m", None).maybe_text("x", Some("é"));
        o.list("l", 3, &mut |i, out| out.push_str(&i.to_string()));
        Object::new(o.at("empty")).end();
        o.end();
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        let want = serde_json::json!({
            "a\"b": "line\nbreak \u{1}", "n": -3, "c": i64::MAX, "f": 0.25, "t": true,
            "m": null, "x": "é", "l": [0, 1, 2], "empty": {},
        });
        assert_eq!(read, want);
    }
}
